// The fields, inputs and views of providers whose tokens are kept for users: APIs elsewhere that agents use for them.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, fixed, managed, VERSIONED } from '#kernel/declared-fields.ts'
import { idOf, idOut, ifVersion, label } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { SECRET_VARIABLE, SECRET_VARIABLE_PREFIXES } from '#kernel/product-words.ts'
import { list, scopeToken } from '../client/client.ts'
import { callbackPath } from '../connection/connect-paths.ts'
import { TEMPLATE_NAMES } from './templates.ts'

/** How users get what is kept: by OAuth 2.0, by a key that they paste, or not at all because an account of the service is used. */
export const BROKER_PROTOCOLS = ['oauth', 'api_key', 'service_account'] as const

/** How a token endpoint answers. */
export const RESPONSE_FORMATS = ['standard', 'form', 'slack'] as const

/** The purpose for which secrets of providers are sealed. */
export const SECRET_PURPOSE = 'broker-provider-secret'

/** Parameters of the authorization request that this server sets itself. */
const OWN_PARAMETERS = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'user_scope',
  'state',
  'code_challenge',
  'code_challenge_method',
]

/** Words that stand in the place of a provider in paths. */
const RESERVED = ['self', 'connect', 'connections', 'callback', 'providers', 'templates']

const providerSlug = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$/,
    'up to 64 lower-case letters, digits, hyphens and underscores, none of the latter two first or last',
  )
  .refine((text) => !RESERVED.includes(text), 'a reserved word')

