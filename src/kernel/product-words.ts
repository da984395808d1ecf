// The words of other products that this server has to use outside the surfaces of their APIs: fixed identifiers that their
// clients send, and environment variables that their installations set.

/** The public client that every admin realm has, for people at a terminal (SemAuth, “The CLI client”). */
export const CLI_CLIENT = 'semauth-cli'

/** The slug of the admin API in every tenant’s catalogue (SemAuth, “The APIs catalog”). */
export const PLATFORM_API = 'semauth-admin-api'

/** Further environment variables of settings, by the setting (AuthPlane, “Configuration”). */
export const ENVIRONMENT_ALIASES = {
  admin_api_key: ['AUTHPLANE_ADMIN_API_KEY'],
  allowed_origins: ['AUTHPLANE_SERVER_ALLOWED_ORIGINS'],
  connect_return_urls: ['AUTHPLANE_CONNECT_ALLOWED_RETURN_URLS'],
} as const

/** How the environment variables begin that a provider may name for its secret (AuthPlane, “Upstream connections”). */
export const SECRET_VARIABLE_PREFIXES = ['CONNECTOR_', 'AUTHPLANE_VAULT_'] as const
/** The names of these variables. */
export const SECRET_VARIABLE: RegExp = new RegExp(`^(${SECRET_VARIABLE_PREFIXES.join('|')})[A-Z0-9_]{1,100}$`)
