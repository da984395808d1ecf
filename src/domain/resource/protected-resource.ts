// The metadata of protected resources (RFC 9728): what it says, where clients look for it, and which one a path names.
import * as z from 'zod'
import { OPENID_SCOPES } from '../authorization/authorization-request.ts'
import { ADMIN_SCOPE, isPlatformScope } from './platform-api.ts'
import type { Resource } from './resource.ts'

/** Where clients look for the metadata, before the path of the resource (RFC 9728 §3). */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource'

/** How many scopes the metadata of a realm lists; RFC 8414 §2 allows not to list all. */
const LISTED_SCOPES_MAX = 1000

/** The metadata of a resource, and where it belongs. */
export const ResourceMetadata = z.object({
  url: z.string().describe('The address at which clients look for the document. The host of the resource serves it.'),
  servedAt: z.string().describe('The address at which this server serves the document, with a signed copy in it.'),
  challenge: z.string().describe('The WWW-Authenticate header for requests without a token that is valid.'),
  document: z
    .object({
      resource: z.string(),
      resourceName: z.string(),
      authorizationServers: z.array(z.string()),
      scopesSupported: z.array(z.string()).optional(),
      bearerMethodsSupported: z.array(z.string()),
    })
    .describe('The document as JSON (RFC 9728 §2).'),
})
export type ResourceMetadata = z.output<typeof ResourceMetadata>

/** What the host of a resource needs for its metadata. @param issuer of the realm that issues its tokens */
export function viewMetadata(resource: Resource, issuer: string): ResourceMetadata {
  const written = metadataOfResource(resource, issuer)
  const url = metadataUrlOf(resource.identifier)
  const scope = resource.scopes.map(({ name }) => name).join(' ')
  return {
    url,
    servedAt: `${issuer}${RESOURCE_METADATA_PATH}/${resource.slug}`,
    challenge: `Bearer resource_metadata="${url}"${scope && `, scope="${scope}"`}`,
    document: {
      resource: written.resource,
      resourceName: written.resource_name,
      authorizationServers: written.authorization_servers,
      ...(written.scopes_supported && { scopesSupported: written.scopes_supported }),
      bearerMethodsSupported: written.bearer_methods_supported,
    },
  }
}

/** The metadata of a resource as JSON. A list without members is left out (RFC 9728 §3.2). @param issuer of the realm that issues its tokens */
export function metadataOfResource({ identifier, name, scopes }: Described, issuer: string) {
  return {
    resource: identifier,
    resource_name: name,
    authorization_servers: [issuer],
    ...(scopes.length > 0 && { scopes_supported: scopes.map((scope) => scope.name) }),
    bearer_methods_supported: ['header'],
  }
}
type Described = Pick<Resource, 'identifier' | 'name'> & { readonly scopes: readonly { readonly name: string }[] }

/** The issuer as a resource: tokens for no other resource are for it, and it serves userinfo. @param name of the realm */
export function issuerAsResource(issuer: string, name: string): Described {
  const scopes = [...OPENID_SCOPES].filter((scope) => scope !== 'offline_access')
  return { identifier: issuer, name, scopes: scopes.map((scope) => ({ name: scope })) }
}

/** The address at which clients look for the metadata of a resource: well-known between the host and the path (RFC 9728 §3.1). */
export function metadataUrlOf(identifier: string): string {
  const { origin, pathname, search } = new URL(identifier)
  return `${origin}${RESOURCE_METADATA_PATH}${pathname === '/' ? '' : pathname}${search}`
}

/** The scopes that the active resources of a tenant declare, without those that administer the platform. */
export function declaredScopes(resources: ReadonlyMap<string, Resource>): readonly string[] {
  const known = declared.get(resources)
  if (known) return known
  const names = [...resources.values()]
    .filter(({ status }) => status === 'active')
    .flatMap(({ scopes }) => scopes.map(({ name }) => name))
    .filter((name) => name !== ADMIN_SCOPE && !isPlatformScope(name))
  const listed = [...new Set(names)].slice(0, LISTED_SCOPES_MAX)
  declared.set(resources, listed)
  return listed
}
const declared = new WeakMap<ReadonlyMap<string, Resource>, readonly string[]>()

/**
 * The active resource whose metadata a path asks for. A resource behind the same host as the server, or whose host sends such
 * requests on, is named by the path of its identifier; every resource is named by its slug.
 * @param path what follows {@link RESOURCE_METADATA_PATH}, without the slash before it
 * @param host the host that was asked, with its port
 * @returns undefined for none, and for a path that several have and the host does not tell apart
 */
export function resourceAt(resources: Iterable<Resource>, path: string, host: string): Resource | undefined {
  const active = [...resources].filter(({ status }) => status === 'active')
  const same = active.filter(({ identifier }) => pathOf(identifier) === path)
  const here = same.filter(({ identifier }) => new URL(identifier).host === host)
  const bySlug = active.find(({ slug }) => slug === path)
  if (path === '') return here[0]
  return here[0] ?? bySlug ?? (same.length === 1 ? same[0] : undefined)
}

function pathOf(identifier: string): string {
  return new URL(identifier).pathname.replace(/^\/|\/$/g, '')
}
