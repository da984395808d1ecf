// The table of presets for well-known identity providers: their endpoints, and where they leave the standards.

import type { OAuthSettings, OidcSettings } from './openid-settings.ts'
import type { PresetName } from './preset-names.ts'

type Settings = Partial<Omit<OidcSettings & OAuthSettings, 'preset' | 'clientId' | 'trustEmail'>>

/** One well-known provider. */
export interface Preset {
  readonly type: 'oidc' | 'oauth2'
  /** What a new provider has where its administrator does not say. */
  readonly settings: Settings
  /** The claims of user attributes whose names are not those of OpenID Connect. */
  readonly claims?: Readonly<Record<string, string>>
  /** Whether it takes a code verifier (RFC 7636) from a client with a secret. Default: yes. */
  readonly pkce?: false
  /** Whether it says when the person signed in there (`auth_time`). Default: yes, with OpenID Connect. */
  readonly authTime?: false
  /** Whether it posts its answers as a form (OAuth 2.0 Form Post Response Mode). Default: in the query. */
  readonly responseMode?: 'form_post'
  /** Whether its client secret is a JWT that is signed for each request, and it has a team and a key. */
  readonly signedSecret?: true
}

const MICROSOFT = 'https://login.microsoftonline.com/organizations'

/** Every preset. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  google: {
    type: 'oidc',
    settings: {
      issuer: 'https://accounts.google.com',
      authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
      tokenEndpoint: 'https://oauth2.googleapis.com/token',
      jwksUri: 'https://www.googleapis.com/oauth2/v3/certs',
      userinfoEndpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
    },
    authTime: false,
  },
  // It posts its answers where more than the subject is asked for, and tells the name only once, beside the ID token.
  apple: {
    type: 'oidc',
    settings: {
      issuer: 'https://appleid.apple.com',
      authorizationEndpoint: 'https://appleid.apple.com/auth/authorize',
      tokenEndpoint: 'https://appleid.apple.com/auth/token',
      jwksUri: 'https://appleid.apple.com/auth/keys',
      scopes: ['openid', 'email', 'name'],
      tokenEndpointAuthMethod: 'client_secret_post',
    },
    pkce: false,
    authTime: false,
    responseMode: 'form_post',
    signedSecret: true,
  },
  // Accounts of all organizations; the issuer of a token names the organization. With the issuer of one organization, only
  // its accounts. `xms_edov` is an optional claim: it is configured at Microsoft.
  microsoft: {
    type: 'oidc',
    settings: {
      issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
      authorizationEndpoint: `${MICROSOFT}/oauth2/v2.0/authorize`,
      tokenEndpoint: `${MICROSOFT}/oauth2/v2.0/token`,
      jwksUri: `${MICROSOFT}/discovery/v2.0/keys`,
      userinfoEndpoint: 'https://graph.microsoft.com/oidc/userinfo',
      emailVerifiedClaim: 'xms_edov',
      tokenEndpointAuthMethod: 'client_secret_post',
    },
  },
  // The public profile has at most one address, verified or not; the list of addresses says which is.
  github: {
    type: 'oauth2',
    settings: {
      authorizationEndpoint: 'https://github.com/login/oauth/authorize',
      tokenEndpoint: 'https://github.com/login/oauth/access_token',
      userinfoEndpoint: 'https://api.github.com/user',
      emailsEndpoint: 'https://api.github.com/user/emails',
      scopes: ['read:user', 'user:email'],
      subjectClaim: 'id',
      tokenEndpointAuthMethod: 'client_secret_post',
    },
  },
  gitlab: {
    type: 'oidc',
    settings: {
      issuer: 'https://gitlab.com',
      authorizationEndpoint: 'https://gitlab.com/oauth/authorize',
      tokenEndpoint: 'https://gitlab.com/oauth/token',
      jwksUri: 'https://gitlab.com/oauth/discovery/keys',
      userinfoEndpoint: 'https://gitlab.com/oauth/userinfo',
    },
  },
  discord: {
    type: 'oauth2',
    settings: {
      authorizationEndpoint: 'https://discord.com/oauth2/authorize',
      tokenEndpoint: 'https://discord.com/api/oauth2/token',
      userinfoEndpoint: 'https://discord.com/api/users/@me',
      scopes: ['identify', 'email'],
      subjectClaim: 'id',
      emailVerifiedClaim: 'verified',
    },
    claims: { name: 'global_name' },
  },
  slack: {
    type: 'oidc',
    settings: {
      issuer: 'https://slack.com',
      authorizationEndpoint: 'https://slack.com/openid/connect/authorize',
      tokenEndpoint: 'https://slack.com/api/openid.connect.token',
      jwksUri: 'https://slack.com/openid/connect/keys',
      userinfoEndpoint: 'https://slack.com/api/openid.connect.userInfo',
      tokenEndpointAuthMethod: 'client_secret_post',
    },
    authTime: false,
  },
  // Its ID tokens have no `nonce`, and it refuses a code verifier next to a client secret, so that it is used as OAuth 2.0.
  linkedin: {
    type: 'oauth2',
    settings: {
      authorizationEndpoint: 'https://www.linkedin.com/oauth/v2/authorization',
      tokenEndpoint: 'https://www.linkedin.com/oauth/v2/accessToken',
      userinfoEndpoint: 'https://api.linkedin.com/v2/userinfo',
      scopes: ['openid', 'profile', 'email'],
      tokenEndpointAuthMethod: 'client_secret_post',
    },
    pkce: false,
  },
}
