// Client metadata: the names of RFC 7591 for what a client says about itself, and the fields of a client that they are.
import * as z from 'zod'
import { columnOf } from '#kernel/declaration.ts'
import { Failure } from '#kernel/error.ts'
import { label } from '#kernel/field.ts'
import type { SigningAlgorithm } from '../outside.ts'
import { BACKCHANNEL_FIELDS, CIBA_GRANT, mustSignBackchannel } from './backchannel.ts'
import {
  APPLICATION_TYPES,
  type AUTH_METHODS,
  type Client,
  type ClientAbout,
  ClientFields,
  detailTypeName,
  flawsOfClient,
  type GRANT_TYPES,
  JWT_BEARER_GRANT,
  jwks,
  jwksUri,
  type NewClient,
  SUBJECT_TYPES,
} from './client.ts'
import { FRONT_CHANNEL_FIELDS } from './front-channel.ts'
import { TLS_FIELDS, TLS_NAME_FIELDS, type TlsField } from './mutual-tls.ts'
import { redirectUri } from './redirect-uri.ts'
import { mustSign, REQUEST_FIELDS, type RequestField } from './request-protection.ts'
import {
  ENCRYPTED_KINDS,
  encryptionOf,
  isEncryptedFor,
  RESPONSE_FIELDS,
  type ResponseField,
} from './response-protection.ts'

type AuthMethod = (typeof AUTH_METHODS)[number]
type GrantType = (typeof GRANT_TYPES)[number]

/**
 * The algorithm of ID tokens and of signed authorization responses for clients that describe themselves and choose none
 * (OpenID Connect Dynamic Client Registration §2, JARM §3).
 */
export const DEFAULT_ALGORITHM = 'RS256' satisfies SigningAlgorithm

/** The longest document, in characters of JSON. */
export const METADATA_MAX = 65_536

/** The names of RFC 7591 §2 for the ways in which clients authenticate, the preferred ones first. */
const METHODS = {
  private_key_jwt: 'private_key_jwt',
  tls_client_auth: 'tls_client_auth',
  self_signed_tls_client_auth: 'self_signed_tls_client_auth',
  client_secret_basic: 'client_secret',
  client_secret_post: 'client_secret',
  client_secret_jwt: 'client_secret_jwt',
  none: 'none',
} as const satisfies Record<string, AuthMethod>
type MethodName = keyof typeof METHODS

const uris = z.array(redirectUri).max(50)
const names = z.array(z.string().max(200)).max(50)
const page = z.url({ protocol: /^https$/ }).max(2000)

// Clients send null and the empty string for what they do not have. In an update they mean the same (RFC 7592 §2.2).
function member<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (value === null || value === '' ? undefined : value), schema.optional())
}

/**
 * The metadata of RFC 7591 §2, OpenID Connect Dynamic Client Registration §2, RP Metadata Choices §2, JARM §3 and RFC 9449
 * §5.2, RFC 8705 §2.1.2 and §3.4, RFC 9101 §10.5, RFC 9126 §6, RFC 9396 §10 that the server understands. Everything else is left out (RFC 7591 §2).
 */
export const ClientMetadata = z.object({
  redirect_uris: member(uris),
  post_logout_redirect_uris: member(uris),
  token_endpoint_auth_method: member(z.string().max(200)),
  token_endpoint_auth_methods_supported: member(names),
  grant_types: member(names),
  response_types: member(names),
  scope: member(z.string().max(20_000)),
  application_type: member(z.enum(APPLICATION_TYPES)),
  client_name: member(label(200)),
  client_uri: member(page),
  logo_uri: member(page),
  policy_uri: member(page),
  tos_uri: member(page),
  contacts: member(z.array(label(254)).max(20)),
  software_id: member(label(200)),
  software_version: member(label(200)),
  jwks_uri: member(jwksUri),
  jwks: member(jwks),
  subject_type: member(z.enum(SUBJECT_TYPES)),
  sector_identifier_uri: member(ClientFields.creation.sectorIdentifierUri),
  ...membersOf(RESPONSE_FIELDS),
  ...membersOf(TLS_FIELDS),
  ...membersOf(REQUEST_FIELDS),
  ...membersOf(FRONT_CHANNEL_FIELDS),
  ...membersOf(BACKCHANNEL_FIELDS),
  backchannel_user_code_parameter: member(z.literal(false, 'no user code is supported')),
  dpop_bound_access_tokens: member(z.boolean()),
  require_pushed_authorization_requests: member(z.boolean()),
  authorization_details_types: member(z.array(detailTypeName).max(50)),
})
export type ClientMetadata = z.output<typeof ClientMetadata>

