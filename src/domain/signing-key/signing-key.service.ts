// Rotates signing keys.
import { Failure } from '#kernel/error.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { type Realm, TOKEN_LIFETIME_MAX } from '../realm/realm.ts'
import { insertAlgorithm, keysOfAlgorithm, newKey } from './new-key.ts'
import { type Rotation, readyAt, type SigningKey, viewSigningKey } from './signing-key.ts'

const DAY = 86_400_000

/** For how long a key is published after it signed last: until its last token has expired, and for two lifetimes. Milliseconds. */
function publishedFor({ policy }: Realm): number {
  const lifetime = Math.max(policy.accessTokenLifetime, policy.idTokenLifetime)
  return Math.max(TOKEN_LIFETIME_MAX + 60, 2 * lifetime) * 1000
}

/**
 * Rotates a realm's signing key. The next key becomes active at once if every cached copy of the JWKS contains it,
 * otherwise as soon as this is true. Further calls in the meantime change nothing.
 * @param input.algorithm the algorithm whose key is rotated; by default the realm's own, and all for `compromised`
 * @param input.immediate activate the next key now, even if some caches lack it
 * @param input.compromised withdraw keys now, so that their tokens become invalid: those of `algorithm` that signed, or
 * every key of the realm
 * @throws Failure `conflict` if a concurrent rotation succeeded first
 */
export async function rotateKey(
  context: Context,
  {
    immediate,
    compromised,
    algorithm: asked,
  }: { immediate: boolean; compromised: boolean; algorithm?: SigningKey['algorithm'] | undefined },
): Promise<Rotation> {
  if (compromised) return withdrawKeys(context, asked)
  const realm = realmOf(context.scope)
  const algorithm = asked ?? realm.algorithm
  const now = context.clock.now()
  currentKeys(await context.read.signingKeys.list(realm.id), algorithm)
  const successor = await newKey(context.crypto.keys, context.random, { ...realm, algorithm }, now)
  return writeWith(context, [successor], async (unit) => {
    const { active, next } = currentKeys(await unit.signingKeys.list(realm.id), algorithm)
    if (immediate || readyAt(next, realm.createdAt) <= now) {
      const signing = await activate(unit, realm, { active, next, successor }, now)
      return {
        status: 'rotated' as const,
        active: viewSigningKey(signing, realm),
        next: viewSigningKey(successor, realm),
        previous: viewSigningKey({ ...active, state: 'retiring' }, realm),
        withdrawn: [],
      }
    }
    const scheduled = { ...next, activatesAt: next.activatesAt ?? readyAt(next, realm.createdAt) }
    if (next.activatesAt === null) {
      if (!(await unit.signingKeys.move(scheduled, 'next'))) throw new Failure('conflict')
      emitEvent(unit, 'key.rotation_scheduled', scheduled)
    }
    return {
      status: 'scheduled' as const,
      active: viewSigningKey(active, realm),
      next: viewSigningKey(scheduled, realm),
      previous: null,
      withdrawn: [],
    }
  })
}

/**
 * Withdraws keys that somebody else has. With an algorithm: its keys that signed; its next key signs from now on.
 * Without: every key of the realm, the next ones too, because they are all stored in one place.
 */
async function withdrawKeys(context: Context, asked: SigningKey['algorithm'] | undefined): Promise<Rotation> {
  const realm = realmOf(context.scope)
  const now = context.clock.now()
  const known = await context.read.signingKeys.list(realm.id)
  const algorithms = asked ? [asked] : [...new Set(known.map(({ algorithm }) => algorithm))]
  const made: SigningKey[][] = []
  for (const algorithm of algorithms) {
    currentKeys(known, algorithm)
    const make = () => newKey(context.crypto.keys, context.random, { ...realm, algorithm }, now)
    made.push(asked ? [await make()] : [await make(), await make()])
  }
  const { value, removed } = await writeWith(context, made.flat(), async (unit) => {
    const keys = await unit.signingKeys.list(realm.id)
    if (!asked && keys.some(({ algorithm }) => !algorithms.includes(algorithm))) throw another()
    const replaced = []
    for (const added of made) replaced.push(await replace(unit, keys, added, now))
    const replacement = replaced.find(({ active }) => active.algorithm === (asked ?? realm.algorithm)) ?? replaced[0]
    if (!replacement) throw new Failure('conflict', 'The realm has no keys to withdraw.')
    const withdrawn = replaced.flatMap((each) => each.withdrawn)
    return {
      removed: keys.filter(({ id }) => withdrawn.some((key) => key.id === id)).map(({ handle }) => handle),
      value: {
        status: 'rotated' as const,
        active: viewSigningKey(replacement.active, realm),
        next: viewSigningKey(replacement.next, realm),
        previous: null,
        withdrawn: withdrawn.map((key) => viewSigningKey(key, realm)),
      },
    }
  })
  await removeAll(context, removed)
  return value
}

