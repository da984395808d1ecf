// Makes RSA keys that follow from a seed: the same seed gives the same key in every process and version.
import { checkPrime, createPrivateKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

const isPrime = promisify<bigint, boolean>(checkPrime)

const PRIME_BITS = 1024n
export const PRIME_BYTES = Number(PRIME_BITS / 8n)
const EXPONENT = 65537n
const SIEVE_MAX = 2000
/** The odd primes below {@link SIEVE_MAX}. */
const SMALL_PRIMES = Array.from({ length: SIEVE_MAX }, (_, number) => number).filter(
  (number) =>
    number > 2 &&
    Array.from({ length: Math.floor(Math.sqrt(number)) }, (_, at) => at + 1).every(
      (divisor) => divisor === 1 || number % divisor !== 0,
    ),
)

/**
 * An RSA key of 2048 bits (FIPS 186-5 §A.1.3, with a seed instead of a random generator). The tests for primes run beside
 * the main thread.
 * @param seedOf gives {@link PRIME_BYTES} bytes for each prime
 */
export async function deriveRsaKey(seedOf: (prime: 'p' | 'q') => Buffer): Promise<KeyObject> {
  const [p, q] = await Promise.all([primeFrom(seedOf('p')), primeFrom(seedOf('q'))])
  if (p === q) throw new Error('Two seeds gave one prime.')
  const [p1, q1] = [p - 1n, q - 1n]
  const d = inverse(EXPONENT, (p1 * q1) / gcd(p1, q1))
  const members = { n: p * q, e: EXPONENT, d, p, q, dp: d % p1, dq: d % q1, qi: inverse(q, p) }
  const jwk = Object.fromEntries(Object.entries(members).map(([name, value]) => [name, encoded(value)]))
  return createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' })
}

/** The first prime from a seed on. Its two highest bits are set, so that the product of two has its full length. */
async function primeFrom(seed: Buffer): Promise<bigint> {
  const start = BigInt(`0x${seed.toString('hex')}`) | (3n << (PRIME_BITS - 2n)) | 1n
  const remainders = SMALL_PRIMES.map((prime) => Number(start % BigInt(prime)))
  for (let step = 0; ; step += 2) {
    if (SMALL_PRIMES.some((prime, at) => ((remainders[at] ?? 0) + step) % prime === 0)) continue
    const candidate = start + BigInt(step)
    if ((candidate - 1n) % EXPONENT !== 0n && (await isPrime(candidate))) return candidate
  }
}

function gcd(left: bigint, right: bigint): bigint {
  return right === 0n ? left : gcd(right, left % right)
}

/** The inverse of a number modulo another one, to which it is coprime. */
function inverse(number: bigint, modulus: bigint): bigint {
  let [before, after, one, other] = [modulus, number % modulus, 0n, 1n]
  while (after > 1n) {
    const quotient = before / after
    ;[before, after] = [after, before % after]
    ;[one, other] = [other, one - quotient * other]
  }
  return other < 0n ? other + modulus : other
}

function encoded(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}
