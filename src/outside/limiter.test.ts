// Checks the rate limiter.
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
  const memory: Limiter = {
    take: async () => 9999,
    peek: async () => 9999,
    giveBack: async () => {},
    reset: async () => {},
  }
  const watcher = { away: (reason: string) => assert.fail(reason), back: () => {} }
  const limiter = await openRedisLimiter(redis?.url ?? '', {
    prefix: ownPrefix(),
    memory,
    watcher,
    clock,
    timeout: 5000,
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

    test('to look at a budget takes nothing of it', async () => {
      const limiter = await open(fixedClock())
      for (const _ of [1, 2]) assert.equal(await limiter.peek('a', 1, 60), 0)
      assert.equal(await limiter.take('a', 1, 60), 0)
      assert.equal(await limiter.peek('a', 1, 60), 60)
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
      {
        weight: 4,
        arbitrary: fc.tuple(fc.constantFrom('take' as const, 'peek' as const), key, fc.integer({ min: 1, max: 4 })),
      },
      { weight: 2, arbitrary: fc.tuple(fc.constant('wait' as const), key, fc.integer({ min: 1, max: 6000 })) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('giveBack' as const, 'reset' as const), key, fc.constant(0)) },
    )
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = fixedClock()
      const limiters = [createLimiter(clock), await inRedis(clock)]
      for (const [act, name, number] of steps) {
        if (act === 'wait') clock.advance(number)
        const answers = limiters.map((limiter) =>
          act === 'take' || act === 'peek'
            ? limiter[act](name, number, 10)
            : act === 'wait'
              ? undefined
              : limiter[act](name),
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

test('a limit in force stays when no other fits: others of its kind are refused, and other kinds go on', async () => {
  const clock = fixedClock()
  const limiter = createLimiter(clock, { mostKeys: 100, mostHeld: 10 })
  const half = async (key: string) => {
    let refused = 0
    for (const _ of [1, 2, 3]) if ((await limiter.take(key, 5, 300)) > 0) refused++
    return refused
  }
  for (let take = 0; take < 5; take++) assert.equal(await limiter.take('sign-in locked', 5, 300), 0)
  for (let other = 0; other < 1000; other++) await half(`user code ${other}`)
  assert.equal(await half('sign-in late'), 0, 'another kind has room of its own')
  for (let other = 0; other < 8; other++) assert.equal(await half(`sign-in ${other}`), 0)
  assert.equal(await half('sign-in beyond'), 1, 'a key of which less than half is used is not held')
  for (let other = 0; other < 1000; other++) await half(`sign-in beyond ${other}`)
  assert.equal(await limiter.take('sign-in locked', 5, 300), 300, 'no flood frees what is locked')
  assert.equal(await limiter.take('sign-in 0', 5, 300), 0, 'a key that is held goes on')
  clock.advance(300_000)
  assert.equal(await half('sign-in beyond'), 0)
})

test('a limit that is in force is not forgotten for the takes of many others', async () => {
  const clock = fixedClock()
  const limiter = createLimiter(clock, { mostKeys: 100, mostHeld: 10 })
  for (let take = 0; take < 5; take++) assert.equal(await limiter.take('locked', 5, 300), 0)
  for (let take = 0; take < 6; take++) assert.equal(await limiter.take('long', 10, 1200), 0)
  for (let other = 0; other < 20_000; other++) await limiter.take(`other ${other}`, 5, 300)
  assert.equal(await limiter.take('locked', 5, 300), 300)
  for (let take = 0; take < 4; take++) assert.equal(await limiter.take('long', 10, 1200), 0)
  assert.equal(await limiter.take('long', 10, 1200), 1200)
  for (let other = 0; other < 50; other++) for (const _ of [1, 2, 3]) await limiter.take(`half ${other}`, 5, 300)
  assert.equal(await limiter.take('locked', 5, 300), 300)
  clock.advance(300_000)
  assert.equal(await limiter.take('locked', 5, 300), 0)
})
