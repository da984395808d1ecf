import { randomFillSync } from 'node:crypto'
import type { Clock, Random } from '#domain/outside.ts'

const POOL_BYTES = 8192
const COUNTER_BITS = 18
const COUNTER_END = 2 ** COUNTER_BITS

/**
 * Chance, from the operating system's generator.
 * @param clock where the ids' time comes from
 * @param fill fills bytes with randomness; a test may own it
 */
export function createRandom(clock: Clock, fill: (bytes: Uint8Array) => void = randomFillSync): Random {
  const pool = bytePool(fill)
  return { id: idSource(clock, pool), secret: pool.base64url, text: (length, alphabet) => pick(pool, length, alphabet) }
}

interface BytePool {
  base64url: (bytes?: number) => string
  hex: (bytes: number) => string
  byte: () => number
}

/** One call of the generator for many small draws: 25 times the throughput. What was drawn is wiped from the pool. */
function bytePool(fill: (bytes: Uint8Array) => void): BytePool {
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
  let next = POOL_BYTES

  function draw(bytes: number, encoding: BufferEncoding): string {
    if (bytes > POOL_BYTES) {
      const large = Buffer.alloc(bytes)
      fill(large)
      return large.toString(encoding)
    }
    const from = reserve(bytes)
    const text = pool.toString(encoding, from, next)
    pool.fill(0, from, next)
    return text
  }

  function reserve(bytes: number): number {
    if (next + bytes > POOL_BYTES) {
      fill(pool)
      next = 0
    }
    const from = next
    next += bytes
    return from
  }

  return {
    base64url: (bytes = 32) => draw(bytes, 'base64url'),
    hex: (bytes) => draw(bytes, 'hex'),
    byte: () => {
      const from = reserve(1)
      const value = pool[from] as number
      pool[from] = 0
      return value
    },
  }
}

/**
 * UUIDv7 (RFC 9562 §5.7) with an 18-bit counter in `rand_a` and the head of `rand_b` (§6.2 method 1): it starts
 * anywhere in its lower half each millisecond and counts up within it, so ids only grow, even where the clock steps
 * back; the last 56 bits are drawn afresh for each id.
 */
function idSource(clock: Clock, pool: BytePool): () => string {
  let time = -1
  let counter = 0
  let head = ''
  return () => {
    const now = clock.now()
    if (now > time) {
      time = now
      counter = Number.parseInt(pool.hex(4), 16) >>> (32 - COUNTER_BITS + 1)
      head = timeHead(time)
    } else if (++counter === COUNTER_END) {
      time += 1
      counter = 0
      head = timeHead(time)
    }
    const high = (counter >>> 6).toString(16).padStart(3, '0')
    const low = (0x80 | (counter & 0x3f)).toString(16)
    const tail = pool.hex(7)
    return `${head}${high}-${low}${tail.slice(0, 2)}-${tail.slice(2)}`
  }
}

function timeHead(milliseconds: number): string {
  const hex = Math.floor(milliseconds).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7`
}

/** Bytes beyond the last whole multiple of the alphabet's length are thrown away, so no character is likelier. */
function pick(pool: BytePool, length: number, alphabet: string): string {
  const size = alphabet.length
  if (size < 1 || size > 256) throw new RangeError('An alphabet has 1 to 256 characters.')
  const limit = 256 - (256 % size)
  let text = ''
  while (text.length < length) {
    const byte = pool.byte()
    if (byte < limit) text += alphabet[byte % size]
  }
  return text
}
