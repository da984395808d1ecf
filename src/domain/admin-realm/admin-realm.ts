// The fixed properties of admin realms and their clients.
import { CLI_CLIENT } from '#kernel/product-words.ts'
import { ClientFields } from '../client/client.ts'
import { DEVICE_CODE_GRANT } from '../device-authorization/device-authorization.ts'
import { ADMIN_SCOPE } from '../resource/platform-api.ts'

// Each tenant has a hidden realm. Its administrators sign in there, and it signs the tokens for the admin API. No path of
// the API leads to it, so nobody can change or delete it.

/** The prefix of the identifiers of clients for programs. */
export const ADMIN_CLIENT_PREFIX = 'sa_mgmt_'

/** The application that the clients of an admin realm belong to. */
export const ADMIN_APPLICATION = 'Admin API'

/** The lifetime of a program's tokens, in seconds. */
export const MACHINE_TOKEN_LIFETIME = 3600

/** The lifetime of a person's tokens, in seconds. */
const HUMAN_TOKEN_LIFETIME = 900

/** The properties of the client for the command line, which every admin realm has. */
export const CLI_CLIENT_PARTS = {
  ...ClientFields.initial,
  clientId: CLI_CLIENT,
  label: 'Command line',
  authMethod: 'none',
  secretHash: null,
  sealedSecret: null,
  grantTypes: ['authorization_code', 'refresh_token', DEVICE_CODE_GRANT],
  scopes: ['openid', 'profile', 'email', 'offline_access', ADMIN_SCOPE],
  // RFC 8252 §7.3: any port is allowed.
  redirectUris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
  // Any program on the computer can act as this client, so the user must consent (RFC 8252 §8.6).
  firstParty: false,
  registeredBy: 'administrator',
  lastUsedAt: null,
  about: null,
  registrationTokenHash: null,
  unusedUntil: null,
  accessTokenLifetime: HUMAN_TOKEN_LIFETIME,
  status: 'active',
} as const
