// The fields and views of clients, and the rules of how the fields fit together.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, fixed, managed, VERSIONED } from '#kernel/declared-fields.ts'
import { freeObject, idOf, idOut, ifVersion, label } from '#kernel/field.ts'
import type { Ownership } from '../application/application.ts'
import { clientClaims, clientClaimsView } from '../claims-mapping/claims-mapping.ts'
import { DEVICE_CODE_GRANT } from '../device-authorization/device-authorization.ts'
import { CONTENT_ENCRYPTIONS, ENCRYPTION_ALGORITHMS, SIGNING_ALGORITHMS } from '../outside.ts'
import { allowedOrigins, REFRESH_LIFETIME_MAX, TOKEN_LIFETIME_MAX } from '../realm/realm.ts'
import type { AgentTerms } from './agent-terms.ts'
import {
  type BackchannelField,
  BackchannelFields,
  CIBA_GRANT,
  flawsOfBackchannel,
  mustSignBackchannel,
} from './backchannel.ts'
import { FederatedCredentialView, federatedCredentials } from './federated-credential.ts'
import { type FrontChannelField, FrontChannelFields, flawsOfFrontChannel } from './front-channel.ts'
import { flawsOfIdentityAssertions, IdentityAssertionFields } from './identity-assertion.ts'
import { ImportedClient } from './imported-client.ts'
import { flawsOfTls, MutualTlsFields, TLS_METHODS, type TlsField } from './mutual-tls.ts'
import { redirectUri } from './redirect-uri.ts'
import { flawsOfRequests, mustSign, type RequestField, RequestFields } from './request-protection.ts'
import { type EncryptedKind, flawsOfProtection, isEncryptedFor, type ResponseField } from './response-protection.ts'
import { SignInFields } from './sign-in-demands.ts'
import { sectorOf } from './subject-identifier.ts'

/** RFC 7523 §2.1. */
export const JWT_BEARER_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

export const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  DEVICE_CODE_GRANT,
  CIBA_GRANT,
  JWT_BEARER_GRANT,
] as const
export const AUTH_METHODS = [
  'client_secret',
  'none',
  'private_key_jwt',
  'client_secret_jwt',
  'federated_jwt',
  ...TLS_METHODS,
] as const
/** The security profiles that a client can have in addition to that of its realm. */
export const CLIENT_PROFILES = ['oauth-2.1', 'fapi-2.0', 'fapi-2.0-message-signing'] as const
/** Whether people have one identifier for all clients, or one for each sector (OpenID Connect Core §8). */
export const SUBJECT_TYPES = ['public', 'pairwise'] as const
/** Whether sign-ins for a client are for one organization of the person. */
export const ORGANIZATION_USAGES = ['none', 'allowed', 'required'] as const
export const CLIENT_STATUSES = ['active', 'suspended'] as const
/** The kinds of applications (OpenID Connect Dynamic Client Registration §2). */
export const APPLICATION_TYPES = ['web', 'native'] as const
/** How clients came to be: an administrator made them, or they registered themselves (RFC 7591). */
export const CLIENT_ORIGINS = ['administrator', 'dynamic', 'metadata_document'] as const

/** A list that may also be one string, separated by spaces or commas, as forms send it. */
export function list<Item extends z.ZodType>(item: Item, longest = 50) {
  const split = (input: unknown) => (typeof input === 'string' ? input.split(/[\s,]+/).filter(Boolean) : input)
  return z.preprocess(split, z.array(item).max(longest))
}

const outgoingUrl = z.url({ protocol: /^https?$/ }).max(2000)
/** The URL of a key set. */
export const jwksUri = z.url({ protocol: /^https$/ }).max(2000)
/** A key set (RFC 7517 §5). */
export const jwks = z.object({ keys: z.array(freeObject()).min(1).max(20) })
const seconds = (longest: number) => z.number().int().min(1).max(longest)
/** The name of a type of authorization details, and of an action (RFC 9396 §2). */
export const detailTypeName = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'printable ASCII without spaces, quotes and backslashes')
/** A scope token (RFC 6749 §3.3). */
export const scopeToken = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'a scope is printable ASCII without spaces, quotes and backslashes')

