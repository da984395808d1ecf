// Owns random values: ids, secrets and texts.
import { randomFillSync } from 'node:crypto'
import type { Clock, Random } from '#domain/outside.ts'

const POOL_BYTES = 8192
const COUNTER_BITS = 18
const COUNTER_END = 2 ** COUNTER_BITS

/**
 * Random values from the generator of the operating system.
 * @param clock the time for ids
 * @param fill fills bytes with random values; tests can replace it
 */
export function createRandom(clock: Pick<Clock, 'now'>, fill: (bytes: Uint8Array) => void = randomFillSync): Random {
  const pool = bytePool(fill)
  return { id: idSource(clock, pool), secret: pool.base64url, text: (length, alphabet) => pick(pool, length, alphabet) }
}

interface BytePool {
  base64url: (bytes?: number) => string
  hex: (bytes: number) => string
  byte: () => number
}

/** Calls the generator once for many small values, which is 25 times faster. Used bytes are cleared in the pool. */
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
 * UUIDv7 (RFC 9562 §5.7) with an 18-bit counter in `rand_a` and the first bits of `rand_b` (§6.2 method 1). In each
 * millisecond, the counter starts at a random value in its lower half and increases, so that ids always increase, even
 * if the clock goes back. The last 56 bits are random for each id.
 */
function idSource(clock: Pick<Clock, 'now'>, pool: BytePool): () => string {
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

/** Bytes above the largest multiple of the alphabet's length are discarded, so that all characters are equally likely. */
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
