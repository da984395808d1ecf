// Hashes and verifies passwords.
import { pbkdf2, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { hash as argon2Hash, verify as argon2Verify, parseOptions } from '@node-rs/argon2'
import { Failure } from '#kernel/error.ts'
import { createGate } from './gate.ts'

/** The cost of a password hash (parameters of RFC 9106 §4). */
export interface PasswordCost {
  /** KiB of memory. */
  readonly memory: number
  readonly passes: number
}

export interface Passwords {
  /** @throws Failure `invalid_input` if the password is too long, `temporarily_unavailable` if too many tasks wait */
  hash(password: string): Promise<string>
  /** @throws Failure `temporarily_unavailable` if too many tasks wait */
  verify(password: string, hash: string | null): Promise<boolean>
  needsRehash(hash: string): boolean
}

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes and one lane. */
export const DEFAULT_COST: PasswordCost = { memory: 19_456, passes: 2 }

/** The maximum length of a password in UTF-8 bytes. */
export const LONGEST_PASSWORD = 1024

const WAITING = 256
const ARGON2ID = 2
const ARGON2_13 = 1

// The maximum cost of imported hashes, so that one hash cannot block the server.
const MOST_MEMORY = 256 * 1024 * 1024
const MOST_ARGON2_WORK = 4 * 1024 * 1024
const MOST_BCRYPT_COST = 15
const MOST_SCRYPT_LANES = 16
const MOST_PBKDF2_ROUNDS = 10_000_000

const scryptAsync = promisify<string, Buffer, number, object, Buffer>(scrypt)
const pbkdf2Async = promisify(pbkdf2)

/** Hashes and verifies passwords, a few at a time, outside the main thread. */
export function createPasswords(cost: PasswordCost = DEFAULT_COST): Passwords {
  const gate = createGate(Math.min(3, availableParallelism()), WAITING)
  const nobody = unmatchable(cost)

  return {
    hash: async (password) => {
      if (tooLong(password)) {
        throw new Failure('invalid_input', `A password has at most ${LONGEST_PASSWORD} bytes.`)
      }
      return gate(() =>
        argon2Hash(password, { algorithm: ARGON2ID, memoryCost: cost.memory, timeCost: cost.passes, parallelism: 1 }),
      )
    },
    verify: async (password, hash) => {
      const verifier = hash === null || tooLong(password) ? undefined : verifierOf(hash)
      if (verifier) return gate(() => verifier(password))
      await gate(() => argon2Verify(nobody, tooLong(password) ? '' : password))
      return false
    },
    needsRehash: (hash) => !isOfCost(hash, cost),
  }
}

type Verifier = (password: string) => Promise<boolean>

/** The verifier of a stored hash; undefined if its form is unknown or its cost is too high. */
function verifierOf(hash: string): Verifier | undefined {
  if (hash.startsWith('$argon2')) return argon2Verifier(hash)
  if (/^\$2[abxy]\$/.test(hash)) return bcryptVerifier(hash)
  if (hash.startsWith('$scrypt$')) return scryptVerifier(hash)
  if (hash.startsWith('$pbkdf2')) return pbkdf2Verifier(hash)
  return undefined
}

function argon2Verifier(hash: string): Verifier | undefined {
  const parameters = argon2Parameters(hash)
  if (!parameters) return undefined
  const { memoryCost, timeCost } = parameters
  if (memoryCost * 1024 > MOST_MEMORY || memoryCost * timeCost > MOST_ARGON2_WORK) return undefined
  return (password) => argon2Verify(hash, password)
}

function bcryptVerifier(hash: string): Verifier | undefined {
  const cost = Number(/^\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)?.[1])
  if (!(cost <= MOST_BCRYPT_COST)) return undefined
  // The library is loaded with the first imported hash, because most installations have none.
  return async (password) => (await import('@node-rs/bcrypt')).verify(password, hash)
}

/** `$scrypt$ln=<log2 N>,r=<r>,p=<p>$<salt>$<hash>`, base64 without padding (the PHC string format; RFC 7914). */
function scryptVerifier(hash: string): Verifier | undefined {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,2})\$([^$]+)\$([^$]+)$/.exec(hash)
  if (!match) return undefined
  const [, logN, r, p, salt, expected] = match as unknown as [string, string, string, string, string, string]
  const options = { N: 2 ** Number(logN), r: Number(r), p: Number(p), maxmem: 2 * MOST_MEMORY }
  const key = Buffer.from(expected, 'base64')
  const cheap = 128 * options.N * options.r <= MOST_MEMORY && options.p <= MOST_SCRYPT_LANES
  if (!cheap || !options.r || !options.p || options.N < 2 || !plausible(key)) return undefined
  return async (password) => equal(await scryptAsync(password, Buffer.from(salt, 'base64'), key.length, options), key)
}

/**
 * `$pbkdf2-sha256$i=<rounds>[,l=<bytes>]$<salt>$<hash>` of the PHC string format, and the older spelling
 * `$pbkdf2-sha256$<rounds>$<salt>$<hash>` with `.` for `+`. Without a name the hash function is SHA-1 (RFC 8018 §5.2).
 */
function pbkdf2Verifier(hash: string): Verifier | undefined {
  const match = /^\$pbkdf2(-sha1|-sha256|-sha512)?\$(?:i=)?(\d{1,8})(?:,l=\d+)?\$([^$]+)\$([^$]+)$/.exec(hash)
  if (!match) return undefined
  const [, digest = '-sha1', rounds, salt, expected] = match as unknown as [string, string?, string?, string?, string?]
  const key = unadapted(expected as string)
  if (!(Number(rounds) >= 1 && Number(rounds) <= MOST_PBKDF2_ROUNDS) || !plausible(key)) return undefined
  return async (password) =>
    equal(await pbkdf2Async(password, unadapted(salt as string), Number(rounds), key.length, digest.slice(1)), key)
}

const unadapted = (base64: string) => Buffer.from(base64.replaceAll('.', '+'), 'base64')
const plausible = (key: Buffer) => key.length >= 16 && key.length <= 128
const equal = (left: Buffer, right: Buffer) => left.length === right.length && timingSafeEqual(left, right)
const tooLong = (password: string) =>
  password.length > LONGEST_PASSWORD || Buffer.byteLength(password) > LONGEST_PASSWORD

function argon2Parameters(hash: string): ReturnType<typeof parseOptions> | undefined {
  try {
    return parseOptions(hash)
  } catch {
    return undefined
  }
}

function isOfCost(hash: string, cost: PasswordCost): boolean {
  const parameters = hash.startsWith('$argon2id$') ? argon2Parameters(hash) : undefined
  return (
    parameters?.memoryCost === cost.memory &&
    parameters.timeCost === cost.passes &&
    parameters.parallelism === 1 &&
    parameters.version === ARGON2_13
  )
}

/** A hash with the normal cost that matches no password. For unknown users, it makes verification take the same time. */
function unmatchable(cost: PasswordCost): string {
  const salt = randomBytes(16).toString('base64').replaceAll('=', '')
  const output = randomBytes(32).toString('base64').replaceAll('=', '')
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=1$${salt}$${output}`
}
