// Owns what is stored of a secret that the server has to send or to sign with, after a change.
import type { Crypto } from './outside.ts'

/**
 * Returns what is stored of a secret after a change. A secret is sealed to another text each time; an equal one keeps its
 * text, so that it counts as no change.
 * @param stored what is stored now; null for none
 * @param given the secret of the change; undefined keeps what there is, and null removes it
 * @throws Error if what is stored was sealed with another master key
 */
export function resealed(
  { open, seal }: Pick<Crypto, 'open' | 'seal'>,
  purpose: string,
  stored: string | null,
  given: string | null | undefined,
): string | null {
  if (given === undefined || given === null) return given === null ? null : stored
  return stored !== null && open(purpose, stored) === given ? stored : seal(purpose, given)
}
