import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { KeyStore, PublicJwk, SigningAlgorithm } from '#domain/outside.ts'

/** Seals and opens text for rest. */
export interface Sealer {
  seal(purpose: string, text: string): string
  open(purpose: string, sealed: string): string
}

const PURPOSE = 'signing-key'
const KEY_TYPES = { ES256: 'ec', RS256: 'rsa', EdDSA: 'ed25519' } as const satisfies Record<SigningAlgorithm, string>

/**
 * The members that a key's thumbprint is made of, in the order of RFC 7638 §3.2; RFC 8037 §2 for OKP.
 * They are all of its public members, too.
 */
const REQUIRED_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  RSA: ['e', 'kty', 'n'],
  OKP: ['crv', 'kty', 'x'],
}

const generateAsync = promisify(generateKeyPair) as unknown as (
  type: string,
  options: object,
) => Promise<{ privateKey: KeyObject }>

/**
 * The store that keeps private keys in the database: PKCS#8, sealed under the master key; the handle is the sealed key.
 * @param sealer what seals them
 */
export function createLocalKeys(sealer: Sealer): KeyStore {
  return {
    generate: async (algorithm) => {
      const { privateKey } = await generate(algorithm)
      const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
      const handle = sealer.seal(PURPOSE, pkcs8.toString('base64'))
      pkcs8.fill(0)
      return { publicJwk: publicJwk(privateKey, algorithm), handle }
    },
    signer: async (handle, algorithm) => {
      const key = createPrivateKey({
        key: Buffer.from(sealer.open(PURPOSE, handle), 'base64'),
        format: 'der',
        type: 'pkcs8',
      })
      if (key.asymmetricKeyType !== KEY_TYPES[algorithm]) {
        throw new Error(`A signing key of type ${key.asymmetricKeyType} was asked to sign ${algorithm}.`)
      }
      return signerOf(key, algorithm)
    },
  }
}

function generate(algorithm: SigningAlgorithm): Promise<{ privateKey: KeyObject }> {
  if (algorithm === 'ES256') return generateAsync('ec', { namedCurve: 'P-256' })
  if (algorithm === 'RS256') return generateAsync('rsa', { modulusLength: 2048 })
  return generateAsync('ed25519', {})
}

/** RFC 7518 §3.4 asks for R and S side by side, not for the DER that OpenSSL makes. */
function signerOf(key: KeyObject, algorithm: SigningAlgorithm): (input: string) => Promise<Uint8Array> {
  const digest = algorithm === 'EdDSA' ? null : 'sha256'
  const input: KeyObject | SignKeyObjectInput = algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key
  return (text) =>
    new Promise((resolve, reject) => {
      later(() => {
        try {
          resolve(sign(digest, Buffer.from(text), input))
        } catch (error) {
          reject(error)
        }
      })
    })
}

let waiting: (() => void)[] = []

// A signature reads tables that are larger than the core's nearest cache. Those that requests which were begun together
// have come to are made one right after the other, while the tables are there: a third less time than each by itself.
function later(make: () => void): void {
  if (waiting.push(make) > 1) return
  process.nextTick(() => {
    const all = waiting
    waiting = []
    for (const one of all) one()
  })
}

function publicJwk(privateKey: KeyObject, algorithm: SigningAlgorithm): PublicJwk {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' }) as Record<string, unknown>
  const members = (REQUIRED_MEMBERS[String(jwk.kty)] ?? []).map((name) => [name, jwk[name]] as const)
  const thumbprint = createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url')
  return { ...Object.fromEntries(members), kid: thumbprint, alg: algorithm, use: 'sig' }
}
