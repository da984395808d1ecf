// Who holds an API key. Programs that ask with one ask many times a second, so that where every change of a key is this
// process's own, which it is over SQLite, a key is read once and forgotten with the change.
import type { Commit } from '#database/database.ts'
import { findApiKeyByDigest, touchApiKey } from '#domain/api-key/api-key.store.ts'
import type { ApiKey } from '#domain/api-key/api-key.ts'
import type { Actor } from '#domain/context.ts'
import type { House } from '#domain/open-context.ts'
import { remembering } from '#domain/registry.ts'
import { Failure } from '#kernel/error.ts'
import type { Doors } from '#surfaces/surface.ts'

const KEYS_KEPT = 1000
/** Events that may change what a key is, or whether it is one. */
const UNTRUE = /^(api_key|realm|tenant|partner)\./

type Holder = Omit<Actor, 'origin'>

interface KnownKey {
  readonly key: ApiKey
  readonly holder: Holder
  lastUsedAt: number | null
}

const CONFIGURED: Holder = {
  kind: 'api_key',
  id: 'configured',
  label: 'Configured admin key',
  reach: { kind: 'platform' },
  permissions: new Set(['*']),
}

/**
 * How API keys are looked up.
 * @param configured the admin key of the configuration, if one is set
 */
export function openApiKeyDoor(house: House, configured: string | undefined): Doors['apiKey'] {
  const { crypto, database, clock } = house
  const known = keyMemory(house)
  const own = configured === undefined ? undefined : crypto.digest(configured)
  return async (secret) => {
    const digest = crypto.digest(secret)
    if (own !== undefined && crypto.equal(digest, own)) return CONFIGURED
    const found = await known(digest)
    const now = clock.now()
    if (!found || found.key.revokedAt !== null || (found.key.expiresAt !== null && found.key.expiresAt <= now)) {
      throw new Failure('unauthenticated', 'The API key is unknown, expired or revoked.')
    }
    if (touchApiKey(database, { id: found.key.id, lastUsedAt: found.lastUsedAt }, now)) found.lastUsedAt = now
    return found.holder
  }
}

function keyMemory({ database, registry }: House): (digest: string) => Promise<KnownKey | undefined> {
  const read = async (digest: string) => {
    const key = await findApiKeyByDigest(database.read, digest)
    return key && { key, holder: holderOf(key), lastUsedAt: key.lastUsedAt }
  }
  if (database.read.remote) return read
  const memory = remembering<KnownKey>(KEYS_KEPT)
  registry.subscribe((commit) => makesUntrue(commit) && memory.forgetAll())
  return (digest) => memory.get(digest, () => read(digest))
}

function makesUntrue(commit: Commit): boolean {
  return 'missed' in commit || commit.events.some(({ type }) => UNTRUE.test(type))
}

function holderOf({ id, name, reach, permissions }: ApiKey): Holder {
  return { kind: 'api_key', id, label: name, reach, permissions: new Set(permissions) }
}
