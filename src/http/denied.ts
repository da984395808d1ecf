// Owns which refusals for want of a permission become events. Any key can cause them, and events are kept for ever.
import { LRUCache } from 'lru-cache'
import type { Context } from '#domain/context.ts'
import type { Services } from '#domain/open-context.ts'
import type { Permission } from '#kernel/permission.ts'
import type { Route } from '#surfaces/surface.ts'

/** For how long refusals are counted together, in milliseconds. */
const WINDOW = 3_600_000
/** How many events of one caller a window has, whatever the operations. */
const EVENTS_OF_CALLER = 200
/** How many counts a process keeps. */
const COUNTS_MAX = 10_000

const counts = new WeakMap<Services, LRUCache<string, { readonly since: number; count: number }>>()

/**
 * Notes a refusal in the event log. Of the refusals of a caller at an operation within an hour, the first, the tenth, the
 * hundredth and so on become events, with their number.
 * @param permission what the caller lacks
 */
export async function noteDenied(
  services: Services,
  { actor, limiter, write }: Context,
  { operation, reach = operation.reach }: Pick<Route, 'operation' | 'reach'>,
  permission: Permission,
): Promise<void> {
  const count = countOf(services, `${actor.id} ${operation.name} ${permission}`)
  if (!/^10*$/.test(String(count))) return
  if ((await limiter.take(`denied ${actor.id}`, EVENTS_OF_CALLER, WINDOW / 1000)) > 0) return
  await write((unit) => {
    unit.emit('access.denied', {
      subject: { type: 'operation', id: operation.name },
      result: 'failure',
      data: { permission, reach, count },
    })
  })
}

/** How many refusals there were within the hour, with this one. */
function countOf(services: Services, key: string): number {
  let kept = counts.get(services)
  if (kept === undefined) {
    kept = new LRUCache({ max: COUNTS_MAX })
    counts.set(services, kept)
  }
  const now = services.clock.now()
  const entry = kept.get(key)
  if (entry && now - entry.since < WINDOW) {
    entry.count += 1
    return entry.count
  }
  kept.set(key, { since: now, count: 1 })
  return 1
}