/**
 * Reads client metadata. Members that the server does not understand are left out.
 * @throws Failure `invalid_redirect_uri`, `invalid_client_metadata` (RFC 7591 §3.2.2)
 */
export function readMetadata(document: unknown): ClientMetadata {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Failure('invalid_client_metadata', 'Send the metadata as a JSON object.')
  }
  if (JSON.stringify(document).length > METADATA_MAX) {
    throw new Failure('invalid_client_metadata', `The metadata is longer than ${METADATA_MAX} characters.`)
  }
  const read = ClientMetadata.safeParse(document)
  if (read.success) return read.data
  const { path = [], message } = read.error.issues[0] ?? { message: 'is not valid' }
  throw refusedMember(path.join('.'), message)
}

/** What a client can be registered with. */
export interface MetadataRules {
  readonly authMethods: readonly AuthMethod[]
  readonly grantTypes: readonly GrantType[]
  /** The algorithms that the realm has keys for and its profile allows. Without {@link DEFAULT_ALGORITHM}, the realm's own is the default. */
  readonly algorithms: readonly SigningAlgorithm[]
  /** Whether the realm takes encrypted request objects. */
  readonly encryptedRequestObjects: boolean
}

/** The fields of a client that its metadata sets, besides what it says about itself. */
export const DESCRIBED_FIELDS = [
  'label',
  'authMethod',
  'grantTypes',
  'redirectUris',
  'postLogoutRedirectUris',
  'jwksUri',
  'jwks',
  'subjectType',
  'sectorIdentifierUri',
  ...RESPONSE_FIELDS,
  ...TLS_FIELDS,
  ...REQUEST_FIELDS,
  ...FRONT_CHANNEL_FIELDS,
  ...BACKCHANNEL_FIELDS,
  'dpopBoundAccessTokens',
  'requirePushedAuthorizationRequests',
  'authorizationDetailsTypes',
  'applicationType',
] as const satisfies readonly (keyof NewClient)[]

/** A client as its metadata describes it. */
export interface DescribedClient extends Pick<NewClient, (typeof DESCRIBED_FIELDS)[number]> {
  readonly about: ClientAbout
}

/**
 * The fields of a client that metadata describes. Grants that the client cannot use are left out, as RFC 7591 §3.2.1
 * allows; the reply names those that are left.
 * @throws Failure `invalid_redirect_uri`, `invalid_client_metadata` where the client could not work as it says
 */
