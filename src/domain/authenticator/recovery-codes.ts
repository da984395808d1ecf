// Makes recovery codes, and the keyed digests that are stored of them.
import type { Crypto, Random } from '../outside.ts'

/** How many codes a set has. */
const COUNT = 10
/** Letters and digits that are not taken for each other: 32 of them, so that each is five bits. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz023456789'
/** 50 bits each. */
const LENGTH = 10

/** A new set of codes, as people read them: two groups of five characters. */
export function newRecoveryCodes(random: Pick<Random, 'text'>): string[] {
  return Array.from({ length: COUNT }, () => random.text(LENGTH, ALPHABET).replace(/^(.{5})/, '$1-'))
}

/**
 * The digest of a code: keyed, so that codes cannot be found from a copy of the database.
 * @param code as it was typed; case, spaces and hyphens make no difference
 */
export function recoveryDigest({ mac }: Pick<Crypto, 'mac'>, userId: string, code: string): string {
  const plain = code.toLowerCase().replace(/[\s-]/g, '').slice(0, 100)
  return mac('recovery-code', JSON.stringify([userId, plain]))
}
