import type { Clock, Limiter } from '#domain/outside.ts'
import { openRedis, type Redis, type RedisWatcher } from './redis.ts'

/**
 * A key is a list of the times of its takes, the oldest first, and expires as the last of them leaves the window. Only
 * the take that is `limit` from the end matters: once it has left the window, there is one to be had.
 *
 * The time is Redis's own unless told. The clocks of processes that share a budget differ, and a window that each of
 * them measures by its own would hold more than the limit.
 */
const TAKE = `
  local limit, window, now = tonumber(ARGV[1]), tonumber(ARGV[2]) * 1000, tonumber(ARGV[3])
  if limit < 1 then return tonumber(ARGV[2]) end
  if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  local since = now - window
  local leaves = tonumber(redis.call('LINDEX', KEYS[1], -limit))
  if leaves and leaves > since then return math.max(1, math.ceil((leaves - since) / 1000)) end
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
  give_back: "return redis.call('RPOP', KEYS[1]) and 1 or 0",
  reset: "return redis.call('DEL', KEYS[1])",
} as const

export interface RedisLimiterOptions {
  /** What all keys start with: processes that share it share their budgets. */
  readonly prefix: string
  /** Counts while Redis is away, and keeps count meanwhile. */
  readonly memory: Limiter
  readonly watcher: RedisWatcher
  /** What the time is, for tests; Redis’s own time unless told. */
  readonly clock?: Clock
  /** How long Redis may take, in milliseconds; 250 unless told. */
  readonly patience?: number
}

/** A limiter whose budgets are shared through Redis, for as long as that answers. */
export interface RedisLimiter extends Limiter {
  /** Whether Redis answers now. */
  answers(): Promise<boolean>
  close(): Promise<void>
}

/**
 * Budgets in Redis, with the semantics of those in memory. While Redis is away, those of this process’s own hold instead:
 * nobody is locked out, and nobody is let through unlimited. They have counted along, so that an outage starts with what
 * this process has granted and not anew; over an outage a budget is exceeded by at most one more of each process.
 * @param url of the Redis; one that does not answer is no error
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
    giveBack: async (key) => {
      await Promise.all([redis.run('give_back', key), memory.giveBack(key)])
    },
    reset: async (key) => {
      await Promise.all([redis.run('reset', key), memory.reset(key)])
    },
    answers: () => redis.answers(),
    close: () => redis.close(),
  }
}
