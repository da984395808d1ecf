// Reads from the headers of a response for how long it may be kept (RFC 9111 §4.2).
import type { IncomingHttpHeaders } from 'node:http'

/** No larger than what caches of 32 bits understand (RFC 9111 §1.2.2). Seconds. */
const SECONDS_MAX = 2 ** 31

/**
 * For how long a cache that several clients share may keep a response: the first of `s-maxage`, `max-age` and `Expires`,
 * without the time that other caches have kept it.
 * @returns milliseconds; 0 for a response that must not be kept; undefined where the headers do not say
 */
export function lifetimeOf(headers: IncomingHttpHeaders): number | undefined {
  const directives = directivesOf(headers['cache-control'] ?? '')
  if (['no-store', 'no-cache', 'private'].some((name) => directives.has(name))) return 0
  const seconds = secondsOf(directives.get('s-maxage')) ?? secondsOf(directives.get('max-age'))
  const total = seconds ?? untilExpiry(headers)
  if (total === undefined) return undefined
  return Math.max(0, total - (secondsOf(headers.age) ?? 0)) * 1000
}

function directivesOf(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(',').map((part): [string, string] => {
    const [name = '', value = ''] = part.split('=')
    return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')]
  })
  return new Map(pairs.reverse()) // Of a directive that is given twice, the first counts.
}

function untilExpiry({ expires, date }: IncomingHttpHeaders): number | undefined {
  if (expires === undefined || date === undefined) return undefined
  const seconds = (Date.parse(expires) - Date.parse(date)) / 1000
  // RFC 9111 §5.3: an invalid date is one in the past.
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds), SECONDS_MAX) : 0
}

function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Math.min(Number(text), SECONDS_MAX) : undefined
}
