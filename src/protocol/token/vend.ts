// Hands out the token of a provider in the place of one of this server, and records that.
import type { RegisteredClient } from '#domain/client/client.ts'
import type { Connection } from '#domain/connection/connection.ts'
import { freshToken } from '#domain/connection/fresh-token.ts'
import { serviceToken } from '#domain/connection/service-token.ts'
import type { Context, Unit } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { upstreamScopes } from '#domain/resource/resource.ts'
import { Failure } from '#kernel/error.ts'
import { consentRequired } from './brokered.ts'
import type { Found } from './grant.ts'
import type { Upstream } from './upstream.ts'

/** A token of a provider that is good now. */
export interface Vended {
  readonly accessToken: string
  /** Milliseconds since 1970; null where the provider does not say. */
  readonly expiresAt: number | null
  /** What it is of, as that is now; null for a service account. */
  readonly connection: Connection | null
}

/** The token that a client is to get. @throws Failure `consent_required`, `temporarily_unavailable`, `upstream_failed` */
export async function upstreamToken(
  context: Context,
  { provider, resource, scopes, connection, consentUrl }: Upstream,
): Promise<Vended> {
  if (!connection) {
    const { accessToken, expiresAt } = await serviceToken(context, provider, upstreamScopes(resource, scopes))
    return { accessToken, expiresAt, connection }
  }
  const fresh = await freshToken(context, provider, connection)
  if (!fresh) throw consentRequired('consent_missing', consentUrl)
  return { accessToken: fresh.accessToken, expiresAt: fresh.connection.expiresAt, connection: fresh.connection }
}

/**
 * Records inside the write that a client gets the token. The provider and the connection are held: who ends or changes them
 * comes before, or after the record.
 * @throws Failure as {@link holdUpstream}
 */
export async function recordVended(
  context: Context,
  unit: Unit,
  client: RegisteredClient,
  {
    grantType,
    found: { subject, delegation },
    upstream,
    vended,
  }: {
    readonly grantType: string
    readonly found: Found
    readonly upstream: Upstream
    readonly vended: Vended
  },
): Promise<void> {
  const { clock, random, scope } = context
  const { provider, resource, scopes } = upstream
  const { connection, expiresAt } = vended
  await holdUpstream(context, unit, upstream, vended)
  const realmId = realmOf(scope).id
  const id = random.id()
  const userId = subject?.userId ?? null
  await unit.brokerIssuances.insert({
    id,
    realm_id: realmId,
    client_id: client.id,
    user_id: userId,
    connection_id: connection?.id ?? null,
    provider_id: provider.id,
    parent_id: delegation?.parent ?? null,
    grant_type: grantType,
    audience: resource.identifier,
    scopes: scopes.join(' '),
    issued_at: clock.now(),
    expires_at: expiresAt,
  })
  unit.emit('upstream.token.issued', {
    subject: { type: 'issuance', id, label: resource.slug },
    realmId,
    actor: { kind: 'client', id: client.id, label: client.label },
    data: {
      ...{ userId, clientId: client.clientId, resource: resource.identifier, scopes: [...scopes] },
      ...{ provider: provider.slug, brokerProviderId: provider.id, connectionId: connection?.id ?? null },
      ...(delegation?.act && { act: delegation.act }),
    },
  })
}

/** @throws Failure `invalid_target`, `consent_required`, `temporarily_unavailable` where it is not as it was any more */
async function holdUpstream(
  { scope }: Context,
  unit: Unit,
  { provider, consentUrl }: Upstream,
  { connection }: Vended,
): Promise<void> {
  if (!(await unit.brokerProviders.hold(realmOf(scope).id, provider.id))) {
    throw new Failure('invalid_target', 'The provider of the resource is not available here.')
  }
  if (!connection) return
  const held = await unit.connections.hold(connection.userId, provider.id)
  if (held?.id !== connection.id || held.needsReauth) throw consentRequired('consent_missing', consentUrl)
  if (held.version === connection.version) return
  const message = 'The account was just connected again. Try again.'
  throw new Failure('temporarily_unavailable', { message, retryAfter: 1 })
}

/** What the response has of the token (RFC 6749 §5.1, RFC 8693 §2.2.1): a key is no access token, and goes into a header. */
export function vendedMembers({ provider, scopes }: Upstream, { accessToken, expiresAt }: Vended, now: number) {
  const isKey = provider.protocol === 'api_key'
  return {
    access_token: accessToken,
    token_type: isKey ? ('N_A' as const) : ('Bearer' as const),
    ...(expiresAt !== null && { expires_in: Math.max(0, Math.floor((expiresAt - now) / 1000)) }),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(isKey && { header_name: provider.headerName, header_prefix: provider.headerPrefix }),
  }
}
