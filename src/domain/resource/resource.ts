// The fields and views of resources: the APIs that tokens are issued for.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, fixed, VERSIONED } from '#kernel/declared-fields.ts'
import { idOf, idOut, ifVersion, label } from '#kernel/field.ts'
import { resourceClaims, resourceClaimsView } from '../claims-mapping/claims-mapping.ts'
import { scopeToken } from '../client/client.ts'
import { SIGNING_ALGORITHMS } from '../outside.ts'
import { DetailType, DetailTypeView } from './detail-type.ts'

/** mint: this server signs the tokens for it. */
export const RESOURCE_BACKENDS = ['mint'] as const
export const RESOURCE_STATUSES = ['active', 'suspended'] as const

const SLUG = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/
const SLUG_MAX = 64
const IDENTIFIER_MAX = 2000
// Parsers disagree about a URI that contains a backslash, white space or a control character.
const AMBIGUOUS = /[\\\s\p{Cc}]/u

/**
 * The problem of a resource identifier; undefined if it is valid. Valid is an absolute http or https URI without a
 * fragment (RFC 8707 §2) and without user information.
 */
export function flawOfIdentifier(identifier: string): string | undefined {
  if (identifier.length > IDENTIFIER_MAX) return `is longer than ${IDENTIFIER_MAX} characters`
  if (AMBIGUOUS.test(identifier)) return 'contains white space, a backslash or a control character'
  if (identifier.includes('#')) return 'has a fragment'
  if (!/^https?:\/\/[^/?]/.test(identifier) || !URL.canParse(identifier)) return 'is not an absolute http or https URI'
  const { username, password } = new URL(identifier)
  return username || password ? 'has user information' : undefined
}

/**
 * The other spelling of an identifier without a path: `http://host` and `http://host/` are one (RFC 3986 §6.2.3). Nothing
 * else is normalized.
 * @returns undefined for an identifier that has a path or a query
 */
