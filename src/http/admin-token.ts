// Owns how the holder of an admin access token is found. The order of the checks decides which error a caller sees:
// first that it is no token of an admin realm, last that it lacks the scope.
import type { Actor, Reach } from '#domain/actor.ts'
import { type AdminRole, roleOf } from '#domain/administrator/administrator.ts'
import type { Context } from '#domain/context.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { RealmWithStatus } from '#domain/realm/realm.store.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { ADMIN_SCOPE } from '#domain/resource/platform-api.ts'
import type { User } from '#domain/user/user.ts'
import { Failure } from '#kernel/error.ts'
import { renderId } from '#kernel/id.ts'
import { EVERYTHING } from '#kernel/permission.ts'
import { claimsOf } from '#protocol/jwt.ts'
import { type LiveToken, liveToken } from '#protocol/live.ts'
import { reachesAssurance } from '#protocol/token/assurance.ts'

type Holder = Omit<Actor, 'origin'>

/** A caller who is not authenticated yet. */
export const NOBODY: Actor = {
  kind: 'anonymous',
  id: 'anonymous',
  label: '',
  reach: { kind: 'none' },
  permissions: new Set(),
  origin: { ip: null, userAgent: null, requestId: '', surface: 'admin' },
}
const ISSUER_ID = /^[a-z0-9]{12}$/

/**
 * The holder of an access token that an admin realm issued for the admin API. Its reach is the tenant that the realm is
 * of; a super_admin’s is the platform, a partner_admin’s the partner.
 * @throws Failure `invalid_token`, `insufficient_scope`
 */
export async function adminTokenHolder(services: Services, jwt: string): Promise<Holder> {
  const claims = claimsOf(jwt)
  const issuing = typeof claims?.iss === 'string' ? await realmOfIssuer(services, claims.iss) : undefined
  if (issuing?.realm.kind !== 'admin') throw refused()
  const { realm, tenantStatus } = issuing
  const context = openContext(services, NOBODY, { tenantId: realm.tenantId, realm })
  // The stored issuance decides: it covers signature, times, revocation and the client’s status.
  const live = await liveBearerToken(context, jwt)
  if (!live || !isForAdminApi(services, context, live)) throw refused()
  if (!realm.enabled || tenantStatus !== 'active') throw refused()
  const holder = await holderOf(context, live)
  if (!live.issued.scopes.includes(ADMIN_SCOPE)) {
    throw new Failure('insufficient_scope', `The access token lacks the scope ${ADMIN_SCOPE}.`)
  }
  return holder
}

/**
 * A live token that opens an admin surface. They see neither a proof nor a certificate, so a token that is bound to a key
 * (RFC 7800 §3.1) is undefined here, as one that is not live.
 */
export async function liveBearerToken(context: Context, jwt: string): Promise<LiveToken | undefined> {
  const live = await liveToken(context, jwt)
  return live?.claims.cnf === undefined ? live : undefined
}

function refused(): Failure {
  return new Failure('invalid_token', 'The access token is invalid, expired, revoked or of another issuer.')
}

/** The realm of an issuer. Its name only finds a candidate; the candidate’s issuer has to be exactly that name. */
export async function realmOfIssuer({ registry }: Services, issuer: string): Promise<RealmWithStatus | undefined> {
  if (!URL.canParse(issuer)) return undefined
  const { hostname, pathname } = new URL(issuer)
  const { realmDomain, publicUrl } = registry.settings
  const [, inPath] = /^\/realms\/([^/]+)$/.exec(pathname) ?? []
  const inHost = realmDomain && hostname.endsWith(`.${realmDomain}`) ? hostname.slice(0, -realmDomain.length - 1) : ''
  const issuerId = inPath ?? inHost
  const place = ISSUER_ID.test(issuerId)
    ? await registry.realmByIssuerId(issuerId)
    : issuer === publicUrl
      ? await registry.realmByIssuerId('default')
      : await registry.realmByHost(hostname)
  return place && issuerOf(place.realm, registry.settings) === issuer ? place : undefined
}

function isForAdminApi({ registry }: Services, { scope }: Context, { claims, issued }: LiveToken): boolean {
  const { adminUrl } = registry.settings
  const audiences = [claims.aud].flat()
  const orgId = renderId('tenant', scope.tenantId)
  return audiences.includes(adminUrl) && issued.audience === adminUrl && claims.org_id === orgId
}

async function holderOf(context: Context, { issued, client, claims }: LiveToken): Promise<Holder> {
  const { read, scope } = context
  const { tenantId } = scope
  if (issued.userId === null) {
    const reach = { kind: 'tenant', tenantId } as const
    return { kind: 'client', id: client.id, label: client.label, reach, tenantId, permissions: EVERYTHING }
  }
  const realm = realmOf(scope)
  // A token from before the realm demanded more administers no more.
  if (!reachesAssurance({ acr: String(claims.acr), amr: [] }, realm)) throw refused()
  const user = await read.users.find(realm.directoryId, issued.userId)
  const holder = user && (await administratorHolder(context, user))
  if (!holder) throw refused()
  return { ...holder, authenticatedAt: Number(claims.auth_time ?? 0) * 1000 }
}

/** The actor of an active user with an admin role; undefined for any other user. */
export async function administratorHolder(context: Context, user: User): Promise<Holder | undefined> {
  const role = user.status === 'active' ? roleOf(user) : undefined
  const reach = role && (await reachOf(context, user, role))
  if (!reach) return undefined
  const { tenantId } = context.scope
  return { kind: 'user', id: user.id, label: user.email, reach, tenantId, permissions: EVERYTHING }
}

// Only users of the first tenant’s admin realm can administer more than one tenant.
async function reachOf({ registry, read, scope }: Context, user: User, role: AdminRole): Promise<Reach | undefined> {
  const { tenantId } = scope
  if (role === 'tenant_admin') return { kind: 'tenant', tenantId }
  const first = await registry.realmByIssuerId('default')
  if (first?.realm.tenantId !== tenantId) return undefined
  if (role === 'super_admin') return { kind: 'platform' }
  const partner =
    user.adminPartnerId === null
      ? undefined
      : await read.acrossTenants.partners.find({ kind: 'platform' }, user.adminPartnerId)
  return partner?.status === 'active' ? { kind: 'partner', partnerId: partner.id } : undefined
}