/** The field with the signature algorithm of what a client gets. The realm must have keys for it. */
function signedBy(what: string) {
  const schema = z.enum(SIGNING_ALGORITHMS).nullable().describe(`The signature algorithm of its ${what}.`)
  return editable(schema, { initial: null })
}

/** The two fields of how what a client gets is encrypted. */
function encryptedFor<Kind extends EncryptedKind>(kind: Kind, what: string) {
  const alg = editable(
    z
      .enum(ENCRYPTION_ALGORITHMS)
      .nullable()
      .describe(`How the key of its encrypted ${what} is encrypted; null for no encryption.`),
    { initial: null },
  )
  const enc = editable(
    z
      .enum(CONTENT_ENCRYPTIONS)
      .nullable()
      .describe(`How the content of its encrypted ${what} is encrypted; null selects A128CBC-HS256.`),
    { initial: null },
  )
  return { [`${kind}EncryptedResponseAlg`]: alg, [`${kind}EncryptedResponseEnc`]: enc } as Readonly<
    Record<`${Kind}EncryptedResponseAlg`, typeof alg> & Record<`${Kind}EncryptedResponseEnc`, typeof enc>
  >
}

const webPage = z.string().optional()

/** What a client that registered itself says about itself (RFC 7591 §2). Nobody verified it. */
export const ClientAbout = z.object({
  clientUri: webPage,
  logoUri: webPage,
  policyUri: webPage,
  tosUri: webPage,
  contacts: z.array(z.string()).optional(),
  softwareId: z.string().optional(),
  softwareVersion: z.string().optional(),
  tokenEndpointAuthMethod: z.literal('client_secret_post').optional(),
  softwareStatement: z.string().optional().describe('The software statement with which it registered itself.'),
})
export type ClientAbout = z.output<typeof ClientAbout>

