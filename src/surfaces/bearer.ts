import { Failure } from '#kernel/error.ts'
import type { WireRequest } from './surface.ts'

// A JSON object in base64url begins so; no key does.
const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/

/** A bearer token as it came (RFC 6750 §2.1), and whether it is a JWT. @throws Failure `unauthenticated` where there is none */
export function bearerOf({ headers }: WireRequest, ask: string): { readonly token: string; readonly isJwt: boolean } {
  const header = headers.authorization
  const [, token] = (typeof header === 'string' && /^bearer +([\x21-\x7e]{1,4096})$/i.exec(header)) || []
  if (token === undefined) throw new Failure('unauthenticated', ask)
  return { token, isJwt: JWT.test(token) }
}