export function clientOfMetadata(metadata: ClientMetadata, rules: MetadataRules): DescribedClient {
  const method = methodOf(metadata, rules)
  const authMethod = METHODS[method]
  const grantTypes = grantsOf(metadata, authMethod, rules)
  const responses = responsesOf(metadata, rules)
  const requests = requestsOf(metadata, rules)
  const backchannel = valuesOf(metadata, BACKCHANNEL_FIELDS)
  const redirectUris = [...new Set(metadata.redirect_uris)]
  const withKeys =
    METHODS_WITH_KEYS.includes(authMethod) ||
    isEncryptedFor(responses) ||
    mustSign(requests) ||
    mustSignBackchannel(backchannel)
  const client: DescribedClient = {
    label: metadata.client_name ?? nameFrom(redirectUris),
    authMethod,
    grantTypes,
    redirectUris,
    postLogoutRedirectUris: [...new Set(metadata.post_logout_redirect_uris)],
    jwksUri: (withKeys && metadata.jwks_uri) || null,
    jwks: (withKeys && metadata.jwks) || null,
    subjectType: metadata.subject_type ?? 'public',
    sectorIdentifierUri: metadata.sector_identifier_uri ?? null,
    ...responses,
    ...tlsOf(metadata, authMethod),
    ...requests,
    ...valuesOf(metadata, FRONT_CHANNEL_FIELDS),
    ...backchannel,
    dpopBoundAccessTokens: metadata.dpop_bound_access_tokens ?? false,
    authorizationDetailsTypes: [...new Set(metadata.authorization_details_types)],
    requirePushedAuthorizationRequests: metadata.require_pushed_authorization_requests ?? false,
    applicationType: metadata.application_type ?? 'web',
    about: aboutOf(metadata, method),
  }
  checkSubjects(client)
  const [flaw] = flawsOfClient({
    ...client,
    federatedCredentials: [],
    identityAssertions: [],
    pkceRequired: true,
    profile: null,
  })
  if (flaw) throw refusedMember(columnOf(flaw.path), flaw.message)
  return client
}

/** The methods whose credentials are keys of the client. */
const METHODS_WITH_KEYS: readonly AuthMethod[] = ['private_key_jwt', 'self_signed_tls_client_auth']

/** The members of fields: each is the field of a client in snake case, and as its schema says. */
function membersOf(fields: readonly (keyof typeof ClientFields.creation)[]): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(fields.map((field) => [columnOf(field), member(ClientFields.creation[field])]))
}

/** What metadata gives for a field. */
function givenFor(metadata: ClientMetadata, field: string): unknown {
  return (metadata as Readonly<Record<string, unknown>>)[columnOf(field)]
}

/** The values of fields: what metadata gives, or else what a new client has. */
function valuesOf<Field extends keyof typeof ClientFields.initial>(
  metadata: ClientMetadata,
  fields: readonly Field[],
): Pick<Client, Field> {
  const values = fields.map((field) => [field, givenFor(metadata, field) ?? ClientFields.initial[field]])
  return Object.fromEntries(values) as Pick<Client, Field>
}

/** How the client protects its requests. @throws Failure `invalid_client_metadata` */
function requestsOf(metadata: ClientMetadata, { encryptedRequestObjects }: MetadataRules): Pick<Client, RequestField> {
  const requests = valuesOf(metadata, REQUEST_FIELDS)
  if (requests.requestObjectEncryptionAlg !== null && !encryptedRequestObjects) {
    throw refusedMember('request_object_encryption_alg', 'the realm takes no encrypted request objects')
  }
  return requests
}

/** What of the metadata is about certificates. A name is left out where the client authenticates in another way. */
function tlsOf(metadata: ClientMetadata, authMethod: AuthMethod): Pick<Client, TlsField> {
  const fields = valuesOf(metadata, TLS_FIELDS)
  if (authMethod === 'tls_client_auth') return fields
  return { ...fields, ...Object.fromEntries(TLS_NAME_FIELDS.map((field) => [field, null])) }
}

/** How responses for the client are signed and encrypted. @throws Failure `invalid_client_metadata` */
function responsesOf(metadata: ClientMetadata, { algorithms }: MetadataRules): Pick<Client, ResponseField> {
  const byDefault = algorithms.includes(DEFAULT_ALGORITHM) ? DEFAULT_ALGORITHM : null
  const chosen = RESPONSE_FIELDS.map((field) => {
    const value = givenFor(metadata, field) ?? (ALWAYS_SIGNED.includes(field) ? byDefault : null)
    const isSigned = field.endsWith('SignedResponseAlg') && value !== null
    if (isSigned && !algorithms.includes(value as SigningAlgorithm)) {
      throw refusedMember(columnOf(field), `the realm does not sign with ${value}`)
    }
    return [field, value]
  })
  return Object.fromEntries(chosen)
}

