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
} as const