/** The fields of a client. */
export const ClientFields = declare({
  /** The `client_id` (RFC 6749 §2.2). */
  clientId: constant(z.string()),
  label: editable(label(200).describe('The display name.')),
  authMethod: fixed(z.enum(AUTH_METHODS).describe('The authentication method. It cannot be changed.'), {
    initial: 'client_secret',
  }),
  grantTypes: editable(list(z.enum(GRANT_TYPES)).describe('The grants that the client can use.'), {
    initial: ['authorization_code'],
  }),
  scopes: editable(list(scopeToken, 200).describe('The scopes that the client can request.'), { initial: ['openid'] }),
  /** Stored as identifiers of resources. */
  audiences: editable(
    list(z.string().min(1).max(2000)).describe(
      'The resources that the client can get tokens for, by identifier or slug. `*` alone stands for every resource of the tenant.',
    ),
    { initial: [] },
  ),
  redirectUris: editable(list(redirectUri).describe('The redirect URIs, compared byte for byte.'), {
    initial: [],
  }),
  postLogoutRedirectUris: editable(list(redirectUri).describe('The redirect URIs after sign-out.'), {
    initial: [],
  }),
  jwksUri: editable(
    jwksUri
      .nullable()
      .describe(
        'The URL of its public keys, for private_key_jwt, self_signed_tls_client_auth, signed requests and encrypted responses.',
      ),
    { initial: null },
  ),
  jwks: editable(
    jwks
      .nullable()
      .describe(
        'Its public keys, for private_key_jwt, self_signed_tls_client_auth (x5c), signed requests and encrypted responses.',
      ),
    {
      initial: null,
      view: z.record(z.string(), z.unknown()).nullable(),
    },
  ),
  federatedCredentials: editable(
    federatedCredentials.describe(
      'For federated_jwt: the issuers whose JWTs stand for the client, with the subjects of these JWTs.',
    ),
    { initial: [], view: z.array(FederatedCredentialView) },
  ),
  ...IdentityAssertionFields,
  firstParty: editable(
    z.boolean().describe('Whether it belongs to the operator; users are then not asked for consent.'),
    {
      initial: false,
    },
  ),
  accessTokenLifetime: editable(
    seconds(TOKEN_LIFETIME_MAX).nullable().describe('Seconds; null selects the value of the realm.'),
    {
      initial: null,
    },
  ),
  refreshTokenLifetime: editable(
    seconds(REFRESH_LIFETIME_MAX)
      .nullable()
      .describe(
        'Seconds after the sign-in after which tokens cannot be refreshed; null selects the value of the realm.',
      ),
    { initial: null },
  ),
  allowedOrigins: editable(
    allowedOrigins.describe('The web origins whose pages can use the client. An empty list allows all origins.'),
    { initial: [] },
  ),
  tokenExchangeAllowed: editable(
    z
      .boolean()
      .describe(
        'Whether the client can exchange every token that it is given (RFC 8693). Without it, a delegation grant, the token or the resource has to allow it.',
      ),
    { initial: false },
  ),
  impersonationAllowed: editable(
    z
      .boolean()
      .describe(
        'Whether tokens that it exchanges do not name it in `act`: the resource cannot tell it from the subject (RFC 8693, section 1.1).',
      ),
    { initial: false },
  ),
  subjectType: editable(
    z
      .enum(SUBJECT_TYPES)
      .describe(
        'pairwise: the client gets identifiers of people (sub) that clients of other sectors do not get. A change changes them all.',
      ),
    { initial: 'public' },
  ),
  sectorIdentifierUri: editable(
    z
      .url({ protocol: /^https$/ })
      .max(2000)
      .nullable()
      .describe(
        'The URL of a JSON array of redirect URIs. Its host is the sector; null selects the host of the redirect URIs.',
      ),
    { initial: null },
  ),
  idTokenSignedResponseAlg: signedBy('ID tokens; null selects the algorithm of the realm'),
  ...encryptedFor('idToken', 'ID tokens and logout tokens'),
  userinfoSignedResponseAlg: signedBy('userinfo responses; null for JSON without a signature'),
  ...encryptedFor('userinfo', 'userinfo responses'),
  introspectionSignedResponseAlg: signedBy(
    'introspection responses that it asks for as a JWT (RFC 9701); null selects that of the realm',
  ),
  ...encryptedFor('introspection', 'introspection responses that it asks for as a JWT'),
  authorizationSignedResponseAlg: signedBy('signed authorization responses; null selects that of the realm'),
  ...encryptedFor('authorization', 'signed authorization responses'),
  backchannelLogoutUri: editable(
    outgoingUrl
      .nullable()
      .describe('Where it is told that a session ended (OpenID Connect Back-Channel Logout); null for nowhere.'),
    { initial: null },
  ),
  idTokenProfileClaims: editable(
    z.boolean().describe('Whether its ID tokens contain the claims of its scopes (name, e-mail), not only userinfo.'),
    { initial: false },
  ),
  pkceRequired: editable(
    z
      .boolean()
      .describe(
        'Whether it must use PKCE. If false, a confidential client may send a nonce instead (RFC 9700, section 2.1.1).',
      ),
    { initial: true },
  ),
  introspectAllTokens: editable(
    z
      .boolean()
      .describe('Whether it can introspect every token of the realm, not only its own and those for its resources.'),
    { initial: false },
  ),
  profile: editable(
    z
      .enum(CLIENT_PROFILES)
      .nullable()
      .describe(
        'A security profile besides that of the realm: of each rule, the stricter value applies. null for none.',
      ),
    { initial: null },
  ),
  dpopBoundAccessTokens: editable(
    z.boolean().describe('Whether all its tokens are bound to a DPoP key (RFC 9449, section 5.2).'),
    { initial: false },
  ),
  ...MutualTlsFields,
  ...RequestFields,
  ...FrontChannelFields,
  ...BackchannelFields,
  authorizationDetailsTypes: editable(
    list(detailTypeName).describe(
      'The types of authorization details that it can ask for (RFC 9396). A client that registered itself can ask for all if it named none.',
    ),
    { initial: [] },
  ),
  mappedClaims: editable(clientClaims, { initial: [], view: clientClaimsView }),
  requirePushedAuthorizationRequests: editable(
    z.boolean().describe('Whether it must push its authorization requests (RFC 9126, section 6).'),
    { initial: false },
  ),
  applicationType: editable(
    z
      .enum(APPLICATION_TYPES)
      .nullable()
      .describe(
        'native: an application on the machine of its user; null selects native for a client without credentials.',
      ),
    { initial: null },
  ),
  organizationUsage: editable(
    z
      .enum(ORGANIZATION_USAGES)
      .describe(
        'Whether sign-ins are for an organization of the person: never, where the request names one, or always; then the person chooses where the request names none.',
      ),
    { initial: 'none' },
  ),
  ...SignInFields,
  registeredBy: constant(
    z
      .enum(CLIENT_ORIGINS)
      .describe(
        'dynamic: the client registered itself. metadata_document: it describes itself in the document at its client id. Nobody verified either.',
      ),
  ),
  about: managed(ClientAbout.nullable().describe('What a client that registered itself says about itself.'), {
    audited: 'name',
  }),
  /** When a person last approved a client of a metadata document, to the day; null for other clients. */
  lastUsedAt: constant(z.number().int().nullable(), { view: null }),
  status: managed(z.enum(CLIENT_STATUSES), { view: null }),
  id: constant(idOut('client')),
  tenantId: constant(z.string(), { view: null }),
  realmId: constant(z.string(), { view: null }),
  applicationId: constant(z.string(), { view: null }),
  /** SHA-256 of the secret, or the bcrypt hash of an imported one; null if the client has none. */
  secretHash: managed(z.string().nullable(), { view: null }),
  /** The secret of a client_secret_jwt client, encrypted: the server needs it to verify HMACs. Null for other clients. */
  sealedSecret: managed(z.string().nullable(), { view: null }),
  /** SHA-256 of its registration access token (RFC 7592); null for a client that did not register itself. */
  registrationTokenHash: constant(z.string().nullable(), { view: null }),
  /** When it is deleted unless somebody used it; null for a client that stays. */
  unusedUntil: constant(z.number().int().nullable(), { view: null }),
  ...VERSIONED,
})