/** What of a client that chose nothing is signed in any case. Libraries ask for introspection as a JWT if it is named. */
const ALWAYS_SIGNED: readonly ResponseField[] = ['idTokenSignedResponseAlg', 'authorizationSignedResponseAlg']

/** What a client chose, and what applies where it chose nothing. */
function responseMetadata(client: Client, algorithm: SigningAlgorithm) {
  const names = RESPONSE_FIELDS.map((field): [string, unknown] => {
    return [columnOf(field), client[field] ?? (ALWAYS_SIGNED.includes(field) ? algorithm : undefined)]
  })
  const defaults = ENCRYPTED_KINDS.flatMap((kind): [string, unknown][] => {
    const choice = encryptionOf(client, kind)
    return choice ? [[columnOf(`${kind}EncryptedResponseEnc`), choice.enc]] : []
  })
  return definedOf(Object.fromEntries([...names, ...defaults]))
}

// Anybody can register the redirect URIs of another client. With a code that is harmless, because the code goes there; by
// a grant without a redirect the caller would get the pairwise subjects of the other's sector.
function checkSubjects({ subjectType, grantTypes }: DescribedClient): void {
  if (subjectType === 'public') return
  const other = grantTypes.find((grant) => grant !== 'authorization_code' && grant !== 'refresh_token')
  if (other !== undefined) throw refusedMember('subject_type', `pairwise cannot be used with the grant ${other}`)
}

/**
 * The metadata of a client as it is registered (RFC 7591 §3.2.1).
 * @param scopes the scopes that it can ask for
 * @param algorithm the realm's signature algorithm, for clients that have none of their own
 */
export function metadataOfClient(client: Client, scopes: readonly string[], algorithm: SigningAlgorithm) {
  const { about, jwks: keys, jwksUri: keysUri } = client
  const says: Partial<ClientAbout> = about ?? {}
  const usesCode = client.grantTypes.includes('authorization_code')
  return {
    client_name: client.label,
    application_type: client.applicationType ?? 'web',
    redirect_uris: client.redirectUris,
    ...(client.postLogoutRedirectUris.length > 0 && { post_logout_redirect_uris: client.postLogoutRedirectUris }),
    token_endpoint_auth_method: methodName(client),
    grant_types: client.grantTypes,
    response_types: usesCode ? ['code'] : [],
    scope: scopes.join(' '),
    ...definedOf({
      client_uri: says.clientUri,
      logo_uri: says.logoUri,
      policy_uri: says.policyUri,
      tos_uri: says.tosUri,
      contacts: says.contacts,
      software_id: says.softwareId,
      software_version: says.softwareVersion,
      software_statement: says.softwareStatement,
      jwks_uri: keysUri,
      jwks: keys,
      sector_identifier_uri: client.sectorIdentifierUri,
    }),
    subject_type: client.subjectType,
    ...responseMetadata(client, algorithm),
    ...definedOf(
      Object.fromEntries(
        [...TLS_FIELDS, ...REQUEST_FIELDS, ...FRONT_CHANNEL_FIELDS, ...backchannelOf(client)].map((field) => [
          columnOf(field),
          client[field],
        ]),
      ),
    ),
    dpop_bound_access_tokens: client.dpopBoundAccessTokens,
    ...(client.authorizationDetailsTypes.length > 0 && {
      authorization_details_types: client.authorizationDetailsTypes,
    }),
    require_pushed_authorization_requests: client.requirePushedAuthorizationRequests,
  }
}

/** A client without the grant has nothing of it. */
function backchannelOf({ grantTypes }: Client) {
  return grantTypes.includes(CIBA_GRANT) ? BACKCHANNEL_FIELDS : []
}

/** A failure about one member of metadata (RFC 7591 §3.2.2). @param name the member, with dots for what is in it */
export function refusedMember(name: string, message: string): Failure {
  const isRedirect = name.split('.')[0] === 'redirect_uris'
  return new Failure(isRedirect ? 'invalid_redirect_uri' : 'invalid_client_metadata', `${name}: ${message}`)
}

