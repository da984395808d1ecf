// Checks the public keys that a client registers (RFC 7517, RFC 8725 §3.2).
import type { Flaw } from '#kernel/error.ts'
import type { Crypto } from '../outside.ts'

const CURVES = new Set(['P-256', 'P-384', 'P-521', 'Ed25519'])
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** The problems of a client's key set: private or symmetric keys, weak or unknown keys, a repeated `kid`. */
export function checkClientKeys(jwks: { readonly keys: readonly Record<string, unknown>[] } | null): Flaw[] {
  if (!jwks) return []
  const flaws: Flaw[] = []
  const kids = new Set<unknown>()
  for (const [index, key] of jwks.keys.entries()) {
    const flaw = flawOfKey(key)
    if (flaw) flaws.push({ path: `jwks.keys.${index}`, message: flaw })
    if (key.kid !== undefined && kids.has(key.kid)) {
      flaws.push({ path: `jwks.keys.${index}`, message: 'the kid is used twice' })
    }
    kids.add(key.kid)
  }
  return flaws
}

/** The keys of a set that cannot be imported: incomplete ones, and points that are not on the curve. */
export function checkImportable(
  { isPublicKey }: Pick<Crypto, 'isPublicKey'>,
  jwks: { readonly keys: readonly Record<string, unknown>[] } | null,
): Flaw[] {
  return (jwks?.keys ?? []).flatMap((key, index) =>
    isPublicKey(key)
      ? []
      : [{ path: `jwks.keys.${index}`, message: 'the key is incomplete, or its point is not on the curve' }],
  )
}

function flawOfKey(key: Record<string, unknown>): string | undefined {
  if (PRIVATE_MEMBERS.some((member) => member in key))
    return 'the key is private or symmetric; register its public part'
  if (key.use !== undefined && key.use !== 'sig' && key.use !== 'enc') return 'the use is neither sig nor enc'
  if (key.kty === 'EC' || key.kty === 'OKP') {
    return typeof key.crv === 'string' && CURVES.has(key.crv) ? undefined : 'the curve is not supported'
  }
  if (key.kty !== 'RSA') return 'the key type is not supported'
  const modulus = typeof key.n === 'string' ? key.n : ''
  if (modulus.length * 6 < 2048 - 8) return 'an RSA key needs 2048 bits'
  return key.e === 'AQAB' ? undefined : 'the RSA exponent must be 65537'
}
