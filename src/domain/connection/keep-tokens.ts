// Keeps what a provider gave for a user: in a new connection, or in the place of what it gave before.
import { Failure, flawed } from '#kernel/error.ts'
import type { BrokerProvider } from '../broker-provider/broker-provider.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { emitConnectionEvent, sealCredential } from './connection.service.ts'
import { type Connection, type ConnectionView, type NewConnection, viewConnection } from './connection.ts'
import type { UpstreamTokens } from './upstream-requests.ts'

/** Tokens of a user, and what is known of them. */
export interface Kept extends Pick<UpstreamTokens, 'accessToken' | 'refreshToken' | 'expiresAt'> {
  readonly userId: string
  readonly scopes: readonly string[]
  readonly metadata: Record<string, unknown> | null
}

/**
 * Keeps tokens inside a write. They take the place of all that there was: it may be of another account, or of a server that
 * the provider is not any more.
 * The provider is given as it was when they were asked for.
 * @throws Failure `not_found` for a provider that was deleted, `conflict` for one that was changed meanwhile, `access_denied`
 *   for a user who is not active any more
 */
export async function keepTokens(
  context: Context,
  unit: Unit,
  { id: providerId, realmId, version }: BrokerProvider,
  { userId, accessToken, refreshToken, expiresAt, scopes, metadata }: Kept,
): Promise<Connection> {
  const { clock, random, scope } = context
  const { directoryId, tenantId } = realmOf(scope)
  const now = clock.now()
  const provider = await unit.brokerProviders.lock(realmId, providerId)
  if (!provider) throw new Failure('not_found')
  if (provider.version !== version) throw new Failure('conflict', 'The provider was changed meanwhile. Try again.')
  if (!(await unit.users.isActive(directoryId, userId))) throw new Failure('access_denied')
  const before = await unit.connections.lock(userId, providerId)
  const credential = sealCredential(context, { userId, providerId, accessToken, refreshToken })
  const tokens = { credential, scopes: [...new Set(scopes)], expiresAt, metadata, updatedAt: now, refreshedAt: null }
  if (before) {
    await unit.connections.renew(before, tokens)
    const after = { ...before, ...tokens, needsReauth: false, version: before.version + 1 }
    emitConnectionEvent(unit, 'connection.updated', after, provider)
    return after
  }
  const made: Connection = {
    ...tokens,
    id: random.id(),
    ...{ tenantId, realmId, providerId, userId },
    ...{ needsReauth: false, leasedUntil: null, version: 1, createdAt: now, revokedAt: null },
  }
  // Two visits of one user at once: the second one finds what the first one made.
  if (!(await unit.connections.insert(made)))
    throw new Failure('conflict', 'The account was just connected. Try again.')
  emitConnectionEvent(unit, 'connection.created', made, provider)
  return made
}

/**
 * Takes over tokens that another system kept for a user, or a key.
 * @throws Failure `not_found`, `invalid_input` for a service account, or a key that expires or is refreshed
 */
export async function createConnection(context: Context, input: NewConnection): Promise<ConnectionView> {
  const { read, scope } = context
  const { userId, providerId, accessToken, refreshToken = null, scopes, expiresAt = null } = input
  const realm = realmOf(scope)
  const provider = await read.brokerProviders.find(realm.id, providerId)
  if (!provider) throw new Failure('not_found', 'The provider does not exist.')
  if (provider.protocol === 'service_account') throw flawed('providerId', 'nobody connects to a service account')
  if (provider.protocol === 'api_key' && refreshToken !== null) throw flawed('refreshToken', 'a key is not refreshed')
  if (provider.protocol === 'api_key' && expiresAt !== null) throw flawed('expiresAt', 'a key does not expire')
  const user = await read.users.find(realm.directoryId, userId)
  if (!user) throw new Failure('not_found', 'The user does not exist.')
  const kept = { userId, accessToken, refreshToken, scopes, expiresAt, metadata: null }
  return viewConnection(await context.write((unit) => keepTokens(context, unit, provider, kept)), provider)
}
