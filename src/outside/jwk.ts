// The public members of JSON Web Keys, and their thumbprints.
import { hash } from 'node:crypto'

/**
 * The members that a key's thumbprint is made of, in the order of RFC 7638 §3.2; RFC 8037 §2 for OKP.
 * They are all of its public members, too.
 */
const REQUIRED_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  RSA: ['e', 'kty', 'n'],
  OKP: ['crv', 'kty', 'x'],
}

/** The public members of a key, in the order of RFC 7638 §3.2; none for an unknown type of key. */
export function publicMembersOf(jwk: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries((REQUIRED_MEMBERS[String(jwk.kty)] ?? []).map((name) => [name, jwk[name]]))
}

/** The thumbprint of a key (RFC 7638, SHA-256, base64url); undefined where a member is missing or is no text. */
export function thumbprintOf(jwk: Readonly<Record<string, unknown>>): string | undefined {
  const members = publicMembersOf(jwk)
  const values = Object.values(members)
  if (values.length === 0 || values.some((value) => typeof value !== 'string')) return undefined
  return hash('sha256', JSON.stringify(members), 'base64url')
}
