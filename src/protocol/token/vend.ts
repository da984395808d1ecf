// Hands out the token of a provider in the place of one of this server, and records that.
import type { RegisteredClient } from '#domain/client/client.ts'
import { freshToken } from '#domain/connection/fresh-token.ts'
import { serviceToken } from '#domain/connection/service-token.ts'
import type { Context, Unit } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { upstreamScopes } from '#domain/resource/resource.ts'
import { consentRequired } from './brokered.ts'
import type { Found } from './grant.ts'
import type { Upstream } from './upstream.ts'

/** A token of a provider that is good now. */
export interface Vended {
  readonly accessToken: string
  /** Milliseconds since 1970; null where the provider does not say. */
  readonly expiresAt: number | null
}

/** The token that a client is to get. @throws Failure `consent_required`, `temporarily_unavailable`, `upstream_failed` */
export async function upstreamToken(
  context: Context,
  { provider, resource, scopes, connection, consentUrl }: Upstream,
): Promise<Vended> {
  if (!connection) return serviceToken(context, provider, upstreamScopes(resource, scopes))
  const fresh = await freshToken(context, provider, connection)
  if (!fresh) throw consentRequired('consent_missing', consentUrl)
  return { accessToken: fresh.accessToken, expiresAt: fresh.connection.expiresAt }
}

/** Records inside the write that a client gets the token. */
export async function recordVended(
  context: Context,
  unit: Unit,
  client: RegisteredClient,
  {
    grantType,
    found: { subject, delegation },
    upstream,
    expiresAt,
  }: {
    readonly grantType: string
    readonly found: Found
    readonly upstream: Upstream
    readonly expiresAt: number | null
  },
): Promise<void> {
  const { clock, random, scope } = context
  const { provider, resource, scopes, connection } = upstream
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
