import { LRUCache } from 'lru-cache'
import type { Clock, Limiter } from '#domain/outside.ts'

const MOST_KEYS = 20_000
const MOST_TAKES = 1_000_000

/** How much a limiter remembers; what was used longest ago is forgotten first. */
export interface LimiterOptions {
  readonly mostKeys?: number
  /** Over all keys. */
  readonly mostTakes?: number
}

/**
 * Budgets in the memory of this process, each a sliding window: it keeps the time of every take, so that no window of
 * that length, wherever it starts, holds more than the limit. A take that is refused takes nothing.
 */
export function createLimiter(clock: Clock, options: LimiterOptions = {}): Limiter {
  const { mostKeys = MOST_KEYS, mostTakes = MOST_TAKES } = options
  const takes = new LRUCache<string, number[]>({
    max: mostKeys,
    maxSize: mostTakes,
    sizeCalculation: (times) => Math.max(1, times.length),
  })
  return {
    take: async (key, limit, windowSeconds) => {
      const now = clock.now()
      const since = now - windowSeconds * 1000
      const times = (takes.get(key) ?? []).filter((time) => time > since)
      if (times.length >= limit) {
        const leaves = times.at(-limit) ?? now
        return Math.max(1, Math.ceil((leaves - since) / 1000))
      }
      takes.set(key, [...times, now])
      return 0
    },
    giveBack: async (key) => {
      const times = takes.get(key)?.slice(0, -1) ?? []
      if (times.length > 0) takes.set(key, times)
      else takes.delete(key)
    },
    reset: async (key) => {
      takes.delete(key)
    },
  }
}