export function otherSpelling(identifier: string): string | undefined {
  if (!/^https?:\/\/[^/?#]+\/?$/.test(identifier)) return undefined
  return identifier.endsWith('/') ? identifier.slice(0, -1) : `${identifier}/`
}

/** Whether two identifiers name one resource. */
export function isSameIdentifier(one: string, other: string): boolean {
  return one === other || otherSpelling(one) === other
}

/** The resource that a request means. @param name its identifier in either spelling, or its slug */
export function resourceNamed(resources: ReadonlyMap<string, Resource>, name: string): Resource | undefined {
  const known = resources.get(name) ?? resources.get(otherSpelling(name) ?? '')
  return known ?? [...resources.values()].find(({ slug }) => slug === name)
}

/** The default slug of an identifier: its host and path, `https://api.example.com/v1` as `api-example-com-v1`. */
export function slugFor(identifier: string): string {
  const plain = identifier
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/[^a-z0-9]+/g, '-')
  return plain.slice(0, SLUG_MAX).replace(/^-+|-+$/g, '') || 'resource'
}

const identifier = z
  .string()
  .max(IDENTIFIER_MAX)
  .superRefine((uri, issue) => {
    const flaw = flawOfIdentifier(uri)
    if (flaw) issue.addIssue({ code: 'custom', message: `the identifier ${flaw}` })
  })

const ScopeView = z.object({ name: z.string(), description: z.string() })
const Scope = z.strictObject({
  name: scopeToken,
  description: z
    .string()
    .trim()
    .max(500)
    .regex(
      /^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u,
      'may not contain control or bidirectional formatting characters',
    )
    .default('')
    .describe('The description of the scope on the consent page.'),
})

/** The fields of a resource. */
export const ResourceFields = declare({
  id: constant(idOut('resource')),
  /** The audience of its tokens; compared byte for byte. */
  identifier: fixed(
    identifier.describe(
      'The absolute URI in requests of clients (RFC 8707); compared byte for byte. It cannot be changed.',
    ),
  ),
  slug: editable(
    z
      .string()
      .regex(SLUG, 'up to 64 lower-case letters, digits and hyphens, with no hyphen first or last')
      .describe('A short name that may stand for the identifier in requests to this API.'),
  ),
  name: editable(label(200).describe('The display name.')),
  backend: fixed(z.enum(RESOURCE_BACKENDS).describe('mint: this server signs the tokens for it.'), {
    initial: 'mint',
  }),
  scopes: editable(
    z
      .array(Scope)
      .max(200)
      .refine((scopes) => new Set(scopes.map(({ name }) => name)).size === scopes.length, 'a scope is there twice')
      .describe('The scopes that its tokens can contain.'),
    { initial: [], view: z.array(ScopeView) },
  ),
  authorizationDetailsTypes: editable(
    z
      .array(DetailType)
      .max(20)
      .refine((types) => new Set(types.map(({ type }) => type)).size === types.length, 'a type is there twice')
      .describe('The types of authorization details that clients can ask for (RFC 9396).'),
    { initial: [], view: z.array(DetailTypeView) },
  ),
  mappedClaims: editable(resourceClaims, { initial: [], view: resourceClaimsView }),
  signingAlgorithm: editable(
    z
      .enum(SIGNING_ALGORITHMS)
      .nullable()
      .describe(
        'The signature algorithm of its access tokens; null selects the algorithm of the realm. A realm without keys of it uses its own.',
      ),
    { initial: null },
  ),
  exchangeClients: editable(
    z
      .array(idOf('client'))
      .max(100)
      .describe(
        'The only clients that can exchange tokens of other clients for tokens for it (RFC 8693); they need no other permission. An empty list leaves it to the permissions of the clients.',
      ),
    { initial: [], view: z.array(idOut('client')) },
  ),
  runtimeClients: editable(
    z
      .array(idOf('client'))
      .max(100)
      .describe(
        'The clients that are this resource: they can introspect the tokens for it, exchange them for tokens of their own, and exchange them by its fronting links.',
      ),
    { initial: [], view: z.array(idOut('client')) },
  ),
  status: editable(z.enum(RESOURCE_STATUSES).describe('No tokens are issued for a suspended resource.'), {
    initial: 'active',
    atCreation: false,
  }),
  tenantId: constant(idOut('tenant')),
  ...VERSIONED,
})

const { identifier: newIdentifier, slug, name, ...defaulted } = ResourceFields.creation

/** The input for a new resource; only the identifier is required. */
export const NewResource = z.strictObject({
  identifier: newIdentifier,
  slug: slug.optional().describe('A short name for it. Default: made of its host and path.'),
  name: name.optional().describe('The display name. Default: its slug.'),
  ...defaulted,
})
export type NewResource = z.output<typeof NewResource>

/** The input for an update of a resource; absent members stay unchanged, the scopes are replaced. */
export const ResourcePatch = z.strictObject({ id: idOf('resource'), ...ResourceFields.patch, ifVersion })
export type ResourcePatch = z.output<typeof ResourcePatch>

/** A protected resource of a tenant: an API that tokens are issued for (RFC 8707). */
export type Resource = NounOf<typeof ResourceFields>

/** The schema of a resource in admin responses. */
export const ResourceView = z.object(ResourceFields.view)
export type ResourceView = z.output<typeof ResourceView>

/** Returns the view of a resource. */
export function viewResource(resource: Resource): ResourceView {
  return ResourceFields.show(resource)
}

/** The lists of clients that a resource has, as its members. */
export const CLIENT_LISTS = ['exchangeClients', 'runtimeClients'] as const
export type ClientList = (typeof CLIENT_LISTS)[number]

/** One client of a list of a resource. */
export const ResourceClient = z.strictObject({
  id: idOf('resource'),
  clientId: idOf('client').describe('The client.'),
})
export type ResourceClient = z.output<typeof ResourceClient>