/** What a new client needs. */
export const NewClient = z.strictObject({
  application: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .describe('The name or id of its application, which is created if it does not exist. Default: the label.'),
  uniqueLabel: z.boolean().optional().describe('Whether a label that another client of the realm has is refused.'),
  imported: ImportedClient,
  ...ClientFields.creation,
})
export type NewClient = z.output<typeof NewClient>

/** The input for an update of a client; absent members stay unchanged, lists are replaced. */
export const ClientPatch = z.strictObject({ id: idOf('client'), ...ClientFields.patch, ifVersion })
export type ClientPatch = z.output<typeof ClientPatch>

/** A client of a realm (RFC 6749 §2): a program that may request tokens. */
export type Client = NounOf<typeof ClientFields>

/** A client with everything else that decides about its tokens, so that issuing a token needs no other query. */
export interface RegisteredClient extends Client {
  /** `suspended` also while the partner of its application or the owner of its agent is suspended or deleted, and after the agent expired. */
  readonly status: Client['status']
  /** The level, partner and type of the application. */
  readonly ownership: Ownership
  /** Null if the client does not belong to an agent. */
  readonly agent: AgentTerms | null
}

const { clientId, id, version, createdAt, updatedAt, ...shownFields } = ClientFields.view

/** The schema of a client in admin responses. */
export const ClientView = z.object({
  clientId,
  application: z.object({ id: idOut('application'), name: z.string() }),
  ...shownFields,
  enabled: z.boolean(),
  ...{ id, version, createdAt, updatedAt },
})
export type ClientView = z.output<typeof ClientView>

/** A client with its new secret. */
export const ClientWithSecret = ClientView.extend({
  clientSecret: z.string().optional().describe('Shown only in this response.'),
  notices: z.array(z.string()).optional().describe('What a new client lacks before it works, in sentences.'),
})
export type ClientWithSecret = z.output<typeof ClientWithSecret>

/** Returns the view of a client, without internal fields. */
export function viewClient(client: Client, applicationName: string): ClientView {
  return {
    ...ClientFields.show(client),
    application: { id: client.applicationId, name: applicationName },
    enabled: client.status === 'active',
  }
}

/** Whether a client can be a native application (RFC 8252): one that says so, or that has no credentials. */
export function isNative({ authMethod, applicationType }: Pick<Client, 'authMethod' | 'applicationType'>): boolean {
  return authMethod === 'none' || applicationType === 'native'
}

