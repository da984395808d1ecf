// A running server with everybody who may call its admin surfaces, and things of each tenant for them to reach for.
import type { Route, Surface } from '#surfaces/surface.ts'
import { issuerOfClient, makeAdminClient } from './admin-realm.ts'
import { administrator, type ControlPlane, type PlacedTenant, startControlPlane } from './control-plane.ts'
import { apiKey, type InvalidCaller, makeInvalidCallers, platformToken } from './invalid-callers.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import type { RowReply } from './refusals.ts'
import { pathOf } from './row-request.ts'
import { collectionOf, createByPath, type Ids, permissionId, type TestTenant, uuidOf } from './tenant-resources.ts'

/** Somebody who calls, by the name that the matrix has for their kind. */
export interface Caller {
  readonly name: string
  readonly token: string
  /** The tenant that they are of, where they are of one. */
  readonly home: TestTenant
  /** Whether they reach several tenants, so that the native API wants to be told which one. */
  readonly isAbove?: true
}

/** Everybody, and where they are. */
export interface IsolationFixture extends AsyncDisposable {
  readonly plane: ControlPlane
  readonly shop: TestTenant
  /** Of the same partner. */
  readonly bank: TestTenant
  /** Of another partner. */
  readonly sibling: TestTenant
  readonly invalidCallers: readonly InvalidCaller[]
  /** Who reaches `shop`, of each kind, or the first tenant where a row is about the caller’s own. */
  holder(surface: Surface, route: Route, name: string): Caller
  /** Of `shop`: may read everything there and change nothing. */
  readonly reader: Caller
  /** The token of such a caller. */
  tokenOf(name: string): string
  /** Who does not reach `shop`, though they administer something. */
  readonly otherTenants: readonly Caller[]
  /** Calls a row. */
  call(route: Route, request: RowRequest): Promise<RowReply>
  /**
   * The number of the newest event in a tenant’s log: whatever was done there made it greater. Keys that the server adds
   * to a new realm in the background do not count: nobody called for them.
   */
  logged(site: TestTenant): Promise<number>
}

/** What a row is called with. */
export interface RowRequest {
  readonly token: string | null
  readonly issuerId: string
  readonly ids: Ids
  readonly query?: Readonly<Record<string, string>>
  readonly body?: object | undefined
}

interface LoggedEvent {
  readonly seq: number
  readonly type: string
  readonly actor: { readonly kind: string }
}

/** Starts a server and makes everybody. */
export async function openIsolationFixture(): Promise<IsolationFixture> {
  const receiver = await startReceiver()
  const plane = await startControlPlane({ env: { COUNTERSIGN_LOG_LEVEL: 'error', COUNTERSIGN_DEV_INBOX: 'true' } })
  const { server } = plane
  const siteOf = ({ id, partnerId, issuerId }: PlacedTenant): TestTenant => ({
    server,
    id,
    partnerId,
    issuerId,
    hook: receiver.url,
    made: new Set(),
  })
  const [shop, bank, sibling] = [siteOf(plane.shop), siteOf(plane.bank), siteOf(plane.sibling)]
  const first = await firstSite(plane, receiver)
  const holders = await holdersOf(plane, shop)
  const readOnly = await apiKey(server, `?tenant_id=${shop.id}`, { reach: 'tenant', permissions: ['*:read'] })
  return {
    plane,
    shop,
    bank,
    sibling,
    invalidCallers: await makeInvalidCallers(plane),
    otherTenants: await otherTenantCallers(plane, bank, sibling),
    holder(surface, route, name) {
      const holder = holders.get(name)
      if (!holder) throw new Error(`Say in src/testing/isolation.ts who a ${name} is.`)
      const isOwn =
        ['zautha', 'sharkauth', 'authplane'].includes(surface.name) ||
        (surface.name === 'scim' && !route.path.includes('{issuer_id}'))
      return isOwn && holder.isAbove && name !== 'partner_admin' ? { ...holder, home: first } : holder
    },
    reader: { name: 'read-only key', token: readOnly, home: shop },
    tokenOf: (name) => holders.get(name)?.token ?? '',
    call: (route, { token, issuerId, ids, query = {}, body }) => {
      const search = new URLSearchParams(query).toString()
      const path = `${pathOf(route, issuerId, ids)}${search && `?${search}`}`
      return server.call(route.method, path, { key: token, body })
    },
    async logged(site) {
      const path = `/v1/events?limit=50&tenant_id=${site.id}`
      const { data } = await server.api<{ data: LoggedEvent[] }>('GET', path)
      const isOwn = ({ type, actor }: LoggedEvent) => actor.kind === 'system' && /^(key\.created|mail\.)/.test(type)
      return data.find((event) => !isOwn(event))?.seq ?? 0
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
      await receiver.down()
    },
  }
}

