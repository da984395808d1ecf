import { Failure } from '#kernel/error.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { TOKEN_LIFETIME_MAX } from '../realm/realm.ts'
import { newKey } from './new-key.ts'
import { type Rotation, readyAt, type SigningKey, viewSigningKey } from './signing-key.ts'

/**
 * Rotates a realm's signing key. The next key signs at once if every copy of the JWKS that a client may still hold has
 * it, otherwise as soon as that is so; asking again meanwhile changes nothing.
 * @param input.immediate sign with the next key now, whoever may not know it yet
 * @param input.compromised the same, and withdraw the old key at once: nobody believes it any more
 * @throws Failure `conflict` where another rotation came first
 */
export async function rotateKey(
  context: Context,
  { immediate, compromised }: { immediate: boolean; compromised: boolean },
): Promise<Rotation> {
  const realm = realmOf(context.scope)
  const now = context.clock.now()
  const successor = await newKey(context.crypto.keys, context.random, realm, now)
  return context.write(async (unit) => {
    const { active, next } = currentKeys(await unit.signingKeys.list(realm.id))
    if (immediate || compromised || readyAt(next, realm.createdAt) <= now) {
      const signing = await activate(unit, { active, next, successor, compromised }, now)
      return { status: 'rotated' as const, active: viewSigningKey(signing), next: viewSigningKey(successor) }
    }
    const scheduled = { ...next, activatesAt: next.activatesAt ?? readyAt(next, realm.createdAt) }
    if (next.activatesAt === null) {
      if (!(await unit.signingKeys.move(scheduled, 'next'))) throw new Failure('conflict')
      tell(unit, 'key.rotation_scheduled', scheduled)
    }
    return { status: 'scheduled' as const, active: viewSigningKey(active), next: viewSigningKey(scheduled) }
  })
}

/** Carries out what is due in a realm: a scheduled key starts to sign, a retiring one is withdrawn and forgotten. */
export async function advanceKeys(context: Context): Promise<void> {
  const realm = realmOf(context.scope)
  const now = context.clock.now()
  const successor = await newKey(context.crypto.keys, context.random, realm, now)
  await context.write(async (unit) => {
    const keys = await unit.signingKeys.list(realm.id)
    for (const key of keys) {
      if (key.state !== 'retiring' || key.retiresAt === null || key.retiresAt > now) continue
      if (await unit.signingKeys.move({ ...key, state: 'retired', handle: '' }, 'retiring'))
        tell(unit, 'key.retired', key)
    }
    const { active, next } = currentKeys(keys)
    if (next.activatesAt !== null && next.activatesAt <= now) {
      await activate(unit, { active, next, successor, compromised: false }, now)
    }
  })
}

async function activate(
  unit: Unit,
  {
    active,
    next,
    successor,
    compromised,
  }: { active: SigningKey; next: SigningKey; successor: SigningKey; compromised: boolean },
  now: number,
): Promise<SigningKey> {
  const old: SigningKey = compromised
    ? { ...active, state: 'retired', handle: '', retiresAt: now }
    : { ...active, state: 'retiring', retiresAt: now + (TOKEN_LIFETIME_MAX + 60) * 1000 }
  const signing: SigningKey = { ...next, state: 'active', activatedAt: now }
  if (!(await unit.signingKeys.move(old, 'active'))) throw new Failure('conflict', 'Another rotation came first.')
  if (!(await unit.signingKeys.move(signing, 'next'))) throw new Failure('conflict', 'Another rotation came first.')
  await unit.signingKeys.insert(successor)
  tell(unit, compromised ? 'key.retired' : 'key.retiring', old)
  tell(unit, 'key.activated', signing)
  tell(unit, 'key.created', successor)
  return signing
}

function currentKeys(keys: SigningKey[]): { active: SigningKey; next: SigningKey } {
  const active = keys.find(({ state }) => state === 'active')
  const next = keys.find(({ state }) => state === 'next')
  if (!active || !next) throw new Failure('conflict', 'The realm has no key to rotate.')
  return { active, next }
}

function tell(
  unit: Unit,
  type: 'key.created' | 'key.rotation_scheduled' | 'key.activated' | 'key.retiring' | 'key.retired',
  key: SigningKey,
) {
  unit.emit(type, { subject: { type: 'signing_key', id: key.id }, realmId: key.realmId, data: { kid: key.kid } })
}