/** The contradictions between the parts of a client: the path and a sentence for each. */
export function flawsOfClient(
  client: Pick<
    Client,
    | 'authMethod'
    | 'grantTypes'
    | 'redirectUris'
    | 'jwksUri'
    | 'jwks'
    | 'federatedCredentials'
    | 'identityAssertions'
    | 'pkceRequired'
    | 'profile'
    | 'subjectType'
    | 'sectorIdentifierUri'
    | 'dpopBoundAccessTokens'
    | TlsField
    | RequestField
    | FrontChannelField
    | BackchannelField
    | ResponseField
  >,
): { path: string; message: string }[] {
  const flaws: { path: string; message: string }[] = []
  const uses = (grant: (typeof GRANT_TYPES)[number]) => client.grantTypes.includes(grant)
  if (client.grantTypes.length === 0) flaws.push({ path: 'grantTypes', message: 'needs at least one grant' })
  if (uses('authorization_code') && client.redirectUris.length === 0) {
    flaws.push({ path: 'redirectUris', message: 'needed by the authorization_code grant' })
  }
  if (uses('client_credentials') && client.authMethod === 'none') {
    flaws.push({ path: 'grantTypes', message: 'client_credentials needs a client that authenticates' })
  }
  if (uses(JWT_BEARER_GRANT) && client.authMethod === 'none') {
    flaws.push({ path: 'grantTypes', message: `${JWT_BEARER_GRANT} needs a client that authenticates` })
  }
  if (uses('refresh_token') && !uses('authorization_code') && !uses(DEVICE_CODE_GRANT) && !uses(CIBA_GRANT)) {
    flaws.push({ path: 'grantTypes', message: 'refresh_token needs a grant that people take part in beside it' })
  }
  if (!client.pkceRequired && client.authMethod === 'none') {
    flaws.push({ path: 'pkceRequired', message: 'a client without authentication needs PKCE' })
  }
  if (client.profile?.startsWith('fapi-2.0') && !['private_key_jwt', ...TLS_METHODS].includes(client.authMethod)) {
    flaws.push({ path: 'profile', message: `${client.profile} needs private_key_jwt or a TLS certificate` })
  }
  if (client.subjectType === 'pairwise' && sectorOf(client) === undefined) {
    flaws.push({ path: 'sectorIdentifierUri', message: 'needed: the redirect URIs do not have one host' })
  }
  const isFederated = client.authMethod === 'federated_jwt'
  if (isFederated !== client.federatedCredentials.length > 0) {
    const message = isFederated ? 'federated_jwt needs at least one' : 'only for federated_jwt'
    flaws.push({ path: 'federatedCredentials', message })
  }
  return [
    ...flaws,
    ...flawsOfKeys(client),
    ...flawsOfIdentityAssertions(client),
    ...flawsOfTls(client),
    ...flawsOfRequests(client),
    ...flawsOfFrontChannel(client),
    ...flawsOfBackchannel(client),
    ...flawsOfProtection(client),
  ]
}

/** Whether a client has the keys that it needs, once, and no others. */
function flawsOfKeys(client: Parameters<typeof flawsOfClient>[0]): { path: string; message: string }[] {
  const { authMethod, jwks: own, jwksUri: at } = client
  const keys = [at, own].filter((source) => source !== null).length
  if (authMethod !== 'private_key_jwt' && authMethod !== 'self_signed_tls_client_auth') {
    if (keys > 1) return [{ path: 'jwksUri', message: 'use jwks_uri or jwks, not both' }]
    const isUnused = keys === 1 && !isEncryptedFor(client) && !mustSign(client) && !mustSignBackchannel(client)
    return isUnused
      ? [{ path: 'jwksUri', message: 'only for private_key_jwt, signed requests and encrypted responses' }]
      : []
  }
  if (keys !== 1) return [{ path: 'jwksUri', message: `${authMethod} needs either jwks_uri or jwks` }]
  if (authMethod === 'self_signed_tls_client_auth') {
    const hasCertificate = own?.keys.some(({ x5c }) => Array.isArray(x5c)) ?? true
    return hasCertificate ? [] : [{ path: 'jwks', message: `${authMethod} needs a key with x5c` }]
  }
  const isForEncryption = own?.keys.every(({ use }) => use === 'enc')
  return isForEncryption ? [{ path: 'jwks', message: 'private_key_jwt needs a key for signatures' }] : []
}
