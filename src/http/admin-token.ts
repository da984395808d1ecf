// Who holds an access token for the admin API. The order of the checks decides which error a caller sees: first that it
// is no token of an admin realm, last that it is one without the scope (SemAuth, “How access works”).
import { type AdminRole, roleOf } from '#domain/administrator/administrator.ts'
import type { Actor, Context, Reach } from '#domain/context.ts'
import { type House, openContext } from '#domain/open-context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { FoundRealm } from '#domain/realm/realm.store.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { ADMIN_SCOPE } from '#domain/resource/platform-api.ts'
import type { User } from '#domain/user/user.ts'
import { Failure } from '#kernel/error.ts'
import { renderId } from '#kernel/id.ts'
import { claimsOf } from '#protocol/jwt.ts'
import { type LiveToken, liveToken } from '#protocol/live.ts'

type Holder = Omit<Actor, 'origin'>

/** Who has not been let in yet. */
export const NOBODY: Actor = {
  kind: 'anonymous',
  id: 'anonymous',
  label: '',
  reach: { kind: 'none' },
  permissions: new Set(),
  origin: { ip: null, userAgent: null, requestId: '', surface: 'admin' },
}
const EVERYTHING: ReadonlySet<string> = new Set(['*'])
const ISSUER_ID = /^[a-z0-9]{12}$/

/**
 * The holder of an access token that an admin realm issued for the admin API. Its reach is the tenant that the realm is
 * of; a super_admin’s is the platform, a partner_admin’s the partner.
 * @throws Failure `invalid_token`, `insufficient_scope`
 */
export async function adminTokenHolder(house: House, jwt: string): Promise<Holder> {
  const claims = claimsOf(jwt)
  const found = typeof claims?.iss === 'string' ? await realmOfIssuer(house, claims.iss) : undefined
  if (found?.realm.kind !== 'admin') throw refused()
  const { realm, tenantStatus } = found
  const context = openContext(house, NOBODY, { tenantId: realm.tenantId, realm })
  // The record of its issuance is what recognises it: signature, times, revocation and the client’s status are in that.
  const live = await liveToken(context, jwt)
  if (!live || !isForAdminApi(house, context, live)) throw refused()
  if (!realm.enabled || tenantStatus !== 'active') throw refused()
  const holder = await holderOf(context, live)
  if (!live.issued.scopes.includes(ADMIN_SCOPE)) {
    throw new Failure('insufficient_scope', `The access token lacks the scope ${ADMIN_SCOPE}.`)
  }
  return holder
}

function refused(): Failure {
  return new Failure('invalid_token', 'The access token is invalid, expired, revoked or of another issuer.')
}

/** The realm whose issuer that is. The name only leads to a realm; that its issuer is that very name is what counts. */
export async function realmOfIssuer({ registry }: House, issuer: string): Promise<FoundRealm | undefined> {
  if (!URL.canParse(issuer)) return undefined
  const { hostname, pathname } = new URL(issuer)
  const { realmDomain, publicUrl } = registry.settings
  const [, inPath] = /^\/realms\/([^/]+)$/.exec(pathname) ?? []
  const inHost = realmDomain && hostname.endsWith(`.${realmDomain}`) ? hostname.slice(0, -realmDomain.length - 1) : ''
  const issuerId = inPath ?? inHost
  const found = ISSUER_ID.test(issuerId)
    ? await registry.realmByIssuerId(issuerId)
    : issuer === publicUrl
      ? await registry.realmByIssuerId('default')
      : await registry.realmByHost(hostname)
  return found && issuerOf(found.realm, registry.settings) === issuer ? found : undefined
}

function isForAdminApi({ registry }: House, { scope }: Context, { claims, issued }: LiveToken): boolean {
  const { adminUrl } = registry.settings
  const audiences = [claims.aud].flat()
  const orgId = renderId('tenant', scope.tenantId)
  return audiences.includes(adminUrl) && issued.audience === adminUrl && claims.org_id === orgId
}

async function holderOf(context: Context, { issued, client }: LiveToken): Promise<Holder> {
  const { read, scope } = context
  const { tenantId } = scope
  if (issued.userId === null) {
    const reach = { kind: 'tenant', tenantId } as const
    return { kind: 'client', id: client.id, label: client.label, reach, tenantId, permissions: EVERYTHING }
  }
  const user = await read.users.find(realmOf(scope).directoryId, issued.userId)
  const holder = user && (await administratorHolder(context, user))
  if (!holder) throw refused()
  return holder
}

/** What a user of an admin realm administers, who is active and has a role; undefined for anybody else. */
export async function administratorHolder(context: Context, user: User): Promise<Holder | undefined> {
  const role = user.status === 'active' ? roleOf(user) : undefined
  const reach = role && (await reachOf(context, user, role))
  if (!reach) return undefined
  const { tenantId } = context.scope
  return { kind: 'user', id: user.id, label: user.email, reach, tenantId, permissions: EVERYTHING }
}

// More than a tenant is administered from the first one only.
async function reachOf({ registry, read, scope }: Context, user: User, role: AdminRole): Promise<Reach | undefined> {
  const { tenantId } = scope
  if (role === 'tenant_admin') return { kind: 'tenant', tenantId }
  const first = await registry.realmByIssuerId('default')
  if (first?.realm.tenantId !== tenantId) return undefined
  if (role === 'super_admin') return { kind: 'platform' }
  const partner = user.adminPartnerId === null ? undefined : await read.partners.find(user.adminPartnerId)
  return partner?.status === 'active' ? { kind: 'partner', partnerId: partner.id } : undefined
}
