import type { House } from '#domain/open-context.ts'
import type { Doors } from '#surfaces/surface.ts'
import { adminSessionHolder } from './admin-session.ts'
import { adminTokenHolder } from './admin-token.ts'
import { openApiKeyDoor } from './api-key-door.ts'
import { platformTokenHolder } from './platform-token.ts'

/**
 * How credentials are looked up.
 * @param configured the admin key of the configuration, if one is set
 */
export function openDoors(house: House, configured: string | undefined): Doors {
  return {
    adminSession: (request) => adminSessionHolder(house, request),
    adminToken: (jwt) => adminTokenHolder(house, jwt),
    platformToken: (jwt) => platformTokenHolder(house, jwt),
    apiKey: openApiKeyDoor(house, configured),
  }
}
