import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fixedClock } from '#testing/clock.ts'
import { createLimiter } from './limiter.ts'

test('the budget is there, then is not, and says when it will be', async () => {
  const clock = fixedClock()
  const limiter = createLimiter(clock)
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
  const limiter = createLimiter(fixedClock())
  const answers = await Promise.all(Array.from({ length: 100 }, () => limiter.take('a', 7, 60)))
  assert.equal(answers.filter((answer) => answer === 0).length, 7)
})

test('a reset gives the budget back', async () => {
  const limiter = createLimiter(fixedClock())
  assert.equal(await limiter.take('a', 1, 60), 0)
  assert.equal(await limiter.take('a', 1, 60), 60)
  await limiter.reset('a')
  assert.equal(await limiter.take('a', 1, 60), 0)
})

test('what is given back can be taken again, and no more', async () => {
  const limiter = createLimiter(fixedClock())
  await limiter.giveBack('a')
  for (const _ of [1, 2]) assert.equal(await limiter.take('a', 2, 60), 0)
  await limiter.giveBack('a')
  assert.equal(await limiter.take('a', 2, 60), 0)
  assert.equal(await limiter.take('a', 2, 60), 60)
})

test('a limit that was lowered holds at once', async () => {
  const clock = fixedClock()
  const limiter = createLimiter(clock)
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
      const limiter = createLimiter(clock)
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

test('a flood of keys costs bounded memory and leaves the keys in use their counts', async () => {
  const limiter = createLimiter(fixedClock(), { mostKeys: 100, mostTakes: 1000 })
  assert.equal(await limiter.take('attacked', 1, 60), 0)
  for (let round = 0; round < 10_000; round++) {
    await limiter.take(`flood-${round}`, 5, 60)
    if (round % 50 === 0) assert.equal(await limiter.take('attacked', 1, 60), 60)
  }
})
