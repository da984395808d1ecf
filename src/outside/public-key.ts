// Verifies signatures by public keys that come with the message they sign. Imported keys are kept in a bounded cache.
import { constants, createPublicKey, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ProofAlgorithm } from '#domain/outside.ts'
import { publicMembersOf, thumbprintOf } from './jwk.ts'

const KEYS_MAX = 10_000

interface Method {
  readonly kty: string
  readonly crv?: string
  readonly digest: string | null
  readonly options?: Omit<VerifyKeyObjectInput, 'key'>
}

const EC = { dsaEncoding: 'ieee-p1363' } as const

/** RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2. */
const METHODS: Readonly<Record<ProofAlgorithm, Method>> = {
  ES256: { kty: 'EC', crv: 'P-256', digest: 'sha256', options: EC },
  ES384: { kty: 'EC', crv: 'P-384', digest: 'sha384', options: EC },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', digest: null },
  Ed25519: { kty: 'OKP', crv: 'Ed25519', digest: null },
  PS256: {
    kty: 'RSA',
    digest: 'sha256',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
  RS256: { kty: 'RSA', digest: 'sha256' },
}

/**
 * Makes a verifier with a cache of its own.
 * @returns a function that takes a public JWK, an algorithm, the signed text and the signature, and returns the key's
 * thumbprint (RFC 7638, SHA-256, base64url) where the key made the signature, otherwise undefined
 */
export function createPublicKeyVerifier() {
  const keys = new LRUCache<string, KeyObject>({ max: KEYS_MAX })
  return (
    jwk: Readonly<Record<string, unknown>>,
    algorithm: ProofAlgorithm,
    text: string,
    signature: string,
  ): string | undefined => {
    const { kty, crv, digest, options } = METHODS[algorithm]
    if (jwk.kty !== kty || (crv !== undefined && jwk.crv !== crv)) return undefined
    const thumbprint = thumbprintOf(jwk)
    if (thumbprint === undefined) return undefined
    try {
      const key = keys.get(thumbprint) ?? createPublicKey({ key: publicMembersOf(jwk), format: 'jwk' })
      keys.set(thumbprint, key)
      const valid = verify(digest, Buffer.from(text), { key, ...options }, Buffer.from(signature, 'base64url'))
      return valid ? thumbprint : undefined
    } catch {
      return undefined
    }
  }
}

/** Whether a JWK is a public key. OpenSSL refuses a point that is not on the curve. */
export function isPublicKey(jwk: Readonly<Record<string, unknown>>): boolean {
  try {
    return createPublicKey({ key: publicMembersOf(jwk), format: 'jwk' }).type === 'public'
  } catch {
    return false
  }
}
