// Decides about API keys: creates and revokes them.
import { changeBetween } from '#kernel/change.ts'
import { Failure, flawed } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { PLATFORM } from '#kernel/id.ts'
import { isNamed, permits } from '#kernel/permission.ts'
import { type Reach, reachContains } from '../actor.ts'
import type { Context, Unit } from '../context.ts'
import type { Random } from '../outside.ts'
import { checkNamed } from '../permitted.ts'
import { definedOnly } from '../update.ts'
import {
  type ApiKey,
  type ApiKeyPatch,
  type ApiKeyView,
  type ApiKeyWithSecret,
  KEY_PREFIX,
  type NewApiKey,
  PREFIX_LENGTH,
  viewApiKey,
} from './api-key.ts'

/**
 * Creates a key. The key's rights never exceed the caller's rights.
 * @throws Failure `forbidden` for a permission or a reach that the caller does not have, `invalid_input` for an
 *   unknown realm
 */
export async function createApiKey(context: Context, input: NewApiKey): Promise<ApiKeyWithSecret> {
  const { actor, clock, crypto, random } = context
  const now = clock.now()
  if (input.expiresAt !== undefined && input.expiresAt <= now) throw flawed('expiresAt', 'is in the past')
  checkCovered(actor, input.permissions)
  const reach = await reachOf(context, input)
  const secret = newSecret(random)
  return context.write(async (unit) => {
    const scopeRealm =
      reach.kind !== 'tenant' || (await unit.acrossTenants.tenants.find(actor.reach, reach.tenantId)) !== undefined
    if (!scopeRealm) throw new Failure('not_found')
    const key: ApiKey = {
      id: random.id(),
      tenantId: reach.kind === 'platform' ? PLATFORM : reach.tenantId,
      reach,
      issuerId: input.realm ?? null,
      name: input.name,
      prefix: secret.slice(0, PREFIX_LENGTH),
      permissions: input.permissions,
      createdAt: now,
      expiresAt: input.expiresAt ?? null,
      lastUsedAt: null,
      revokedAt: null,
    }
    await insertApiKey(unit, key, crypto.digest(secret))
    return { ...viewApiKey(key), key: secret }
  })
}

/** A new secret for a key: a prefix and 256 random bits. */
export function newSecret(random: Random): string {
  return `${KEY_PREFIX}${random.secret()}`
}

/** Writes a key inside a write. @param secretHash SHA-256 of its secret */
export async function insertApiKey(unit: Unit, key: ApiKey, secretHash: string): Promise<void> {
  await unit.apiKeys.insert(key, secretHash)
  const { permissions, reach } = key
  emitEvent(unit, 'api_key.created', key, { permissions, reach: reach.kind })
}

/** Revokes a key, which stops working at once. A revoked key stays as it is. @throws Failure `not_found` */
export async function revokeApiKey({ write, actor, clock }: Context, { id }: { id: string }): Promise<ApiKeyView> {
  const now = clock.now()
  return write(async (unit) => {
    const key = await unit.apiKeys.find(actor.reach, id)
    if (!key) throw new Failure('not_found')
    if (!(await unit.apiKeys.revoke(actor.reach, id, now))) return viewApiKey(key)
    emitEvent(unit, 'api_key.revoked', key)
    return viewApiKey({ ...key, revokedAt: now })
  })
}

/**
 * Changes the name, the permissions or the expiry of a key.
 * @throws Failure `not_found`, `conflict` for a revoked key, `forbidden` for permissions that the caller does not have
 */
export async function updateApiKey(context: Context, { id, ...patch }: ApiKeyPatch): Promise<ApiKeyView> {
  const { actor, clock, write } = context
  const { expiresAt } = patch
  if (typeof expiresAt === 'number' && expiresAt <= clock.now()) throw flawed('expiresAt', 'is in the past')
  return write(async (unit) => {
    const before = await ownKey(unit, actor, id)
    checkCovered(actor, patch.permissions ?? [])
    const after: ApiKey = { ...before, ...definedOnly(patch) }
    const change = changeBetween({ name: 'values', permissions: 'values', expiresAt: 'values' }, before, after)
    if (!change) return viewApiKey(before)
    await unit.apiKeys.update(actor.reach, after)
    emitEvent(unit, 'api_key.updated', after, { ...change })
    return viewApiKey(after)
  })
}

/** Gives a key a new secret; the old one stops working at once. @throws Failure `not_found`, `conflict`, `forbidden` */
export async function rotateApiKey(context: Context, { id }: { id: string }): Promise<ApiKeyWithSecret> {
  const { actor, crypto, random, write } = context
  const secret = newSecret(random)
  const prefix = secret.slice(0, PREFIX_LENGTH)
  return write(async (unit) => {
    const key = { ...(await ownKey(unit, actor, id)), prefix }
    await unit.apiKeys.update(actor.reach, key, crypto.digest(secret))
    emitEvent(unit, 'api_key.rotated', key)
    return { ...viewApiKey(key), key: secret }
  })
}

// Who has a key's value may do all that it may.
async function ownKey({ apiKeys }: Unit, actor: Context['actor'], id: string): Promise<ApiKey> {
  const key = await apiKeys.find(actor.reach, id)
  if (!key) throw new Failure('not_found')
  if (key.revokedAt !== null) throw new Failure('conflict', 'The key was revoked.')
  checkCovered(actor, key.permissions)
  return key
}

/** What has to be named is covered by no wildcard: else a program could give itself the name. */
function checkCovered(actor: Context['actor'], permissions: readonly string[]): void {
  const uncovered = permissions.filter((permission) => !permits(actor.permissions, permission))
  if (uncovered.length > 0) throw new Failure('forbidden', `You may not grant ${uncovered.join(', ')}.`)
  if (isNamed(new Set(permissions), 'purges:write')) checkNamed({ actor }, 'purges:write')
}

// The error is the same for a realm that does not exist, a realm of another tenant and a realm outside the caller's
// reach.
async function reachOf(context: Context, { reach, realm }: NewApiKey): Promise<ApiKey['reach']> {
  const { scope, actor, registry } = context
  // The request's scope was already checked against the reach of the partner.
  const reached: Reach = actor.reach.kind === 'partner' ? { kind: 'tenant', tenantId: scope.tenantId } : actor.reach
  if ((reach === 'realm') !== (realm !== undefined)) throw flawed('realm', 'goes with the reach of a realm')
  if (realm !== undefined) {
    const realmFound = (await registry.realmByIssuerId(realm))?.realm
    const narrow = realmFound && ({ kind: 'realm', tenantId: realmFound.tenantId, realmId: realmFound.id } as const)
    const isHere = realmFound?.tenantId === scope.tenantId && realmFound.kind !== 'admin'
    if (!narrow || !isHere || !reachContains(reached, narrow)) throw flawed('realm', 'is not known')
    return narrow
  }
  const wide =
    reach === 'platform' ? ({ kind: 'platform' } as const) : ({ kind: 'tenant', tenantId: scope.tenantId } as const)
  if (!reachContains(reached, wide))
    throw new Failure('forbidden', 'You cannot create a key with a larger reach than your own.')
  return wide
}

function emitEvent(unit: Unit, type: EventType, key: ApiKey, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'api_key', id: key.id, label: key.name },
    tenantId: key.tenantId,
    data: { name: key.name, prefix: key.prefix, ...data },
  })
}
