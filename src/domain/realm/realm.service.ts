import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Context, Scope, Unit } from '../context.ts'
import type { SigningAlgorithm } from '../outside.ts'
import { firstKeys } from '../signing-key/new-key.ts'
import { givenOnly } from '../update.ts'
import { verifiedDomain } from './custom-domain.ts'
import {
  DEFAULT_POLICY,
  type NewRealm,
  type Realm,
  type RealmPatch,
  type RealmView,
  reachableAal,
  viewRealm,
  withPolicy,
} from './realm.ts'

const ISSUER_ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** The realm that the request is about. @throws Failure `not_found` where its path names none */
export function realmOf({ realm }: Scope): Realm {
  if (!realm) throw new Failure('not_found')
  return realm
}

/** A realm, ready to be written with {@link insertRealm}: its keys are made before the transaction, which has one writer. */
export async function prepareRealm(
  context: Context,
  given: {
    name: string
    kind: Realm['kind']
    /** Where it is not the scope’s. */
    tenantId?: string
    issuerId?: string
    algorithm?: SigningAlgorithm
    policy?: NewRealm['policy']
    allowedOrigins?: readonly string[]
    allowedRedirects?: readonly string[]
    /** The directory that it is to be over; one of its own unless told. */
    directoryId?: string
  },
) {
  const { clock, crypto, random, scope } = context
  const now = clock.now()
  const realm: Realm = {
    id: random.id(),
    tenantId: given.tenantId ?? scope.tenantId,
    directoryId: given.directoryId ?? random.id(),
    issuerId: given.issuerId ?? random.text(12, ISSUER_ID_ALPHABET),
    kind: given.kind,
    name: given.name,
    enabled: true,
    magicLinkEnabled: true,
    passkeyEnabled: true,
    minAal: 1,
    customDomain: null,
    algorithm: given.algorithm ?? 'ES256',
    policy: withPolicy(DEFAULT_POLICY, given.policy),
    allowedOrigins: given.allowedOrigins ?? [],
    allowedRedirects: given.allowedRedirects ?? [],
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  const keys = await firstKeys(crypto.keys, random, realm, now)
  return { realm, keys, ownDirectory: given.directoryId === undefined }
}

/** Writes a prepared realm with its first keys, and its directory where it has one of its own. */
export async function insertRealm(
  unit: Unit,
  { realm, keys, ownDirectory }: Awaited<ReturnType<typeof prepareRealm>>,
): Promise<void> {
  const { directoryId: id, tenantId, name, createdAt } = realm
  if (ownDirectory) await unit.directories.insert({ id, tenantId, name, createdAt })
  await unit.realms.insert(realm)
  for (const key of keys) {
    await unit.signingKeys.insert(key)
    unit.emit('key.created', {
      subject: { type: 'signing_key', id: key.id },
      realmId: realm.id,
      data: { kid: key.kid },
    })
  }
  unit.emit('realm.created', {
    subject: { type: 'realm', id: realm.id },
    realmId: realm.id,
    data: { name: realm.name },
  })
}

/** Creates a realm with a directory and keys of its own; it serves its metadata at once. */
export async function createRealm(context: Context, input: NewRealm): Promise<RealmView> {
  const prepared = await prepareRealm(context, { ...input, kind: 'realm' })
  await context.write((unit) => insertRealm(unit, prepared))
  return viewRealm(prepared.realm, context.registry.settings)
}

/**
 * Changes a realm; what is checked is the state that results.
 * @throws Failure `invalid_request` for an unreachable `minAal` or an unverifiable custom domain,
 *   `precondition_failed` where it was changed since the caller read it
 */
export async function updateRealm(context: Context, { ifVersion, ...patch }: RealmPatch): Promise<RealmView> {
  const { id } = realmOf(context.scope)
  const customDomain = patch.customDomain
    ? await verifiedDomain(patch.customDomain, realmOf(context.scope), context.registry.settings, context.network)
    : patch.customDomain
  const changed = await context.write(async (unit) => {
    const before = await unit.realms.find(id)
    if (!before) throw new Failure('not_found')
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const realm: Realm = {
      ...before,
      ...givenOnly(patch),
      customDomain: customDomain === undefined ? before.customDomain : customDomain,
      policy: withPolicy(before.policy, patch.policy),
      version: before.version + 1,
      updatedAt: context.clock.now(),
    }
    checkReachable(realm)
    if (!(await unit.realms.update(realm))) throw new Failure('precondition_failed')
    for (const type of eventsOf(before, realm)) {
      unit.emit(type, { subject: { type: 'realm', id }, realmId: id, data: { changed: Object.keys(patch) } })
    }
    return realm
  })
  return viewRealm(changed, context.registry.settings)
}

/** Deletes a realm: nobody signs in, nothing is issued, and its tokens are no longer active. */
export async function deleteRealm(context: Context): Promise<void> {
  const { id, kind } = realmOf(context.scope)
  if (kind === 'project') throw new Failure('conflict', 'The realm is a project’s; delete the project.')
  if (kind !== 'realm') throw new Failure('conflict', 'The default realm cannot be deleted.')
  const now = context.clock.now()
  await context.write((unit) => removeRealm(unit, id, now))
}

/** Deletes a realm inside a write, and ends what it gave out. @throws Failure `not_found` */
export async function removeRealm(unit: Unit, id: string, now: number): Promise<void> {
  if (!(await unit.realms.delete(id, now))) throw new Failure('not_found')
  // The families first: a refresh that is under way ends before that, and its token is there to be revoked.
  await unit.tokenFamilies.revokeWhere({ realmId: id }, now)
  await unit.issuances.revokeWhere({ realmId: id }, now)
  await unit.sessions.endOfRealm(id, now)
  unit.emit('realm.deleted', { subject: { type: 'realm', id }, realmId: id })
}

function checkReachable(realm: Realm): void {
  const reachable = reachableAal(realm)
  if (realm.minAal <= reachable) return
  throw new Failure('invalid_request', {
    message: `min_aal ${realm.minAal} is unreachable: the enabled sign-in methods reach ${reachable}.`,
    flaws: [{ path: 'minAal', message: `the enabled sign-in methods reach ${reachable}` }],
  })
}

function eventsOf(before: Realm, after: Realm): EventType[] {
  const events: EventType[] = ['realm.updated']
  if (before.enabled !== after.enabled) events.push(after.enabled ? 'realm.enabled' : 'realm.disabled')
  if (before.customDomain !== after.customDomain) {
    events.push(after.customDomain ? 'realm.custom_domain_set' : 'realm.custom_domain_cleared')
  }
  return events
}
