// Owns the key store that keeps encrypted signing keys in the database.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { KeyStore, PublicJwk, SigningAlgorithm } from '#domain/outside.ts'
import { publicMembersOf, thumbprintOf } from './jwk.ts'

/** Encrypts and decrypts text for storage. */
export interface Sealer {
  seal(purpose: string, text: string): string
  open(purpose: string, sealed: string): string
}

const PURPOSE = 'signing-key'
const KEY_TYPES = { ES256: 'ec', RS256: 'rsa', EdDSA: 'ed25519' } as const satisfies Record<SigningAlgorithm, string>

const generateAsync = promisify(generateKeyPair) as unknown as (
  type: string,
  options: object,
) => Promise<{ privateKey: KeyObject }>

/**
 * The key store for private keys in the database. The handle of a key is its PKCS#8 form, encrypted with the master key.
 * @param sealer encrypts and decrypts the keys
 */
export function createLocalKeys(sealer: Sealer): KeyStore {
  return {
    name: 'database',
    generate: async (algorithm) => {
      const { privateKey } = await generateKey(algorithm)
      const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
      const handle = sealer.seal(PURPOSE, pkcs8.toString('base64'))
      pkcs8.fill(0)
      return { publicJwk: publicJwkOf(privateKey, algorithm), handle }
    },
    signer: async (handle, algorithm) => {
      const key = createPrivateKey({
        key: Buffer.from(sealer.open(PURPOSE, handle), 'base64'),
        format: 'der',
        type: 'pkcs8',
      })
      return signWith(key, algorithm)
    },
    // The row has the key.
    remove: async () => {},
    check: async () => ({ healthy: true }),
  }
}

/** Makes a key pair. */
export function generateKey(algorithm: SigningAlgorithm): Promise<{ privateKey: KeyObject }> {
  if (algorithm === 'ES256') return generateAsync('ec', { namedCurve: 'P-256' })
  if (algorithm === 'RS256') return generateAsync('rsa', { modulusLength: 2048 })
  return generateAsync('ed25519', {})
}

/** Signs a JWS signing input (RFC 7518 §3). */
export type Sign = (input: string) => Promise<Uint8Array>

/**
 * A function that signs with a private key in memory.
 * @throws Error if the key is not one of the algorithm
 */
export function signWith(key: KeyObject, algorithm: SigningAlgorithm): Sign {
  if (key.asymmetricKeyType !== KEY_TYPES[algorithm]) {
    throw new Error(`A signing key of type ${key.asymmetricKeyType} cannot sign ${algorithm}.`)
  }
  // RFC 7518 §3.4 requires R and S concatenated, not the DER encoding of OpenSSL.
  const digest = algorithm === 'EdDSA' ? null : 'sha256'
  const input: KeyObject | SignKeyObjectInput = algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key
  return (text) =>
    new Promise((resolve, reject) => {
      signLater(() => {
        try {
          resolve(sign(digest, Buffer.from(text), input))
        } catch (error) {
          reject(error)
        }
      })
    })
}

let pending: (() => void)[] = []

// A signature reads tables that are larger than the first-level cache of a core. The signatures of a batch of requests
// are made one after the other, while the tables are in the cache. This takes a third less time.
function signLater(sign: () => void): void {
  if (pending.push(sign) > 1) return
  process.nextTick(() => {
    const batch = pending
    pending = []
    for (const signOne of batch) signOne()
  })
}

/** The public part of a key, with its thumbprint as `kid`. @param key a private or public key */
export function publicJwkOf(key: KeyObject, algorithm: SigningAlgorithm): PublicJwk {
  const jwk = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' }) as Record<string, unknown>
  return { ...publicMembersOf(jwk), kid: String(thumbprintOf(jwk)), alg: algorithm, use: 'sig' }
}

/** The public key of Ed25519 with the given 32 bytes (RFC 8032 §5.1.5). @throws Error for other bytes */
export function ed25519PublicKey(bytes: Buffer): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' })
}
