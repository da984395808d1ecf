// Keeps documents and images of other hosts, and failures to get them, for a while by their address.
import { LRUCache } from 'lru-cache'
import type { Clock, FetchOptions } from '#domain/outside.ts'
import { Failure } from '#kernel/error.ts'

/** A document with the bytes that it was sent in, and for how long its HTTP headers let it be kept. */
export interface Fetched {
  readonly document: unknown
  readonly bytes: number
  /** Milliseconds; undefined where the headers do not say. */
  readonly lifetime: number | undefined
}

/** When an address was last not fetched, and why. */
interface Failed {
  readonly at: number
  readonly failure: Failure
}

/** What is known of an address: a document, the failure of the last request, or a document and the failure since. */
interface Kept {
  readonly found?: Fetched & { readonly at: number }
  readonly failed?: Failed
}

const ENTRIES = 2000
const BYTES = 16 * 2 ** 20
/** How long a failure is kept, in milliseconds. */
const FAILURE_KEPT = 15_000
const FAILURE_BYTES = 200

/**
 * Keeps what was fetched. A failure removes no document: whoever wants a newer one gets the failure, and the others the
 * document, so that nobody who asks for what is not there takes from others what was. An address that a client or a provider changes is another entry, so nothing of the old one is
 * used any more. Callers of one tenant that ask for an address at once share one request.
 * @param fetch gets a document; Failure `unreachable_host` is kept too, and so is what `check` throws; all other failures
 * are passed on
 */
export function createDocuments(
  fetch: (address: string, options: FetchOptions) => Promise<Fetched>,
  clock: Pick<Clock, 'now'>,
): (address: string, options: FetchOptions) => Promise<unknown> {
  const kept = new LRUCache<string, Kept>({ max: ENTRIES, maxSize: BYTES })
  const underWay = new Map<string, Promise<unknown>>()

  const fetchNow = async (key: string, address: string, options: FetchOptions) => {
    await options.admit?.()
    let checked = false
    try {
      const { document, bytes, lifetime } = await fetch(address, options)
      checked = true
      options.check?.(document)
      const entry = { at: clock.now(), document, bytes, lifetime }
      kept.set(key, { found: entry }, { size: Math.max(1, bytes) })
      return document
    } catch (error) {
      if (error instanceof Failure && (checked || error.code === 'unreachable_host')) {
        const found = kept.peek(key)?.found
        const failed = { at: clock.now(), failure: error }
        kept.set(key, { ...(found && { found }), failed }, { size: FAILURE_BYTES + (found?.bytes ?? 0) })
      }
      throw error
    }
  }
  return async (address, options) => {
    const { tenantId, mostBytes = '' } = options
    const key = `${mostBytes} ${address}`
    const { found, failed } = kept.get(key) ?? {}
    const now = clock.now()
    if (found && now - found.at < maxAgeOf(found, options)) return found.document
    if (failed && now - failed.at < failureAgeOf(options)) throw failed.failure
    const caller = `${tenantId} ${key}`
    const shared = underWay.get(caller)
    if (shared !== undefined) return shared
    const own = fetchNow(key, address, options).finally(() => underWay.delete(caller))
    underWay.set(caller, own)
    return own
  }
}

function maxAgeOf({ lifetime = 0 }: Fetched, { maxAge }: FetchOptions): number {
  if (typeof maxAge === 'number') return maxAge
  return Math.min(Math.max(lifetime, maxAge.atLeast), maxAge.atMost)
}

function failureAgeOf({ maxAge }: FetchOptions): number {
  return typeof maxAge === 'number' ? Math.min(maxAge, FAILURE_KEPT) : FAILURE_KEPT
}
