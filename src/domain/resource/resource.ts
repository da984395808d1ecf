// The fields and views of resources: the APIs that tokens are issued for.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, fixed, VERSIONED } from '#kernel/declared-fields.ts'
import { idOf, idOut, ifVersion, label } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { resourceClaims, resourceClaimsView } from '../claims-mapping/claims-mapping.ts'
import { list, scopeToken } from '../client/client.ts'
import { SIGNING_ALGORITHMS } from '../outside.ts'
import { DetailType, DetailTypeView } from './detail-type.ts'

/** mint: this server signs the tokens for it. broker: it stands for an API of a provider, and its tokens are the provider’s. */
export const RESOURCE_BACKENDS = ['mint', 'broker'] as const
/** token: clients get the token of the provider. leashed: they call the provider through this server, and never see it. */
export const VENDINGS = ['leashed', 'token'] as const
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

const ScopeView = z.object({
  name: z.string(),
  description: z.string(),
  upstream: z.string().optional().describe('Of a broker resource: the scopes at the provider.'),
})
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
  upstream: z
    .string()
    .regex(
      /^[\x21\x23-\x5b\x5d-\x7e]{1,200}( [\x21\x23-\x5b\x5d-\x7e]{1,200}){0,19}$/,
      'scopes with spaces between them',
    )
    .optional()
    .describe(
      'Of a broker resource: the scopes at the provider, with spaces between them. Default: the one with the same name.',
    ),
})

const proxyRule = z.strictObject({
  methods: z
    .array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']))
    .min(1)
    .max(6)
    .describe('The methods that it allows.'),
  path: z
    .string()
    .max(500)
    .regex(/^\/[\w.~!$&'()*+,;=:@/-]*$/, 'a path that begins with /')
    .refine(
      (path) => !/(^|\/)\.{1,2}(\/|$)|\*\*.|[^/*]\*|\*[^/*]/.test(path),
      'a * is a whole part of the path, ** the last',
    )
    .describe(
      'The path below the address of the API: `*` stands for one part of it, `**` at the end for all that follows.',
    ),
  scopes: list(scopeToken, 20)
    .default([])
    .describe('The token has to have one of these scopes; an empty list for any token for the resource.'),
})
const ProxyRuleView = z.object({ methods: z.array(z.string()), path: z.string(), scopes: z.array(z.string()) })

/** Which requests an agent can send through this server. */
export type ProxyRule = z.output<typeof proxyRule>

/** How many return URLs a resource has at most. */
export const RETURN_URLS_MAX = 50

/** Where a person may be sent after a connection: `http://127.0.0.1:*` and the like stand for any port of the machine. */
const returnUrl = z
  .string()
  .max(2000)
  .refine((url) => flawOfReturnUrl(url) === undefined, 'https, or http at a loopback address, without a fragment')

function flawOfReturnUrl(url: string): string | undefined {
  const plain = url.replace(/^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])):\*/, '$1:1')
  if (!URL.canParse(plain) || plain.includes('#') || AMBIGUOUS.test(plain)) return 'is no URL'
  const { protocol, hostname, username, password } = new URL(plain)
  if (username || password) return 'has user information'
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback) ? undefined : 'is not https'
}

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
  backend: fixed(
    z
      .enum(RESOURCE_BACKENDS)
      .describe(
        'mint: this server signs the tokens for it. broker: it stands for an API of a provider, with which users connected their accounts.',
      ),
    { initial: 'mint' },
  ),
  brokerProviderId: constant(idOut('broker_provider').nullable()),
  vending: editable(
    z
      .enum(VENDINGS)
      .nullable()
      .describe(
        'Of a broker resource. leashed: clients call the provider through this server and never see its token. token: they get it by token exchange.',
      ),
    { initial: null },
  ),
  returnUrls: editable(
    z
      .array(returnUrl)
      .max(RETURN_URLS_MAX)
      .describe(
        'Of a broker resource: where users may be sent after they connected an account. `http://127.0.0.1:*/done` stands for any port.',
      ),
    { initial: [], view: z.array(z.string()) },
  ),
  proxyUrl: editable(
    z
      .string()
      .max(2000)
      .regex(/^[^?#]*$/, 'no query and no fragment')
      .nullable()
      .describe(
        'Of a broker resource: where its API begins. Default: the api_url of the provider, below which it must be.',
      ),
    { initial: null },
  ),
  proxyRules: editable(
    z
      .array(proxyRule)
      .max(50)
      .describe('Of a broker resource: which requests are let through to the provider. An empty list is for none.'),
    { initial: [], view: z.array(ProxyRuleView) },
  ),
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
        'The clients that are this resource: they can introspect the tokens for it, exchange them for tokens of their own, and exchange them by its fronting links. Of a broker resource: the only clients that get access for users.',
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

/** The input for a new resource; only the identifier is required, or the provider of a broker resource. */
export const NewResource = z.strictObject({
  identifier: newIdentifier
    .optional()
    .describe(
      'The absolute URI in requests of clients (RFC 8707); compared byte for byte. It cannot be changed. Only a broker resource has a default: a URI of the realm with its slug.',
    ),
  slug: slug.optional().describe('A short name for it. Default: made of its host and path.'),
  brokerProvider: z
    .string()
    .max(80)
    .optional()
    .describe('Of a broker resource, required: the provider, by its id or its slug.'),
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

/** One return URL of a broker resource. */
export const ResourceReturnUrl = z.strictObject({
  id: idOf('resource'),
  url: returnUrl.describe(
    'Where users may be sent after they connected an account. `http://127.0.0.1:*/done` stands for any port.',
  ),
})
export type ResourceReturnUrl = z.output<typeof ResourceReturnUrl>

/** The query of a list of resources. */
export const ResourceQuery = listQuery('created_at').extend({
  backend: z.enum(RESOURCE_BACKENDS).optional().describe('Only resources of this kind.'),
  brokerProviderId: idOf('broker_provider')
    .optional()
    .describe('Only resources that stand for an API of this provider.'),
  slug: z.string().max(SLUG_MAX).optional().describe('Only the resource with this slug.'),
})
export type ResourceQuery = z.output<typeof ResourceQuery>

/** What a resource has that is not of a broker. */
export const NO_BROKER = {
  brokerProviderId: null,
  vending: null,
  returnUrls: [],
  proxyUrl: null,
  proxyRules: [],
} as const satisfies Partial<Resource>

/** A resource whose tokens are those of a provider. */
export type BrokerResource = Resource & {
  readonly brokerProviderId: string
  readonly vending: (typeof VENDINGS)[number]
}

/** Whether the tokens of a resource are those of a provider. */
export function isBrokerResource(resource: Resource): resource is BrokerResource {
  return resource.backend === 'broker' && resource.brokerProviderId !== null
}

/** The scopes at the provider that stand behind scopes of a broker resource. @param names those of the resource; default: all */
export function upstreamScopes({ scopes }: Pick<Resource, 'scopes'>, names?: readonly string[]): string[] {
  const meant = names ? scopes.filter(({ name }) => names.includes(name)) : scopes
  return [...new Set(meant.flatMap(({ name, upstream }) => upstream?.split(' ') ?? [name]))]
}