/** Writes with keys that were made for it. Those that are not in the database then are removed from their store. */
async function writeWith<Value>(
  context: Context,
  made: readonly SigningKey[],
  work: (unit: Unit) => Promise<Value>,
): Promise<Value> {
  try {
    return await context.write(work)
  } finally {
    const known = await context.read.signingKeys.list(realmOf(context.scope).id)
    const unused = made.filter(({ id }) => !known.some((key) => key.id === id))
    await removeAll(
      context,
      unused.map(({ handle }) => handle),
    )
  }
}

async function removeAll({ crypto }: Context, handles: readonly string[]): Promise<void> {
  for (const handle of handles) if (handle !== '') await crypto.keys.remove(handle)
}

/**
 * Withdraws the keys of one algorithm.
 * @param added the next key; or the one that signs and the next one, and then the next key of now is withdrawn too
 */
async function replace(unit: Unit, keys: SigningKey[], added: readonly SigningKey[], now: number) {
  const next = added.at(-1) as SigningKey
  const { next: last } = currentKeys(keys, next.algorithm)
  const isLastKept = added.length === 1
  const withdrawn: SigningKey[] = []
  for (const key of keys) {
    if (key.algorithm !== next.algorithm || (isLastKept && key === last)) continue
    const retired: SigningKey = { ...key, state: 'retired', handle: '', activatesAt: null, retiresAt: now }
    if (!(await unit.signingKeys.move(retired, key.state))) throw another()
    emitEvent(unit, 'key.retired', retired, { compromised: true })
    withdrawn.push(retired)
  }
  const active: SigningKey = { ...(added.at(-2) ?? last), state: 'active', activatesAt: null, activatedAt: now }
  if (isLastKept) {
    if (!(await unit.signingKeys.move(active, 'next'))) throw another()
  } else {
    if (!(await unit.signingKeys.insert(active))) throw another()
    emitEvent(unit, 'key.created', active)
  }
  emitEvent(unit, 'key.activated', active)
  await unit.signingKeys.insert(next)
  emitEvent(unit, 'key.created', next)
  return { active, next, withdrawn }
}

const another = () => new Failure('conflict', 'Another rotation was made at the same time. Repeat the request.')

/** Carries out the steps of a realm that are due: activates a scheduled key, and withdraws a retiring key. */
export async function advanceKeys(context: Context): Promise<void> {
  const realm = realmOf(context.scope)
  const now = context.clock.now()
  const known = await context.read.signingKeys.list(realm.id)
  for (const algorithm of new Set(known.map((key) => key.algorithm))) {
    const isDue = known.some((key) => key.algorithm === algorithm && isDueToSign(key, now))
    const successor = isDue
      ? await newKey(context.crypto.keys, context.random, { ...realm, algorithm }, now)
      : undefined
    const removed = await writeWith(context, successor ? [successor] : [], async (unit) => {
      const keys = (await unit.signingKeys.list(realm.id)).filter((key) => key.algorithm === algorithm)
      const handles: string[] = []
      for (const key of keys) {
        if (key.state !== 'retiring' || key.retiresAt === null || key.retiresAt > now) continue
        if (!(await unit.signingKeys.move({ ...key, state: 'retired', handle: '' }, 'retiring'))) continue
        emitEvent(unit, 'key.retired', key, { compromised: false })
        handles.push(key.handle)
      }
      const { active, next } = currentKeys(keys, algorithm)
      if (successor && isDueToSign(next, now)) {
        await activate(unit, realm, { active, next, successor }, now)
      }
      return handles
    })
    await removeAll(context, removed)
  }
}

