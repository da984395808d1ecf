// Proofs of work: what a browser computes before it sends a form, and how that is verified.
import type { Crypto } from '../outside.ts'

/** The forms that can ask for a proof. One of a form cannot be sent with another form. */
export type ProofForm = 'sign_in' | 'registration' | 'recovery'

/** When forms ask for a proof. */
export const PROOF_MODES = ['off', 'under_attack', 'always'] as const

/** How long a challenge can be answered. Milliseconds. */
export const CHALLENGE_LIFETIME = 900_000
/** The window in which signs of an attack are counted. Seconds. */
export const ATTACK_WINDOW = 600
/** From one network, this share of what is an attack on a realm is an attack. */
export const NETWORK_SHARE = 5
/** How long a form waits that is sent without a proof. Seconds. */
export const SLOW_WAIT = 20
/** How many forms are taken without a proof: of one network, and at one realm. */
export const SLOW_BUDGETS = {
  network: { limit: 5, windowSeconds: 600 },
  realm: { limit: 60, windowSeconds: 60 },
}

/** A proof has this many answers, each for a part of the work: the work of one is a matter of luck, that of eight much less so. */
export const PARTS = 8
/**
 * The bytes that are hashed for one try. They are many, because a browser takes some microseconds for the call itself: most
 * of its time has to be the hash, which takes a program of an attacker as long.
 */
export const TRY_BYTES = 16_384

const LONGEST_SOLUTION = 100

/** A challenge as it was made. */
export interface Challenge {
  /** What the form carries. */
  readonly text: string
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  /** The zero bits that each answer needs. */
  readonly partBits: number
}

/** The bits of one part, so that all parts together take 2^difficulty tries on average. */
export function partBitsOf(difficulty: number): number {
  return difficulty - Math.log2(PARTS)
}

/**
 * Whether a solution answers a challenge: eight numbers, separated by commas. For each of them, SHA-256 of {@link TRY_BYTES}
 * bytes begins with as many zero bits as the challenge says. The bytes are the number of the part and the answer (32 bits
 * each, big-endian), the challenge, and zeros.
 */
export function isSolved(
  { digest }: Pick<Crypto, 'digest'>,
  { text, partBits }: Pick<Challenge, 'text' | 'partBits'>,
  solution: string,
): boolean {
  if (solution.length > LONGEST_SOLUTION || !/^\d{1,10}(,\d{1,10})*$/.test(solution)) return false
  const answers = solution.split(',').map(Number)
  if (answers.length !== PARTS || answers.some((answer) => answer > 0xffff_ffff)) return false
  const bytes = new Uint8Array(TRY_BYTES)
  bytes.set(new TextEncoder().encode(text), 8)
  const view = new DataView(bytes.buffer)
  return answers.every((answer, part) => {
    view.setUint32(0, part)
    view.setUint32(4, answer)
    return zeroBitsOf(Buffer.from(digest(bytes), 'base64url')) >= partBits
  })
}

/** How many bits at the start are zero, of the first 32. */
function zeroBitsOf(hash: Uint8Array): number {
  return Math.clz32(new DataView(hash.buffer, hash.byteOffset).getUint32(0))
}
