// Owns rate limits in the memory of this process.
import { LRUCache } from 'lru-cache'
import type { Clock, Limiter } from '#domain/outside.ts'

const MOST_KEYS = 20_000
const MOST_TAKES = 1_000_000
const MOST_HELD = 100_000
/** How long a caller waits who is refused because there is no room. Seconds. */
const FULL_WAIT = 60

/** The size of a limiter. The least recently used keys are removed first, but not keys that are held. */
export interface LimiterOptions {
  readonly mostKeys?: number
  /** Over all keys that are not held. */
  readonly mostTakes?: number
  /** How many keys of each kind are held at most. */
  readonly mostHeld?: number
}

/** The takes of a key of which at least half of a budget is used. */
interface Held {
  readonly times: number[]
  /** When all of them have left the window. */
  readonly until: number
}

interface HeldKeys {
  readonly keys: Map<string, Held>
  /** When keys whose windows are over were last removed. */
  sweptAt: number
}

/**
 * Rate limits with sliding windows in memory. It stores the time of each take, so that no window of the given length has
 * more takes than the limit. A refused take is not counted. A key of which half of the budget is used is held until its
 * window is over: takes of many other keys do not remove it, so nobody can make the limiter forget a limit. The first word
 * of a key is its kind. When as many keys of a kind are held as fit, a take that would hold another one is refused.
 */
export function createLimiter(clock: Clock, options: LimiterOptions = {}): Limiter {
  const { mostKeys = MOST_KEYS, mostTakes = MOST_TAKES, mostHeld = MOST_HELD } = options
  const takes = new LRUCache<string, number[]>({
    max: mostKeys,
    maxSize: mostTakes,
    sizeCalculation: (times) => Math.max(1, times.length),
  })
  const kinds = new Map<string, HeldKeys>()
  const heldOf = (key: string): HeldKeys => {
    const kind = key.split(' ', 1)[0] ?? ''
    const known = kinds.get(kind) ?? { keys: new Map(), sweptAt: 0 }
    kinds.set(kind, known)
    return known
  }
  // Keys whose windows are over are removed when there is no room, at most once a second.
  const hasRoom = (held: HeldKeys, now: number) => {
    if (held.keys.size >= mostHeld && now - held.sweptAt >= 1000) {
      held.sweptAt = now
      for (const [key, { until }] of held.keys) if (until <= now) held.keys.delete(key)
    }
    return held.keys.size < mostHeld
  }
  const put = (key: string, times: number[], until: number, isHeld: boolean) => {
    const held = heldOf(key).keys
    held.delete(key)
    takes.delete(key)
    if (times.length === 0) return
    if (isHeld) held.set(key, { times, until })
    else takes.set(key, times)
  }
  const timesOf = (key: string) => heldOf(key).keys.get(key)?.times ?? takes.get(key) ?? []
  /** The takes in a window, and the seconds until another one fits. */
  const stateOf = (key: string, of: { limit: number; windowSeconds: number; now: number }) => {
    const since = of.now - of.windowSeconds * 1000
    const times = timesOf(key).filter((time) => time > since)
    if (times.length < of.limit) return { times, wait: 0 }
    const leaves = times.at(-of.limit) ?? of.now
    return { times, wait: Math.max(1, Math.ceil((leaves - since) / 1000)) }
  }
  return {
    take: async (key, limit, windowSeconds) => {
      const now = clock.now()
      const { times, wait } = stateOf(key, { limit, windowSeconds, now })
      if (wait > 0) return wait
      const all = [...times, now]
      const isHeld = all.length * 2 >= limit
      const held = heldOf(key)
      if (isHeld && !held.keys.has(key) && !hasRoom(held, now)) return Math.min(FULL_WAIT, windowSeconds)
      put(key, all, now + windowSeconds * 1000, isHeld)
      return 0
    },
    peek: async (key, limit, windowSeconds) => stateOf(key, { limit, windowSeconds, now: clock.now() }).wait,
    giveBack: async (key) => {
      const known = heldOf(key).keys.get(key)
      put(key, timesOf(key).slice(0, -1), known?.until ?? 0, known !== undefined)
    },
    reset: async (key) => {
      put(key, [], 0, false)
    },
  }
}