// OpenID Connect RP Metadata Choices §2: the list says what the client can do; the single value what it prefers.
function methodOf(metadata: ClientMetadata, { authMethods }: MetadataRules): MethodName {
  const { token_endpoint_auth_method: preferred, token_endpoint_auth_methods_supported: list } = metadata
  const isPossible = (name: string): name is MethodName =>
    Object.hasOwn(METHODS, name) &&
    authMethods.includes(METHODS[name as MethodName]) &&
    (!(METHODS_WITH_KEYS as readonly string[]).includes(name) ||
      metadata.jwks_uri !== undefined ||
      metadata.jwks !== undefined)
  if (preferred !== undefined && isPossible(preferred)) return preferred
  const others = list ?? (preferred === undefined ? ['client_secret_basic'] : [])
  const chosen = Object.keys(METHODS).find((name) => others.includes(name) && isPossible(name))
  if (chosen !== undefined) return chosen as MethodName
  const name = preferred === undefined && list ? 'token_endpoint_auth_methods_supported' : 'token_endpoint_auth_method'
  const withKeys = METHODS_WITH_KEYS.find((method) => method === preferred)
  if (withKeys && authMethods.includes(withKeys)) {
    throw refusedMember('jwks_uri', `${withKeys} needs either jwks_uri or jwks`)
  }
  throw refusedMember(name, `this realm registers clients with ${authMethods.join(', ')}`)
}

/** What a client without credentials cannot use. Clients in the field ask for it all the same. */
const CONFIDENTIAL_GRANTS: ReadonlySet<GrantType> = new Set(['client_credentials', JWT_BEARER_GRANT])

function grantsOf(
  { grant_types: asked = ['authorization_code'], response_types: types }: ClientMetadata,
  authMethod: AuthMethod,
  rules: MetadataRules,
): GrantType[] {
  const possible = rules.grantTypes.filter((grant) => authMethod !== 'none' || !CONFIDENTIAL_GRANTS.has(grant))
  const usable = possible.filter((grant) => asked.includes(grant))
  const grants = usable.some((grant) => grant !== 'refresh_token' && grant !== 'client_credentials')
    ? usable
    : usable.filter((grant) => grant !== 'refresh_token')
  if (grants.length === 0) throw refusedMember('grant_types', `this client can use ${possible.join(', ')}`)
  if (types && grants.includes('authorization_code') && !types.includes('code')) {
    throw refusedMember('response_types', 'authorization_code needs the response type code')
  }
  return grants
}

function aboutOf(metadata: ClientMetadata, method: MethodName): ClientAbout {
  return {
    ...definedOf({
      clientUri: metadata.client_uri,
      logoUri: metadata.logo_uri,
      policyUri: metadata.policy_uri,
      tosUri: metadata.tos_uri,
      contacts: metadata.contacts,
      softwareId: metadata.software_id,
      softwareVersion: metadata.software_version,
    }),
    ...(method === 'client_secret_post' && { tokenEndpointAuthMethod: method }),
  }
}

function methodName({ authMethod, about }: Client): MethodName {
  if (authMethod === 'client_secret') return about?.tokenEndpointAuthMethod ?? 'client_secret_basic'
  // The assertion of another issuer has no name of its own.
  return authMethod === 'federated_jwt' ? 'private_key_jwt' : authMethod
}

// RFC 7591 §2 lets the server show another name where a client has none.
function nameFrom(redirects: readonly string[]): string {
  const [first] = redirects
  if (first === undefined) return 'Unnamed client'
  const { host, protocol } = new URL(first)
  return host || protocol.slice(0, -1)
}

type Defined<Of> = { [Name in keyof Of]?: NonNullable<Of[Name]> }

function definedOf<Of extends Readonly<Record<string, unknown>>>(members: Of): Defined<Of> {
  const defined = Object.entries(members).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(defined) as Defined<Of>
}
