// The access token of a connection, refreshed at the provider where it is about to expire. However many ask at once, in
// however many processes, the provider is asked once, and what it gives is stored before anybody gets it.
import { Failure } from '#kernel/error.ts'
import type { BrokerProvider } from '../broker-provider/broker-provider.ts'
import type { Context } from '../context.ts'
import { emitConnectionEvent, openCredential, revokeTokens, sealCredential } from './connection.service.ts'
import type { Connection } from './connection.ts'
import { RefusedGrant, refreshUpstream, type UpstreamTokens } from './upstream-requests.ts'

/** How long before it expires a token is refreshed. Milliseconds. */
const AHEAD = 30_000
/** How long one process may take for a refresh. Milliseconds. */
const LEASE = 20_000
/** How often others look whether it is done. Milliseconds. */
const LOOK = 40

/** A token of a provider that is good now. */
export interface FreshToken {
  readonly accessToken: string
  readonly connection: Connection
}

const refreshing = new Map<string, Promise<FreshToken | undefined>>()

/**
 * A token of a connection that is good for some seconds at least.
 * @returns undefined where the user has to connect again
 * @throws Failure `temporarily_unavailable` where the provider does not answer, `upstream_failed`
 */
export function freshToken(
  context: Context,
  provider: BrokerProvider,
  connection: Connection,
): Promise<FreshToken | undefined> | FreshToken | undefined {
  if (connection.needsReauth) return undefined
  if (isFresh(connection, context.clock.now() + AHEAD)) return opened(context, connection)
  const underWay = refreshing.get(connection.id)
  if (underWay) return underWay
  const refresh = refreshed(context, provider, connection).finally(() => refreshing.delete(connection.id))
  refreshing.set(connection.id, refresh)
  return refresh
}

function isFresh({ expiresAt }: Connection, at: number): boolean {
  return expiresAt === null || expiresAt > at
}

function opened(context: Context, connection: Connection): FreshToken {
  return { accessToken: openCredential(context, connection).accessToken, connection }
}

async function refreshed(
  context: Context,
  provider: BrokerProvider,
  stale: Connection,
): Promise<FreshToken | undefined> {
  const { clock, read } = context
  const end = clock.now() + LEASE
  for (let connection = stale; ; ) {
    if (openCredential(context, connection).refreshToken === null) return unrefreshable(context, provider, connection)
    const now = clock.now()
    const held = connection
    const isFree = held.leasedUntil === null || held.leasedUntil <= now
    if (isFree && (await context.write((unit) => unit.connections.lease(held, now, now + LEASE)))) {
      return refreshLeased(context, provider, held)
    }
    // Another process refreshes it, or did so already.
    await clock.pause(LOOK)
    const found = await read.connections.find(stale.userId, stale.providerId)
    if (!found || found.needsReauth) return undefined
    if (isFresh(found, clock.now() + AHEAD)) return opened(context, found)
    if (clock.now() >= end) throw new Failure('temporarily_unavailable', { retryAfter: 5 })
    connection = found
  }
}

/** Providers that give no refresh token: the token is good to its end, and then the user has to connect again. */
async function unrefreshable(
  context: Context,
  provider: BrokerProvider,
  connection: Connection,
): Promise<FreshToken | undefined> {
  if (isFresh(connection, context.clock.now())) return opened(context, connection)
  await noteExpired(context, provider, connection)
  return undefined
}

async function refreshLeased(
  context: Context,
  provider: BrokerProvider,
  connection: Connection,
): Promise<FreshToken | undefined> {
  const { refreshToken } = openCredential(context, connection)
  let tokens: UpstreamTokens
  try {
    tokens = await refreshUpstream(context, provider, refreshToken ?? '')
  } catch (error) {
    if (error instanceof RefusedGrant) {
      await noteExpired(context, provider, connection)
      return undefined
    }
    await context.write((unit) => unit.connections.release(connection))
    if (isFresh(connection, context.clock.now())) return opened(context, connection)
    throw error
  }
  return store(context, provider, connection, tokens, refreshToken)
}

async function store(
  context: Context,
  provider: BrokerProvider,
  connection: Connection,
  tokens: UpstreamTokens,
  refreshToken: string | null,
): Promise<FreshToken | undefined> {
  const now = context.clock.now()
  const { userId, providerId } = connection
  const { accessToken } = tokens
  const kept = { userId, providerId, accessToken, refreshToken: tokens.refreshToken ?? refreshToken }
  const renewed = {
    credential: sealCredential(context, kept),
    scopes: [...(tokens.scopes ?? connection.scopes)],
    expiresAt: tokens.expiresAt,
    refreshedAt: now,
    updatedAt: now,
  }
  const after = { ...connection, ...renewed, version: connection.version + 1, leasedUntil: null }
  const isStored = await context.write(async (unit) => {
    if (!(await unit.connections.renew(connection, renewed))) return false
    emitConnectionEvent(unit, 'connection.refreshed', after, provider)
    return true
  })
  if (isStored) return { accessToken, connection: after }
  // The user disconnected, or connected again, meanwhile.
  await revokeTokens(context, provider, kept)
  const found = await context.read.connections.find(userId, providerId)
  return found && !found.needsReauth && isFresh(found, now) ? opened(context, found) : undefined
}

async function noteExpired(context: Context, provider: BrokerProvider, connection: Connection): Promise<void> {
  await context.write(async (unit) => {
    if (await unit.connections.expire(connection, context.clock.now())) {
      emitConnectionEvent(unit, 'connection.expired', connection, provider)
    }
  })
}
