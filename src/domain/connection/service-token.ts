// The tokens of service accounts: signed for, and kept in memory while they are good.
import { LRUCache } from 'lru-cache'
import type { BrokerProvider } from '../broker-provider/broker-provider.ts'
import type { Context } from '../context.ts'
import { serviceAccountTokens, type UpstreamTokens } from './upstream-requests.ts'

const AHEAD = 30_000
const KEPT = 1000

const kept = new LRUCache<string, Promise<UpstreamTokens>>({ max: KEPT })

/** A token of a service account for some scopes. Those who ask at once share one request. @throws Failure as `serviceAccountTokens` */
export async function serviceToken(
  context: Context,
  provider: BrokerProvider,
  scopes: readonly string[],
): Promise<UpstreamTokens> {
  const key = `${provider.id} ${provider.version} ${[...scopes].sort().join(' ')}`
  const known = kept.get(key)
  if (known) {
    const tokens = await known.catch(() => undefined)
    if (tokens?.expiresAt && tokens.expiresAt > context.clock.now() + AHEAD) return tokens
    if (kept.get(key) === known) kept.delete(key)
    else return serviceToken(context, provider, scopes)
  }
  const asked = serviceAccountTokens(context, provider, scopes)
  kept.set(key, asked)
  return asked
}
