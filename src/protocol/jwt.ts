// Assembles JWTs by hand: on the issuing path that is twice as fast as a general library, and what it makes is one
// shape only. Verification of tokens from outside is jose’s.
import type { Signer } from '#domain/registry.ts'

const headers = new WeakMap<Signer, Map<string, string>>()

/**
 * A signed JWT (RFC 7519, RFC 7515 §7.1).
 * @param typ the header’s media type: `at+jwt` (RFC 9068 §2.1), `JWT`
 * @param payload its claims; times in seconds
 */
export async function signJwt(
  signer: Signer,
  typ: string,
  payload: Readonly<Record<string, unknown>>,
): Promise<string> {
  const input = `${headerOf(signer, typ)}.${base64url(JSON.stringify(payload))}`
  const signature = signer.sign(input)
  const bytes = signature instanceof Promise ? await signature : signature
  return `${input}.${base64url(bytes)}`
}

function headerOf(signer: Signer, typ: string): string {
  const ofSigner = headers.get(signer) ?? new Map<string, string>()
  headers.set(signer, ofSigner)
  const known = ofSigner.get(typ)
  if (known !== undefined) return known
  const header = base64url(JSON.stringify({ alg: signer.algorithm, typ, kid: signer.kid }))
  ofSigner.set(typ, header)
  return header
}

/**
 * The claims of a JWT, unverified: only for a token that is recognised by other means.
 * @returns undefined where the text is no JWT
 */
export function claimsOf(token: string): Record<string, unknown> | undefined {
  const start = token.indexOf('.') + 1
  const end = token.indexOf('.', start)
  return start === 0 || end < 0 ? undefined : jsonPartOf(token.slice(start, end))
}

/** The JSON object in one part of a compact JWT; undefined where there is none. */
export function jsonPartOf(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null ? { ...value } : undefined
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
