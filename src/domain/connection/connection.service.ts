// Decides about connections: shows and ends them.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { BrokerProvider } from '../broker-provider/broker-provider.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import {
  type Connection,
  type ConnectionFilter,
  type ConnectionView,
  CREDENTIAL_PURPOSE,
  type Credential,
  viewConnection,
} from './connection.ts'
import { revokeUpstream } from './upstream-requests.ts'

/** One page of the connections of the realm, newest first. */
export async function listConnections(context: Context, query: ConnectionFilter): Promise<Page<ConnectionView>> {
  const { read, scope } = context
  const page = await read.connections.list(realmOf(scope).id, query)
  const providers = await read.brokerProviders.ofIds([...new Set(page.data.map(({ providerId }) => providerId))])
  return mapPage(page, (connection) => viewConnection(connection, providers.get(connection.providerId)))
}

/** @throws Failure `not_found` */
export async function getConnection({ read, scope }: Context, { id }: { id: string }): Promise<ConnectionView> {
  const connection = await read.connections.findById(realmOf(scope).id, id)
  if (!connection) throw new Failure('not_found')
  const providers = await read.brokerProviders.ofIds([connection.providerId])
  return viewConnection(connection, providers.get(connection.providerId))
}

/**
 * Ends a connection: its tokens are deleted here, and then revoked at the provider, if that can be reached. One that ended
 * stays as it is.
 * @param isMeant whether it is one that the caller may end
 * @throws Failure `not_found`
 */
export async function revokeConnection(
  context: Context,
  { id }: { id: string },
  isMeant: (connection: Connection) => boolean = () => true,
): Promise<void> {
  const { read, scope, clock } = context
  const found = await read.connections.findById(realmOf(scope).id, id)
  if (!found || !isMeant(found)) throw new Failure('not_found')
  const provider = (await read.brokerProviders.ofIds([found.providerId])).get(found.providerId)
  const ended = await context.write(async (unit) => {
    // Locked, so that what a refresh has just stored is revoked too.
    const connection = await unit.connections.lock(found.userId, found.providerId)
    if (connection?.id !== id || !(await unit.connections.revoke(id, clock.now()))) return undefined
    emitConnectionEvent(unit, 'connection.revoked', connection, provider)
    return connection
  })
  if (ended?.credential && provider) await revokeTokens(context, provider, openCredential(context, ended))
}

/** Revokes tokens at the provider, as far as it can be reached: the refresh token, or the access token where there is none. */
export async function revokeTokens(
  context: Context,
  provider: BrokerProvider,
  { accessToken, refreshToken }: Pick<Credential, 'accessToken' | 'refreshToken'>,
): Promise<void> {
  if (provider.protocol !== 'oauth') return
  await revokeUpstream(context, provider, refreshToken ?? accessToken)
}

/** The tokens of a connection. @throws Error where they are those of another one */
export function openCredential(
  { crypto }: Pick<Context, 'crypto'>,
  { credential, userId, providerId }: Connection,
): Credential {
  const opened = JSON.parse(crypto.open(CREDENTIAL_PURPOSE, credential ?? '')) as Credential
  if (opened.userId === userId && opened.providerId === providerId) return opened
  throw new Error('The tokens of a connection are those of another one.')
}

/** Seals tokens for a connection. */
export function sealCredential({ crypto }: Pick<Context, 'crypto'>, credential: Credential): string {
  return crypto.seal(CREDENTIAL_PURPOSE, JSON.stringify(credential))
}

/** Emits what happened to a connection. */
export function emitConnectionEvent(
  unit: Pick<Unit, 'emit'>,
  type: EventType,
  { id, realmId, userId, providerId, scopes }: Connection,
  provider: Pick<BrokerProvider, 'slug'> | undefined,
  actor?: { readonly kind: string; readonly id: string; readonly label?: string },
): void {
  unit.emit(type, {
    subject: { type: 'connection', id, label: provider?.slug ?? null },
    realmId,
    ...(actor && { actor }),
    data: { userId, brokerProviderId: providerId, provider: provider?.slug ?? null, scopes },
  })
}
