// A running server with tenants that identity providers provision, and keys for them.
import { type CallOptions, startServer, type TestServer } from './server.ts'

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

/** What the service answered. */
export interface ScimAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a document, of which a test looks at what it is about
  readonly body: any
}

/** A tenant with a key for its users and groups. */
export interface ScimTenant {
  readonly id: string
  readonly issuerId: string
  readonly key: string
  /** Calls the service with the key. @param path behind `/scim/v2` */
  ask(method: string, path: string, body?: unknown, options?: CallOptions): Promise<ScimAnswer>
  /** A key of the tenant. @param reach `{ realm: issuerId }` for one realm’s */
  makeKey(permissions: readonly string[], reach?: object): Promise<string>
  /** The types of the events about one thing, oldest first, and which API caused them. */
  eventsAbout(id: string): Promise<{ type: string; surface: string; data: Record<string, unknown> }[]>
}

/** Starts a server with two tenants. */
export async function startScim(): Promise<{ server: TestServer; ours: ScimTenant; theirs: ScimTenant }> {
  const server = await startServer({ env: { COUNTERSIGN_LOG_LEVEL: 'error' } })
  return { server, ours: await makeTenant(server, 'ours'), theirs: await makeTenant(server, 'theirs') }
}

async function makeTenant(server: TestServer, slug: string): Promise<ScimTenant> {
  const { id } = await server.api<{ id: string }>('POST', '/v1/tenants', { name: slug, slug })
  const query = `?tenant_id=${id}`
  const { data } = await server.api<{ data: { issuer_id: string }[] }>('GET', `/v1/realms${query}`)
  const makeKey = async (permissions: readonly string[], reach: object = { reach: 'tenant' }) => {
    const body = { name: 'SCIM', permissions, ...reach }
    return (await server.api<{ key: string }>('POST', `/v1/api-keys${query}`, body)).key
  }
  const key = await makeKey(['users:*', 'groups:*', 'credentials:write'])
  return {
    id,
    issuerId: data[0]?.issuer_id ?? '',
    key,
    makeKey,
    ask(method, path, body, { headers, ...options } = {}) {
      const type = body === undefined ? {} : { 'content-type': 'application/scim+json' }
      return server.call(method, `/scim/v2${path}`, { key, body, headers: { ...type, ...headers }, ...options })
    },
    async eventsAbout(subjectId) {
      const { data } = await server.api<{ data: { type: string; surface: string; data: Record<string, unknown> }[] }>(
        'GET',
        `/v1/events${query}&subject_id=${subjectId}&limit=200`,
      )
      return data.reverse().map((event) => ({ type: event.type, surface: event.surface, data: event.data }))
    },
  }
}

/** A list’s path with a filter. */
export function filtered(path: string, filter: string): string {
  return `${path}?filter=${encodeURIComponent(filter)}`
}

/** A PATCH’s body. */
export function patchOf(...operations: object[]): object {
  return { schemas: [PATCH_OP], Operations: operations }
}
