// Compares a PKCE code verifier with its challenge (RFC 7636).
import type { Crypto } from '#domain/outside.ts'

const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/

/**
 * RFC 7636 §4.6, with S256.
 * @param challenge empty where the request had none, as its client’s profile allowed: then there must be no verifier
 * either (RFC 9700 §2.1.1)
 */
export function matchesChallenge(
  crypto: Pick<Crypto, 'digest' | 'equal'>,
  challenge: string,
  verifier: string | undefined,
): boolean {
  if (challenge === '') return verifier === undefined
  return verifier !== undefined && VERIFIER.test(verifier) && crypto.equal(crypto.digest(verifier), challenge)
}
