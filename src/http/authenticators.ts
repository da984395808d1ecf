// Owns how the credentials of the admin surfaces are looked up.
import type { Services } from '#domain/open-context.ts'
import type { Authenticators } from '#surfaces/surface.ts'
import { adminSessionHolder } from './admin-session.ts'
import { adminTokenHolder } from './admin-token.ts'
import { openApiKeyAuthenticator } from './api-key-authenticator.ts'
import { consoleHolder, hasConsoleCookie } from './console/console-session.ts'
import { platformTokenHolder } from './platform-token.ts'

/**
 * How credentials are looked up.
 * @param configured the admin key of the configuration, if one is set that the database does not have
 */
export function openAuthenticators(services: Services, configured: string | undefined): Authenticators {
  return {
    adminSession: (request) => adminSessionHolder(services, request),
    consoleSession: (request) =>
      hasConsoleCookie(services, request.headers) ? consoleHolder(services, request) : undefined,
    adminToken: (jwt) => adminTokenHolder(services, jwt),
    platformToken: (jwt) => platformTokenHolder(services, jwt),
    apiKey: openApiKeyAuthenticator(services, configured),
  }
}
