// Finds the record of an access token and checks that the token is still valid.
import type { RegisteredClient } from '#domain/client/client.ts'
import type { IssuedToken } from '#domain/issuance/issuance.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { claimsOf } from './jwt.ts'
import { organizationOf } from './organization-claims.ts'
import type { ReadContext } from './read-context.ts'

/** An access token that holds at this moment: its record, its claims and its client. */
export interface LiveToken {
  readonly issued: IssuedToken
  readonly claims: Readonly<Record<string, unknown>>
  readonly client: RegisteredClient
}

/** How often a token is exchanged in a row, also by one client: a revocation walks down so many steps. */
export const EXCHANGES_MAX = 16

const UUID = /^[0-9a-f-]{36}$/

/**
 * An access token of the realm, if it is still valid. It was issued here: its record has its digest, so no signature is
 * checked. It is not expired and not revoked. Its client may still act, and so may the clients whose tokens it was
 * exchanged for. Its resource is not suspended, and its person is still a member of its organization.
 */
export async function liveToken(context: ReadContext, token: string): Promise<LiveToken | undefined> {
  const claims = claimsOf(token)
  const jti = claims?.jti
  if (!claims || typeof jti !== 'string' || !UUID.test(jti)) return undefined
  const issued = await context.read.issuances.findToken(jti)
  const realm = realmOf(context.scope)
  if (!issued || issued.realmId !== realm.id) return undefined
  if (!context.crypto.equal(issued.tokenHash, context.crypto.digest(token))) return undefined
  if (issued.revokedAt !== null || issued.expiresAt <= context.clock.now()) return undefined
  const client = await context.registry.client(realm.tenantId, realm.id, String(claims.client_id))
  if (!client || client.id !== issued.clientId || client.status !== 'active') return undefined
  if (issued.hasParent && !(await mayActAbove(context, issued.id))) return undefined
  const resource = (await context.registry.resources(realm.tenantId)).get(issued.audience)
  if (resource && resource.status !== 'active') return undefined
  if (!(await isStillMember(context, issued.userId, claims))) return undefined
  return { issued, claims, client }
}

/** Whether every client may act that got one of the tokens above a token. */
async function mayActAbove({ read, registry, scope }: ReadContext, id: string): Promise<boolean> {
  const realm = realmOf(scope)
  for (const above of await read.issuances.clientsAbove(id, EXCHANGES_MAX)) {
    const client = await registry.client(realm.tenantId, realm.id, above.clientId)
    if (client?.id !== above.id || client.status !== 'active') return false
  }
  return true
}

async function isStillMember(
  context: ReadContext,
  userId: string | null,
  claims: LiveToken['claims'],
): Promise<boolean> {
  const id = userId === null ? undefined : organizationOf(context, claims)
  if (userId === null || id === undefined) return true
  return (await context.read.organizations.membership(realmOf(context.scope).directoryId, userId, { id })) !== undefined
}
