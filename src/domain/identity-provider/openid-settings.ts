// The settings of identity providers that speak OpenID Connect or OAuth 2.0.
import * as z from 'zod'
import { list, scopeToken } from '../client/client.ts'
import { PRESET_NAMES } from './preset-names.ts'

/** What stands in the issuer of Microsoft for the organization that a token names. */
export const TENANT_PLACE = '{tenantid}'

/** How the server authenticates at a token endpoint (OpenID Connect Core §9). */
export const TOKEN_AUTH_METHODS = ['client_secret_basic', 'client_secret_post'] as const

/**
 * A URL that the server or a browser contacts in OpenID Connect; when it is saved, the server checks whether it may
 * contact it.
 */
const endpoint = z
  .string()
  .min(1)
  .max(2048)
  .refine((text) => !text.includes('#'), 'may not have a fragment')
/** A URL that only browsers contact; it may be a private address, because users may be in that network. */
export const page = z
  .url({ protocol: /^https$/ })
  .max(2048)
  .refine(isPlain, 'may not have a fragment, user name or backslash')

function isPlain(text: string): boolean {
  if (/[\\#\s\p{Cc}]/u.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

const claim = z.string().regex(/^[\x21-\x7e]{1,200}$/, '1 to 200 printable ASCII characters without spaces')

const appleId = z.string().regex(/^[A-Za-z0-9]{1,50}$/, '1 to 50 letters and digits')

export const clientSecret = z.string().min(1).max(2048).meta({ format: 'password', writeOnly: true })

/** Which paths of this server a provider knows. */
export const PROVIDER_PATHS = ['federation', 'sso'] as const
export type ProviderPaths = (typeof PROVIDER_PATHS)[number]

/** The settings of both protocols, by name. */
export const openid = {
  preset: z
    .enum(PRESET_NAMES)
    .nullable()
    .describe('Fills in what is left out for a well-known provider. It cannot be changed.'),
  issuer: endpoint
    .refine((text) => !text.includes('?'), 'may not have a query')
    .describe('OIDC, required: its issuer identifier, an https URL.'),
  clientId: z
    .string()
    .regex(/^[\x20-\x7e]{1,500}$/, '1 to 500 printable ASCII characters')
    .describe('OIDC and OAuth 2.0, required: the client id of this server at the provider.'),
  authorizationEndpoint: endpoint.describe(
    'OIDC and OAuth 2.0, required: the https URL of the authorization endpoint.',
  ),
  tokenEndpoint: endpoint.describe('OIDC and OAuth 2.0, required: the https URL of the token endpoint.'),
  jwksUri: endpoint.describe('OIDC, required: the https URL of its public keys.'),
  userinfoEndpoint: endpoint.nullable().describe('The https URL of the userinfo endpoint; required for OAuth 2.0.'),
  scopes: list(scopeToken).describe('The requested scopes. Default for OIDC: openid, email and profile.'),
  emailVerifiedClaim: claim.describe(
    'The claim for a verified e-mail address; only the JSON value true counts. Default: email_verified.',
  ),
  discoveryUrl: page
    .nullable()
    .describe('OIDC: the URL of its metadata, for information; the server does not fetch it.'),
  tokenEndpointAuthMethod: z
    .enum(TOKEN_AUTH_METHODS)
    .describe('How this server authenticates at the token endpoint. Default: client_secret_basic.'),
  issParameter: z
    .boolean()
    .describe(
      'OIDC: whether authorization responses have to have `iss` (RFC 9207). One that is there is always compared.',
    ),
  trustEmail: z
    .boolean()
    .describe(
      'Whether an account is linked by itself to the user with the same address, for any address that both sides have verified. Else only for the domains of the provider. SAML does not say whether an address is verified: with this, every address of the provider counts as verified.',
    ),
  button: z
    .boolean()
    .describe('Whether the sign-in page has a button for it. Without one, only addresses of its domains lead there.'),
  paths: z
    .enum(PROVIDER_PATHS)
    .describe(
      'Which paths of this server the provider knows: those below `/federation`, or those below `/api/v1/sso`, as other servers have them. Default: federation.',
    ),
  teamId: appleId.nullable().describe('Apple, required: the id of the team.'),
  keyId: appleId.nullable().describe('Apple, required: the id of the private key that is given as the client secret.'),
  subjectClaim: claim.describe('OAuth 2.0: the member of the userinfo that identifies the person. Default: sub.'),
  emailsEndpoint: endpoint
    .nullable()
    .describe(
      'OAuth 2.0: the https URL of a list of addresses with `email`, `primary` and `verified`, as GitHub has it.',
    ),
} as const

const MORE = {
  preset: openid.preset.default(null),
  tokenEndpointAuthMethod: openid.tokenEndpointAuthMethod.default('client_secret_basic'),
  trustEmail: openid.trustEmail.default(false),
  button: openid.button.default(true),
  paths: openid.paths.default('federation'),
}

/** The settings of an OpenID Connect provider that documents of other products know too, without the secret. */
const documented = {
  issuer: openid.issuer,
  clientId: openid.clientId,
  authorizationEndpoint: openid.authorizationEndpoint,
  tokenEndpoint: openid.tokenEndpoint,
  jwksUri: openid.jwksUri,
  userinfoEndpoint: openid.userinfoEndpoint.default(null),
  scopes: openid.scopes
    .refine((scopes) => scopes.includes('openid'), 'needs openid among them')
    .default(['openid', 'email', 'profile']),
  emailVerifiedClaim: openid.emailVerifiedClaim.default('email_verified'),
  discoveryUrl: openid.discoveryUrl.default(null),
}

/** The settings of {@link OidcSettings} that surfaces of other products have. */
export const DocumentedOidcSettings = z.strictObject(documented)

/** The settings of an OpenID Connect provider, without its secret. */
export const OidcSettings = z.strictObject({
  ...documented,
  ...MORE,
  issParameter: openid.issParameter.default(false),
  teamId: openid.teamId.default(null),
  keyId: openid.keyId.default(null),
})
export type OidcSettings = z.output<typeof OidcSettings>

/** The settings of a provider that speaks only OAuth 2.0: people are known by what its userinfo says. */
export const OAuthSettings = z.strictObject({
  clientId: openid.clientId,
  authorizationEndpoint: openid.authorizationEndpoint,
  tokenEndpoint: openid.tokenEndpoint,
  userinfoEndpoint: openid.userinfoEndpoint.unwrap(),
  scopes: openid.scopes.default([]),
  emailVerifiedClaim: openid.emailVerifiedClaim.default('email_verified'),
  subjectClaim: openid.subjectClaim.default('sub'),
  emailsEndpoint: openid.emailsEndpoint.default(null),
  ...MORE,
})
export type OAuthSettings = z.output<typeof OAuthSettings>