const url = z.string().min(1).max(2048)
const baseUrl = url.regex(/^[^?#]*$/, 'no query and no fragment')
const header = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'the name of a header')
const word = z.string().regex(/^[\x20-\x7e]{1,500}$/, '1 to 500 printable ASCII characters')

const EXTRA_MAX = 20
const extraAuthParams = z
  .record(z.string().regex(/^[\w.-]{1,64}$/), z.string().max(500))
  .refine((given) => Object.keys(given).length <= EXTRA_MAX, `more than ${EXTRA_MAX} parameters`)
  .refine((given) => !OWN_PARAMETERS.some((name) => name in given), 'the server sets this parameter itself')
  .meta({ maxProperties: EXTRA_MAX })

/** The fields of a provider. */
export const BrokerProviderFields = declare({
  id: constant(idOut('broker_provider')),
  tenantId: constant(z.string(), { view: null }),
  realmId: constant(idOut('realm')),
  slug: fixed(providerSlug.describe('Its short name in URLs, unique in the realm. It cannot be changed.')),
  name: editable(label(200).describe('The name that users read.')),
  protocol: fixed(
    z
      .enum(BROKER_PROTOCOLS)
      .describe(
        'oauth: users connect by OAuth 2.0. api_key: users paste a key. service_account: nobody connects, the server signs for an account of its own (RFC 7523).',
      ),
    { initial: 'oauth' },
  ),
  template: fixed(
    z.enum(TEMPLATE_NAMES).nullable().describe('The template from which the rest comes that is not given.'),
    { initial: null },
  ),
  clientId: editable(word.nullable().describe('oauth, required: the client id of this server at the provider.'), {
    initial: null,
  }),
  clientSecretRef: editable(
    z
      .string()
      .regex(SECRET_VARIABLE, `begins with ${SECRET_VARIABLE_PREFIXES.join(' or ')}`)
      .nullable()
      .describe(
        'Instead of the secret: the environment variable of the server that has it. Only callers of the platform can name one.',
      ),
    { initial: null },
  ),
  authorizeUrl: editable(url.nullable().describe('oauth, required: the authorization endpoint.'), { initial: null }),
  tokenUrl: editable(url.nullable().describe('oauth and service_account, required: the token endpoint.'), {
    initial: null,
  }),
  revokeUrl: editable(url.nullable().describe('The revocation endpoint (RFC 7009); null for none.'), {
    initial: null,
  }),
  accountsUrl: editable(
    url.nullable().describe('Asked once after a connection, with its token: the accounts that it reaches, as JSON.'),
    { initial: null },
  ),
  apiUrl: editable(
    baseUrl.nullable().describe('Where its API begins, for resources that are used through the proxy.'),
    {
      initial: null,
    },
  ),
  scopes: editable(list(scopeToken, 100).describe('The scopes that every connection asks for.'), { initial: [] }),
  tokenEndpointAuthMethod: editable(
    z.enum(['client_secret_post', 'client_secret_basic']).describe('How this server authenticates at the provider.'),
    { initial: 'client_secret_post' },
  ),
  responseFormat: editable(
    z
      .enum(RESPONSE_FORMATS)
      .describe(
        'How its token endpoint answers: JSON (RFC 6749), a form, or as Slack does: `ok`, the token of the user in `authed_user`, and scopes asked for as `user_scope`.',
      ),
    { initial: 'standard' },
  ),
  extraAuthParams: editable(
    extraAuthParams.describe('More parameters of the authorization request, such as access_type.'),
    { initial: {}, audited: 'name' },
  ),
  headerName: editable(header.describe('The header that carries a key or a token at its API.'), {
    initial: 'Authorization',
  }),
  headerPrefix: editable(
    z
      .string()
      .regex(/^[\x20-\x7e]{0,40}$/)
      .describe('What stands before it, with the space.'),
    { initial: 'Bearer ' },
  ),
  issuanceInstructionsUrl: editable(url.nullable().describe('api_key: where users read how they get a key.'), {
    initial: null,
  }),
  saEmail: editable(word.nullable().describe('service_account, required: the issuer of its assertions.'), {
    initial: null,
  }),
  saAlgorithm: editable(z.enum(['RS256', 'ES256']).describe('service_account: how its assertions are signed.'), {
    initial: 'RS256',
  }),
  tokenTtlSeconds: editable(
    z.number().int().min(30).max(3600).describe('service_account: the lifetime of its assertions.'),
    { initial: 3600 },
  ),
  iconUrl: editable(url.nullable().describe('An icon, for programs that show the provider.'), { initial: null }),
  active: editable(z.boolean().describe('Whether users can connect, and clients get tokens.'), { initial: true }),
  /** Sealed. */
  clientSecret: managed(z.string().nullable(), { view: null, audited: 'name' }),
  ...VERSIONED,
})

const { slug: newSlug, protocol, template } = BrokerProviderFields.creation
const { name, ...others } = BrokerProviderFields.patch

const secret = z
  .string()
  .min(1)
  .max(8192)
  .meta({ format: 'password', writeOnly: true })
  .describe(
    'The client secret, or the private key of the service account in PEM. It is stored encrypted and never shown.',
  )

/** The input for a new provider. */
export const NewBrokerProvider = z.strictObject({
  slug: newSlug,
  name: name.describe('The name that users read. Default: that of the template, or the slug.'),
  ...{ protocol, template },
  // What a template gives is absent, and not a default, where the caller does not say.
  ...others,
  clientSecret: secret.optional(),
})
export type NewBrokerProvider = z.output<typeof NewBrokerProvider>

/** A change: absent members stay as they are, also the secret. */
export const BrokerProviderPatch = z.strictObject({
  id: idOf('broker_provider'),
  ...BrokerProviderFields.patch,
  clientSecret: secret.nullable().optional(),
  ifVersion,
})
export type BrokerProviderPatch = z.output<typeof BrokerProviderPatch>

/** A list of a realm's providers. */
export const BrokerProviderQuery = listQuery('created_at').extend({
  slug: z.string().max(63).optional().describe('Only the one with this slug.'),
  active: z.stringbool().optional().describe('Only those that are active, or that are not.'),
})
export type BrokerProviderQuery = z.output<typeof BrokerProviderQuery>

/** A provider whose tokens are kept for users. */
export type BrokerProvider = NounOf<typeof BrokerProviderFields>

/** The schema of a provider in admin responses. */
export const BrokerProviderView = z.object({
  ...BrokerProviderFields.view,
  hasClientSecret: z.boolean(),
  callbackUrl: z.string().nullable().describe('The redirect URI to register at the provider; null for none.'),
})
export type BrokerProviderView = z.output<typeof BrokerProviderView>

/** Returns the view of a provider. @param issuer of its realm */
export function viewBrokerProvider(provider: BrokerProvider, issuer: string): BrokerProviderView {
  return {
    ...BrokerProviderFields.show(provider),
    hasClientSecret: provider.clientSecret !== null,
    callbackUrl: provider.protocol === 'oauth' ? issuer + callbackPath(provider) : null,
  }
}
