import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import type { Clock, Limiter } from '#domain/outside.ts'
import { fixedClock } from '#testing/clock.ts'
import { NO_REDIS, ownPrefix, redisForTests } from '#testing/redis.ts'
import { createLimiter } from './limiter.ts'
import { openRedisLimiter, type RedisLimiter } from './redis-limiter.ts'

// One suite for both places that budgets are kept in.

const redis = await redisForTests()
const opened: RedisLimiter[] = []
after(async () => {
  for (const limiter of opened) await limiter.close()
  await redis?.stop()
})

/** A limiter in Redis that grants nothing by itself: what is counted along is always used up. */
async function inRedis(clock: Clock): Promise<Limiter> {
  const memory: Limiter = { take: async () => 9999, giveBack: async () => {}, reset: async () => {} }
  const watcher = { away: (reason: string) => assert.fail(reason), back: () => {} }
  const limiter = await openRedisLimiter(redis?.url ?? '', {
    prefix: ownPrefix(),
    memory,
    watcher,
    clock,
    patience: 5000,
  })
  opened.push(limiter)
  return limiter
}

test('there is a Redis to count in', (t) => {
  if (redis === undefined) t.diagnostic(NO_REDIS)
  else assert.match(redis.url, /^redis/)
})

behave('in memory', async (clock) => createLimiter(clock))
if (redis) behave('in Redis', inRedis)

function behave(place: string, open: (clock: Clock) => Promise<Limiter>): void {
  describe(place, () => {
    test('the budget is there, then is not, and says when it will be', async () => {
      const clock = fixedClock()
      const limiter = await open(clock)
      for (let round = 0; round < 3; round++) {
        assert.equal(await limiter.take('a', 3, 60), 0)
        clock.advance(10_000)
      }
      assert.equal(await limiter.take('a', 3, 60), 30)
      assert.equal(await limiter.take('b', 3, 60), 0, 'another key has a budget of its own')
      clock.advance(29_999)
      assert.equal(await limiter.take('a', 3, 60), 1)
      clock.advance(1)
      assert.equal(await limiter.take('a', 3, 60), 0, 'the first of the three has left the window')
      assert.equal(await limiter.take('a', 3, 60), 10, 'the second has not')
    })

    test('of many takes at once exactly the budget is granted', async () => {
      const limiter = await open(fixedClock())
      const answers = await Promise.all(Array.from({ length: 100 }, () => limiter.take('a', 7, 60)))
      assert.equal(answers.filter((answer) => answer === 0).length, 7)
    })

    test('a reset gives the budget back', async () => {
      const limiter = await open(fixedClock())
      assert.equal(await limiter.take('a', 1, 60), 0)
      assert.equal(await limiter.take('a', 1, 60), 60)
      await limiter.reset('a')
      assert.equal(await limiter.take('a', 1, 60), 0)
    })

    test('what is given back can be taken again, and no more', async () => {
      const limiter = await open(fixedClock())
      await limiter.giveBack('a')
      for (const _ of [1, 2]) assert.equal(await limiter.take('a', 2, 60), 0)
      await limiter.giveBack('a')
      assert.equal(await limiter.take('a', 2, 60), 0)
      assert.equal(await limiter.take('a', 2, 60), 60)
    })

    test('a limit that was lowered holds at once', async () => {
      const clock = fixedClock()
      const limiter = await open(clock)
      for (let round = 0; round < 5; round++) {
        await limiter.take('a', 5, 60)
        clock.advance(1000)
      }
      assert.equal(await limiter.take('a', 2, 60), 58, 'four of the five must leave')
    })

    test('no window holds more than the limit, and who waits as long as told is let through', async () => {
      const pauses = fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 60 })
      await fc.assert(
        fc.asyncProperty(pauses, fc.integer({ min: 1, max: 5 }), async (list, limit) => {
          const clock = fixedClock()
          const limiter = await open(clock)
          const granted: number[] = []
          for (const pause of list) {
            clock.advance(pause)
            const wait = await limiter.take('a', limit, 10)
            if (wait > 0) {
              clock.advance(wait * 1000)
              assert.equal(await limiter.take('a', limit, 10), 0)
            }
            granted.push(clock.now())
          }
          for (const time of granted) {
            assert.ok(granted.filter((other) => other > time - 10_000 && other <= time).length <= limit)
          }
        }),
        { numRuns: 50 },
      )
    })

    test('a budget of nothing is never there', async () => {
      const limiter = await open(fixedClock())
      assert.equal(await limiter.take('a', 0, 60), 60)
      assert.equal(await limiter.take('a', 1, 60), 0)
    })
  })
}

if (redis) {
  test('whatever is done in whatever order, both places answer the same', async () => {
    const key = fc.constantFrom('a', 'b')
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.constant('take' as const), key, fc.integer({ min: 1, max: 4 })) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('wait' as const), key, fc.integer({ min: 1, max: 6000 })) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('giveBack' as const, 'reset' as const), key, fc.constant(0)) },
    )
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = fixedClock()
      const limiters = [createLimiter(clock), await inRedis(clock)]
      for (const [act, name, number] of steps) {
        if (act === 'wait') clock.advance(number)
        const answers = limiters.map((limiter) =>
          act === 'take' ? limiter.take(name, number, 10) : act === 'wait' ? undefined : limiter[act](name),
        )
        const [inMemory, other] = await Promise.all(answers)
        assert.equal(other, inMemory)
      }
    })
    await fc.assert(property, { numRuns: 50 })
  })
}

test('a flood of keys costs bounded memory and leaves the keys in use their counts', async () => {
  const limiter = createLimiter(fixedClock(), { mostKeys: 100, mostTakes: 1000 })
  assert.equal(await limiter.take('attacked', 1, 60), 0)
  for (let round = 0; round < 10_000; round++) {
    await limiter.take(`flood-${round}`, 5, 60)
    if (round % 50 === 0) assert.equal(await limiter.take('attacked', 1, 60), 60)
  }
})
