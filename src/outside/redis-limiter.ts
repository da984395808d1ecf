// Owns rate limits that several processes share through Redis.
import type { Clock, Limiter } from '#domain/outside.ts'
import { openRedis, type Redis, type RedisWatcher } from './redis.ts'

/**
 * A key is a list of the times of its takes, the oldest first. It expires when the last take leaves the window. A new
 * take is allowed if the take at position `limit` from the end has left the window.
 *
 * By default, the time comes from Redis, because the clocks of the processes differ.
 */
const PEEK = `
  local limit, window, now = tonumber(ARGV[1]), tonumber(ARGV[2]) * 1000, tonumber(ARGV[3])
  if limit < 1 then return tonumber(ARGV[2]) end
  if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  local since = now - window
  local leaves = tonumber(redis.call('LINDEX', KEYS[1], -limit))
  if leaves and leaves > since then return math.max(1, math.ceil((leaves - since) / 1000)) end`

const TAKE = `${PEEK}
  local oldest = tonumber(redis.call('LINDEX', KEYS[1], 0))
  while oldest and oldest <= since do
    redis.call('LPOP', KEYS[1])
    oldest = tonumber(redis.call('LINDEX', KEYS[1], 0))
  end
  redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], window)
  return 0`

const SCRIPTS = {
  take: TAKE,
  peek: `${PEEK}\n  return 0`,
  give_back: "return redis.call('RPOP', KEYS[1]) and 1 or 0",
  reset: "return redis.call('DEL', KEYS[1])",
} as const

export interface RedisLimiterOptions {
  /** The prefix of all keys. Processes with the same prefix share their limits. */
  readonly prefix: string
  /** The limiter that is used while Redis is not available. It always counts. */
  readonly memory: Limiter
  readonly watcher: RedisWatcher
  /** The clock for tests; by default, the time comes from Redis. */
  readonly clock?: Clock
  /** The timeout for Redis in milliseconds; 250 by default. */
  readonly timeout?: number
}

/** A limiter that shares its limits through Redis while Redis is available. */
export interface RedisLimiter extends Limiter {
  /** Whether Redis responds now. */
  responds(): Promise<boolean>
  close(): Promise<void>
}

/**
 * Rate limits in Redis with the same semantics as in memory. While Redis is not available, the limits in the memory of
 * this process apply: callers are neither locked out nor unlimited. The memory always counts, so that an outage does not
 * start with new limits. During an outage, a caller can use a limit once more in each process.
 * @param url the address of Redis; if Redis does not respond, this is not an error
 */
export async function openRedisLimiter(url: string, options: RedisLimiterOptions): Promise<RedisLimiter> {
  const { memory, clock, ...rest } = options
  return limiterOver(await openRedis(url, { ...rest, scripts: SCRIPTS }), memory, clock)
}

function limiterOver(redis: Redis, memory: Limiter, clock: Clock | undefined): RedisLimiter {
  return {
    take: async (key, limit, windowSeconds) => {
      const wait = await redis.run('take', key, limit, windowSeconds, clock?.now() ?? '')
      if (wait !== undefined && wait > 0) return wait
      const alone = await memory.take(key, limit, windowSeconds)
      return wait ?? alone
    },
    peek: async (key, limit, windowSeconds) =>
      (await redis.run('peek', key, limit, windowSeconds, clock?.now() ?? '')) ??
      memory.peek(key, limit, windowSeconds),
    giveBack: async (key) => {
      await Promise.all([redis.run('give_back', key), memory.giveBack(key)])
    },
    reset: async (key) => {
      await Promise.all([redis.run('reset', key), memory.reset(key)])
    },
    responds: () => redis.responds(),
    close: () => redis.close(),
  }
}
