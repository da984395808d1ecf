// Checks the order of generated ids.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { floorId, parseId } from '#kernel/id.ts'
import { fixedClock } from '#testing/clock.ts'
import { systemClock } from './clock.ts'
import { createRandom } from './random.ts'

test('ids are UUIDv7 that carry their millisecond and only grow', () => {
  const clock = fixedClock()
  const random = createRandom(clock)
  let last = ''
  for (let round = 0; round < 20_000; round++) {
    if (round % 1000 === 0) clock.advance(1)
    const id = random.id()
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.equal(parseId('user', id), id)
    assert.equal(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16), clock.now())
    assert.ok(id > last, `${id} after ${last}`)
    assert.ok(id >= floorId(clock.now()))
    last = id
  }
})

test('ids still grow when the clock steps back or the counter is exhausted', () => {
  const clock = fixedClock()
  // All ones makes the counter start in the middle of its range.
  const random = createRandom(clock, (bytes) => bytes.fill(0xff))
  const first = random.id()
  clock.advance(-3_600_000)
  const second = random.id()
  assert.ok(second > first)
  let last = second
  for (let round = 0; round < 2 ** 17; round++) {
    const id = random.id()
    if (!(id > last)) assert.fail(`${id} after ${last}`)
    last = id
  }
  assert.ok(last > floorId(fixedClock().now() + 1), 'the exhausted counter borrowed from the next millisecond')
})

test('secrets are base64url of the bytes asked for and never repeat', () => {
  const random = createRandom(systemClock)
  const seen = new Set<string>()
  for (let round = 0; round < 5000; round++) seen.add(random.secret())
  assert.equal(seen.size, 5000)
  for (const secret of seen) assert.match(secret, /^[A-Za-z0-9_-]{43}$/)
  assert.equal(Buffer.from(random.secret(10_000), 'base64url').length, 10_000)
  assert.equal(Buffer.from(random.secret(16), 'base64url').length, 16)
})

test('text draws each character equally often, also where 256 is no multiple of the alphabet', () => {
  const random = createRandom(systemClock)
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789-' // 37: a plain modulo would favour the first 34 by a sixth
  const text = random.text(370_000, alphabet)
  const counts = new Map<string, number>()
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  assert.equal(counts.size, 37)
  for (const [letter, count] of counts) assert.ok(Math.abs(count - 10_000) < 700, `${letter}: ${count}`)
  assert.throws(() => random.text(1, ''), RangeError)
})