async function firstSite({ server }: ControlPlane, { url }: Receiver): Promise<TestTenant> {
  const { data } = await server.api<{ data: { id: string; slug: string; partner_id: string }[] }>('GET', '/v1/tenants')
  const first = data.find(({ slug }) => slug === 'default')
  return {
    server,
    id: first?.id ?? '',
    partnerId: first?.partner_id ?? '',
    issuerId: 'default',
    hook: url,
    made: new Set(),
  }
}

async function holdersOf(plane: ControlPlane, shop: TestTenant): Promise<Map<string, Caller>> {
  const { server } = plane
  const query = `?tenant_id=${shop.id}`
  const above = { home: shop, isAbove: true } as const
  const holders: Caller[] = [
    { name: 'platform key', token: server.adminKey, ...above },
    { name: 'tenant key', token: await apiKey(server, query, { reach: 'tenant' }), home: shop },
    { name: 'realm key', token: await apiKey(server, query, { reach: 'realm', realm: shop.issuerId }), home: shop },
    { name: 'super_admin', token: plane.superAdmin, ...above },
    { name: 'partner_admin', token: plane.acme.admin, ...above },
    { name: 'tenant_admin', token: plane.shop.admin, home: shop },
    { name: 'sa_mgmt_ client', token: plane.shop.program, home: shop },
    { name: 'admin:read token', token: await platformToken(plane, ['admin:read']), ...above },
    { name: 'admin:write token', token: await platformToken(plane, ['admin:write']), ...above },
  ]
  return new Map(holders.map((holder) => [holder.name, holder]))
}

async function otherTenantCallers(
  { server, bank: { admin, program }, sibling: other }: ControlPlane,
  bank: TestTenant,
  sibling: TestTenant,
) {
  const firstIssuer = issuerOfClient(await makeAdminClient(server))
  const role = { role: 'partner_admin', partner_id: sibling.partnerId }
  const otherTenants: Caller[] = [
    { name: 'tenant key', token: await apiKey(server, `?tenant_id=${bank.id}`, { reach: 'tenant' }), home: bank },
    { name: 'tenant_admin', token: admin, home: bank },
    { name: 'sa_mgmt_ client', token: program, home: bank },
    { name: 'tenant_admin', token: other.admin, home: sibling },
    {
      name: 'partner_admin',
      token: (await administrator(server, firstIssuer, role)).token,
      home: sibling,
      isAbove: true,
    },
  ]
  return otherTenants
}

/** Where a caller says which tenant it is about, where the surface wants to be told. */
export function tenantParameter(surface: Surface, route: Route, { isAbove, home }: Caller): Record<string, string> {
  const isAsked = surface.name === 'native' && !route.path.includes('{issuer_id}')
  return isAsked && isAbove ? { tenant_id: home.id } : {}
}

/** What a path of a surface names, made in a tenant for one use; its ids as that surface’s readers have them. */
export async function createForRoute(surface: Surface, site: TestTenant, { path }: Route): Promise<Ids> {
  const ids = await createByPath(site, path)
  if (surface.name === 'sharkauth' && path.endsWith('/{pid}')) return [ids[0] ?? '', permissionId(ids[1] ?? '')]
  return surface.name === 'zautha' ? ids.map(uuidOf) : ids
}

const kept = new Map<string, Promise<Ids>>()

/** The same, made once for everybody who changes nothing. */
export function sharedForRoute(surface: Surface, site: TestTenant, route: Route): Promise<Ids> {
  const key = [surface.name, site.id, collectionOf(route.path)].join()
  const known = kept.get(key) ?? createForRoute(surface, site, route)
  kept.set(key, known)
  return known
}
