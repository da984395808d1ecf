// Families of refresh tokens: how one begins.
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { renderRefreshToken } from '#domain/token-family/refresh-token.ts'
import type { Confirmation } from '#domain/token-family/token-family.ts'
import type { Approval, ConsumeUnit, Found } from './grant.ts'

/** The refresh token that a client gets, if it gets any. */
export function refreshTokenOf({ crypto }: Pick<Context, 'crypto'>, client: Client, family: Found['refreshFamily']) {
  if (family === null) return undefined
  if ('next' in family) return family.next
  if (!client.grantTypes.includes('refresh_token')) return undefined
  return renderRefreshToken(crypto, { familyId: family.begins.familyId, generation: 1 })
}

/** Records the family that begins with an approval. */
export async function insertFamily(
  { scope }: Pick<Context, 'scope'>,
  unit: ConsumeUnit,
  client: Client,
  { approved, confirmation, now }: { approved: Approval; confirmation: Confirmation | null; now: number },
): Promise<void> {
  const realm = realmOf(scope)
  const { refreshTokenLifetime, refreshTokenIdleLifetime } = realm.policy
  const expiresAt = now + (client.refreshTokenLifetime ?? refreshTokenLifetime) * 1000
  const refreshes = client.grantTypes.includes('refresh_token')
  await unit.tokenFamilies.insert({
    id: approved.familyId,
    tenantId: realm.tenantId,
    realmId: realm.id,
    clientId: approved.clientId,
    userId: approved.userId,
    sessionId: approved.sessionId,
    scopes: approved.scopes,
    resources: approved.resources,
    details: approved.details ?? [],
    nonce: approved.nonce,
    claims: approved.claims ?? null,
    organizationId: approved.organizationId ?? null,
    acr: approved.acr,
    amr: approved.amr,
    authenticatedAt: approved.authenticatedAt,
    createdAt: now,
    expiresAt,
    revokedAt: null,
    refresh: refreshes
      ? { generation: 1, refreshedAt: now, expiresAt: Math.min(expiresAt, now + refreshTokenIdleLifetime * 1000) }
      : null,
    // A client that authenticates is what its refresh tokens are bound to (RFC 9449 §5).
    confirmation: client.authMethod === 'none' ? confirmation : null,
  })
}
