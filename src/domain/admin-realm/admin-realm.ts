import { DEVICE_CODE_GRANT } from '../device-authorization/device-authorization.ts'
import { ADMIN_SCOPE } from '../resource/platform-api.ts'

// The hidden realm of each tenant: its administrators sign in there, and it signs the tokens that open the admin API
// for the tenant (SemAuth, “How access works”). No path of the API leads to it, so nobody changes or deletes what it
// is made of.

/** The public client that every admin realm has, for people at a terminal (SemAuth, “The CLI client”). */
export const CLI_CLIENT = 'semauth-cli'

/** What the identifiers of clients for programs start with (SemAuth, “Creating a machine-to-machine client”). */
export const ADMIN_CLIENT_PREFIX = 'sa_mgmt_'

/** The application that the clients of an admin realm belong to. */
export const ADMIN_APPLICATION = 'Admin API'

/** How long the tokens of a program are valid, in seconds. */
export const MACHINE_TOKEN_LIFETIME = 3600

/** How long those of a person are. */
const HUMAN_TOKEN_LIFETIME = 900

/** What every admin realm’s client for the terminal is like. */
export const CLI_CLIENT_PARTS = {
  clientId: CLI_CLIENT,
  label: 'Command line',
  authMethod: 'none',
  secretHash: null,
  jwksUri: null,
  jwks: null,
  grantTypes: ['authorization_code', 'refresh_token', DEVICE_CODE_GRANT],
  scopes: ['openid', 'profile', 'email', 'offline_access', ADMIN_SCOPE],
  // RFC 8252 §7.3: whatever the port.
  redirectUris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
  postLogoutRedirectUris: [],
  // Any program on the machine can be this client, so the person is asked (RFC 8252 §8.6).
  firstParty: false,
  accessTokenLifetime: HUMAN_TOKEN_LIFETIME,
  refreshTokenLifetime: null,
  allowedOrigins: [],
  tokenExchangeAllowed: false,
  status: 'active',
} as const
