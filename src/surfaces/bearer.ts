// Reads bearer tokens from requests.
import { Failure } from '#kernel/error.ts'
import type { WireHead } from './surface.ts'

// A JSON object in base64url begins so; no key does.
const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/

/** A bearer token as it came (RFC 6750 §2.1), and whether it is a JWT. @throws Failure `unauthenticated` where there is none */
export function bearerOf({ headers }: WireHead, ask: string): { readonly token: string; readonly isJwt: boolean } {
  const header = headers.authorization
  const [, token] = (typeof header === 'string' && /^bearer +([\x21-\x7e]{1,4096})$/i.exec(header)) || []
  if (token === undefined) throw new Failure('unauthenticated', ask)
  return { token, isJwt: JWT.test(token) }
}

/**
 * The `www-authenticate` of a 401. If the sign-in is too old, it has the `max_age` with which the client sends the person
 * to the authorization endpoint (RFC 9470 §3).
 * @param plain what other failures say
 */
export function challengeOf({ detail }: Failure, plain = 'Bearer'): string {
  if (detail.maxAge === undefined) return plain
  return `Bearer error="insufficient_user_authentication", max_age="${detail.maxAge}"`
}
