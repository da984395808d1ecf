// Owns how the holder of an API key is found. Over SQLite every change of a key is made by this process, so keys are
// cached and dropped when an event changes them; over PostgreSQL they are read each time.

import type { Commit } from '#database/database.ts'
import type { Actor } from '#domain/actor.ts'
import { findApiKeyByDigest, touchApiKey } from '#domain/api-key/api-key.store.ts'
import type { ApiKey } from '#domain/api-key/api-key.ts'
import type { Services } from '#domain/open-context.ts'
import { cacheOf } from '#domain/registry.ts'
import { Failure } from '#kernel/error.ts'
import { EVERYTHING } from '#kernel/permission.ts'
import type { Authenticators } from '#surfaces/surface.ts'

const CACHED_KEYS_MAX = 1000
/** Events that may change a key or its status. */
const CHANGES_KEYS = /^(api_key|realm|tenant|partner)\./

type Holder = Omit<Actor, 'origin'>

interface CachedKey {
  readonly key: ApiKey
  readonly holder: Holder
  lastUsedAt: number | null
}

const CONFIGURED: Holder = {
  kind: 'api_key',
  id: 'configured',
  label: 'Configured admin key',
  reach: { kind: 'platform' },
  permissions: EVERYTHING,
}

/**
 * The admin key of the configuration, unless it is a key of the database: what is recorded of that one holds, so that a
 * revoked key does not live on as the configured one.
 * @param warn called where the configured key is refused
 */
export async function configuredKey(
  { crypto, database, clock }: Pick<Services, 'crypto' | 'database' | 'clock'>,
  configured: string | undefined,
  warn: (message: string) => void,
): Promise<string | undefined> {
  if (configured === undefined) return undefined
  const stored = await findApiKeyByDigest(database.read, crypto.digest(configured))
  if (!stored) return configured
  if (!isValid(stored, clock.now())) {
    warn(
      'The configured admin key is an API key that was revoked or has expired. It is refused. Configure a new one, or none.',
    )
  }
  return undefined
}

function isValid({ revokedAt, expiresAt }: ApiKey, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now)
}

/**
 * How API keys are looked up.
 * @param configured the admin key of the configuration, if one is set that the database does not have
 */
export function openApiKeyAuthenticator(services: Services, configured: string | undefined): Authenticators['apiKey'] {
  const { crypto, database, clock } = services
  const findKey = keyCache(services)
  const own = configured === undefined ? undefined : crypto.digest(configured)
  return async (secret) => {
    const digest = crypto.digest(secret)
    if (own !== undefined && crypto.equal(digest, own)) return CONFIGURED
    const stored = await findKey(digest)
    const now = clock.now()
    if (!stored || !isValid(stored.key, now)) {
      throw new Failure('unauthenticated', 'The API key is unknown, expired or revoked.')
    }
    if (touchApiKey(database, { id: stored.key.id, lastUsedAt: stored.lastUsedAt }, now)) stored.lastUsedAt = now
    return stored.holder
  }
}

function keyCache({ database, registry }: Services): (digest: string) => Promise<CachedKey | undefined> {
  const read = async (digest: string) => {
    const key = await findApiKeyByDigest(database.read, digest)
    return key && { key, holder: holderOf(key), lastUsedAt: key.lastUsedAt }
  }
  if (database.read.remote) return read
  const cache = cacheOf<CachedKey>(CACHED_KEYS_MAX)
  registry.subscribe((commit) => changesKeys(commit) && cache.forgetAll())
  return (digest) => cache.get(digest, () => read(digest))
}

function changesKeys(commit: Commit): boolean {
  return 'missed' in commit || commit.events.some(({ type }) => CHANGES_KEYS.test(type))
}

function holderOf({ id, name, reach, permissions }: ApiKey): Holder {
  return { kind: 'api_key', id, label: name, reach, permissions: new Set(permissions) }
}
