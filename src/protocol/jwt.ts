// Assembles JWTs by hand: on the issuing path that is twice as fast as a general library, and what it makes is one
// shape only. Verification of tokens from outside is jose’s.
import type { KeyRing } from '#domain/registry.ts'

const headers = new WeakMap<KeyRing, Map<string, string>>()

/**
 * A signed JWT (RFC 7519, RFC 7515 §7.1).
 * @param typ the header’s media type: `at+jwt` (RFC 9068 §2.1), `JWT`
 * @param payload its claims; times in seconds
 */
export async function signJwt(ring: KeyRing, typ: string, payload: Readonly<Record<string, unknown>>): Promise<string> {
  const input = `${headerOf(ring, typ)}.${base64url(JSON.stringify(payload))}`
  const signature = ring.sign(input)
  const bytes = signature instanceof Promise ? await signature : signature
  return `${input}.${base64url(bytes)}`
}

function headerOf(ring: KeyRing, typ: string): string {
  const ofRing = headers.get(ring) ?? new Map<string, string>()
  headers.set(ring, ofRing)
  const known = ofRing.get(typ)
  if (known !== undefined) return known
  const header = base64url(JSON.stringify({ alg: ring.algorithm, typ, kid: ring.kid }))
  ofRing.set(typ, header)
  return header
}

/**
 * The claims of a JWT, unverified: only for a token that is recognised by other means.
 * @returns undefined where the text is no JWT
 */
export function claimsOf(token: string): Record<string, unknown> | undefined {
  const start = token.indexOf('.') + 1
  const end = token.indexOf('.', start)
  if (start === 0 || end < 0) return undefined
  try {
    const claims = JSON.parse(Buffer.from(token.slice(start, end), 'base64url').toString())
    return typeof claims === 'object' && claims !== null ? claims : undefined
  } catch {
    return undefined
  }
}

function base64url(content: string | Uint8Array): string {
  const bytes =
    typeof content === 'string'
      ? Buffer.from(content)
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  return bytes.toString('base64url')
}
