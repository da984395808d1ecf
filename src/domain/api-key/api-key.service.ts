import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { PLATFORM } from '#kernel/id.ts'
import { permits } from '#kernel/permission.ts'
import type { Context, Reach, Unit } from '../context.ts'
import type { Random } from '../outside.ts'
import {
  type ApiKey,
  type ApiKeyView,
  type ApiKeyWithSecret,
  KEY_PREFIX,
  type NewApiKey,
  reachCovers,
  SHOWN_LENGTH,
  viewApiKey,
} from './api-key.ts'

/**
 * Makes a key. It can do nothing that its maker cannot.
 * @throws Failure `forbidden` for a permission or a reach beyond the caller’s, `invalid_input` for an unknown realm
 */
export async function createApiKey(context: Context, input: NewApiKey): Promise<ApiKeyWithSecret> {
  const { actor, clock, crypto, random } = context
  const now = clock.now()
  if (input.expiresAt !== undefined && input.expiresAt <= now) throw flaw('expiresAt', 'is in the past')
  const uncovered = input.permissions.filter((permission) => !permits(actor.permissions, permission))
  if (uncovered.length > 0) throw new Failure('forbidden', `You may not grant ${uncovered.join(', ')}.`)
  const reach = await reachOf(context, input)
  const secret = newSecret(random)
  return context.write(async (unit) => {
    const there = reach.kind !== 'tenant' || (await unit.tenants.find(actor.reach, reach.tenantId)) !== undefined
    if (!there) throw new Failure('not_found')
    const key: ApiKey = {
      id: random.id(),
      tenantId: reach.kind === 'platform' ? PLATFORM : reach.tenantId,
      reach,
      issuerId: input.realm ?? null,
      name: input.name,
      prefix: secret.slice(0, SHOWN_LENGTH),
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

/** A key’s secret: 256 random bits behind a prefix that says what it is. */
export function newSecret(random: Random): string {
  return `${KEY_PREFIX}${random.secret()}`
}

/** Writes a key inside a write. @param secretHash SHA-256 of its secret */
export async function insertApiKey(unit: Unit, key: ApiKey, secretHash: string): Promise<void> {
  await unit.apiKeys.insert(key, secretHash)
  const { permissions, reach } = key
  tell(unit, 'api_key.created', key, { permissions, reach: reach.kind })
}

/** Revokes a key: it stops working at once. One that is revoked stays as it is. @throws Failure `not_found` */
export async function revokeApiKey({ write, actor, clock }: Context, { id }: { id: string }): Promise<ApiKeyView> {
  const now = clock.now()
  return write(async (unit) => {
    const key = await unit.apiKeys.find(actor.reach, id)
    if (!key) throw new Failure('not_found')
    if (!(await unit.apiKeys.revoke(actor.reach, id, now))) return viewApiKey(key)
    tell(unit, 'api_key.revoked', key)
    return viewApiKey({ ...key, revokedAt: now })
  })
}

// A realm of another tenant than the one that this is about is not told apart from one that is not, nor one that the
// caller does not reach.
async function reachOf(context: Context, { reach, realm }: NewApiKey): Promise<ApiKey['reach']> {
  const { scope, actor, registry } = context
  // That the partner’s hand reaches the tenant that this is about was seen before.
  const reached: Reach = actor.reach.kind === 'partner' ? { kind: 'tenant', tenantId: scope.tenantId } : actor.reach
  if ((reach === 'realm') !== (realm !== undefined)) throw flaw('realm', 'goes with the reach of a realm')
  if (realm !== undefined) {
    const found = (await registry.realmByIssuerId(realm))?.realm
    const narrow = found && ({ kind: 'realm', tenantId: found.tenantId, realmId: found.id } as const)
    const isHere = found?.tenantId === scope.tenantId && found.kind !== 'admin'
    if (!narrow || !isHere || !reachCovers(reached, narrow)) throw flaw('realm', 'is not known')
    return narrow
  }
  const wide =
    reach === 'platform' ? ({ kind: 'platform' } as const) : ({ kind: 'tenant', tenantId: scope.tenantId } as const)
  if (!reachCovers(reached, wide))
    throw new Failure('forbidden', 'You may not make a key that reaches farther than you.')
  return wide
}

function flaw(path: string, message: string): Failure {
  return new Failure('invalid_input', { message: `${path}: ${message}`, flaws: [{ path, message }] })
}

function tell(unit: Unit, type: EventType, key: ApiKey, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'api_key', id: key.id },
    tenantId: key.tenantId,
    data: { name: key.name, prefix: key.prefix, ...data },
  })
}
