// Owns how many event streams and long reads may be open at once.
import type { Services } from '#domain/open-context.ts'
import { Failure } from '#kernel/error.ts'

/** What a caller may have open at once: streams that follow the event log, and reads that may take seconds. */
export const CALLER_BUDGETS = { streams: 20, longReads: 2 } as const
/** How many long reads all callers together may have open at once. */
export const LONG_READS_MAX = 8

const RETRY_AFTER_SECONDS = 5

const MESSAGES = {
  streams: `A caller can have ${CALLER_BUDGETS.streams} event streams at once. Close one first.`,
  longReads: `A caller can have ${CALLER_BUDGETS.longReads} reads of this kind at once. Wait until one ends.`,
} as const

const TOO_MANY_LONG_READS = `The server runs ${LONG_READS_MAX} reads of this kind at once. Wait until one ends.`

const open = new WeakMap<Services, Map<string, number>>()

/**
 * Takes a place in a caller's budget.
 * @param callerId the id of the key, client or administrator
 * @returns gives the place back; more than one call has no further effect
 * @throws Failure `too_many_requests`
 */
export function takePlace(services: Services, kind: keyof typeof CALLER_BUDGETS, callerId: string): () => void {
  const counts = open.get(services) ?? new Map<string, number>()
  open.set(services, counts)
  const key = `${kind} ${callerId}`
  refuseAbove(CALLER_BUDGETS[kind], counts.get(key), MESSAGES[kind])
  if (kind === 'longReads') refuseAbove(LONG_READS_MAX, counts.get(kind), TOO_MANY_LONG_READS)
  const add = (number: number) => {
    for (const counted of [key, kind]) {
      const count = (counts.get(counted) ?? 0) + number
      if (count > 0) counts.set(counted, count)
      else counts.delete(counted)
    }
  }
  add(1)
  let isTaken = true
  return () => {
    if (isTaken) add(-1)
    isTaken = false
  }
}

function refuseAbove(limit: number, count: number | undefined, message: string): void {
  if (count === undefined || count < limit) return
  throw new Failure('too_many_requests', { message, retryAfter: RETRY_AFTER_SECONDS })
}
