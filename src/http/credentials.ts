import { findApiKeyByDigest, touchApiKey } from '#domain/api-key/api-key.store.ts'
import type { Actor } from '#domain/context.ts'
import type { House } from '#domain/open-context.ts'
import { Failure } from '#kernel/error.ts'
import type { Doors } from '#surfaces/surface.ts'
import { adminSessionHolder } from './admin-session.ts'
import { adminTokenHolder } from './admin-token.ts'
import { platformTokenHolder } from './platform-token.ts'

/**
 * How credentials are looked up.
 * @param configured the admin key of the configuration, if one is set
 */
export function openDoors(house: House, configured: string | undefined): Doors {
  const { crypto, database, clock } = house
  return {
    adminSession: (request) => adminSessionHolder(house, request),
    adminToken: (jwt) => adminTokenHolder(house, jwt),
    platformToken: (jwt) => platformTokenHolder(house, jwt),
    async apiKey(secret) {
      const digest = crypto.digest(secret)
      if (configured !== undefined && crypto.equal(digest, crypto.digest(configured))) return CONFIGURED
      const found = await findApiKeyByDigest(database.read, digest)
      const now = clock.now()
      if (!found || found.revokedAt !== null || (found.expiresAt !== null && found.expiresAt <= now)) {
        throw new Failure('unauthenticated', 'The API key is unknown, expired or revoked.')
      }
      touchApiKey(database, found, now)
      return {
        kind: 'api_key',
        id: found.id,
        label: found.name,
        reach: found.reach,
        permissions: new Set(found.permissions),
      }
    },
  }
}

const CONFIGURED: Omit<Actor, 'origin'> = {
  kind: 'api_key',
  id: 'configured',
  label: 'Configured admin key',
  reach: { kind: 'platform' },
  permissions: new Set(['*']),
}