function isDueToSign({ state, activatesAt }: SigningKey, now: number): boolean {
  return state === 'next' && activatesAt !== null && activatesAt <= now
}

/**
 * Gives a realm keys of one more algorithm. They are published from now on, and chosen by clients and resources.
 * @returns the key that signs and the next one
 * @throws Failure `already_exists` where the realm has keys of it
 */
export async function addAlgorithm(context: Context, algorithm: SigningKey['algorithm']): Promise<SigningKey[]> {
  const made = await keysOfAlgorithm(context, realmOf(context.scope), algorithm)
  await context.write(async (unit) => {
    if (!(await insertAlgorithm(unit, made))) {
      throw new Failure('already_exists', `The realm already has keys for ${algorithm}.`)
    }
  })
  return made
}

/** Keys that are being made for realms, so that requests that need them at the same time wait for the same ones. */
const keysInTheMaking = new Map<string, Promise<unknown>>()

/**
 * Waits until a realm has keys of an algorithm. Only a realm that is a few seconds old lacks those that every realm gets;
 * they are made now.
 */
export async function ensureAlgorithm(context: Context, algorithm: SigningKey['algorithm']): Promise<void> {
  const realm = realmOf(context.scope)
  if ((await context.registry.keyRing(realm.tenantId, realm.id))?.signers.has(algorithm)) return
  const name = `${realm.id} ${algorithm}`
  const making = keysInTheMaking.get(name) ?? addAlgorithm(context, algorithm)
  keysInTheMaking.set(name, making)
  try {
    await making
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'already_exists')) throw error
  } finally {
    keysInTheMaking.delete(name)
  }
}

/** Rotates each algorithm's key that has signed for as long as the realm's policy lets one. */
export async function rotateOldKeys(context: Context): Promise<void> {
  const realm = realmOf(context.scope)
  const { keyRotationDays } = realm.policy
  if (keyRotationDays === null) return
  const before = context.clock.now() - keyRotationDays * DAY
  const keys = await context.read.signingKeys.list(realm.id)
  const isScheduled = (algorithm: SigningKey['algorithm']) =>
    keys.some((key) => key.algorithm === algorithm && key.state === 'next' && key.activatesAt !== null)
  for (const { algorithm, state, activatedAt } of keys) {
    if (state !== 'active' || (activatedAt ?? 0) > before || isScheduled(algorithm)) continue
    await rotateKey(context, { immediate: false, compromised: false, algorithm })
  }
}

async function activate(
  unit: Unit,
  realm: Realm,
  { active, next, successor }: { active: SigningKey; next: SigningKey; successor: SigningKey },
  now: number,
): Promise<SigningKey> {
  const old: SigningKey = { ...active, state: 'retiring', retiresAt: now + publishedFor(realm) }
  const signing: SigningKey = { ...next, state: 'active', activatesAt: null, activatedAt: now }
  if (!(await unit.signingKeys.move(old, 'active'))) throw another()
  if (!(await unit.signingKeys.move(signing, 'next'))) throw another()
  if (!(await unit.signingKeys.insert(successor))) throw another()
  emitEvent(unit, 'key.retiring', old)
  emitEvent(unit, 'key.activated', signing)
  emitEvent(unit, 'key.created', successor)
  return signing
}

function currentKeys(all: SigningKey[], algorithm: SigningKey['algorithm']): { active: SigningKey; next: SigningKey } {
  const keys = all.filter((key) => key.algorithm === algorithm)
  const active = keys.find(({ state }) => state === 'active')
  const next = keys.find(({ state }) => state === 'next')
  if (!active || !next) throw new Failure('conflict', `The realm has no ${algorithm} key to rotate.`)
  return { active, next }
}

function emitEvent(
  unit: Unit,
  type: 'key.created' | 'key.rotation_scheduled' | 'key.activated' | 'key.retiring' | 'key.retired',
  key: SigningKey,
  details: { readonly compromised?: boolean } = {},
) {
  unit.emit(type, {
    subject: { type: 'signing_key', id: key.id, label: key.kid },
    realmId: key.realmId,
    data: { kid: key.kid, algorithm: key.algorithm, ...details },
  })
}
