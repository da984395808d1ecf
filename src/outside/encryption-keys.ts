// Key pairs with which others encrypt for the server (P-256 and RSA). They follow from the master key, so nothing is stored.
import { createECDH, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { AllowedEncryption, Decrypted } from '#domain/outside.ts'
import { deriveRsaKey, PRIME_BYTES } from './derived-rsa.ts'
import { publicMembersOf, thumbprintOf } from './jwk.ts'

const KEYS_KEPT = 500
const RSA_ALGORITHM = 'RSA-OAEP-256'

interface Pair {
  readonly privateKey: KeyObject
  readonly publicJwk: Readonly<Record<string, unknown>>
}

interface Pairs {
  readonly agreement: Pair
  readonly rsa: Pair
}

/** Makes and uses the pairs, each for one purpose. @param masterKey that they follow from */
export function encryptionKeys(masterKey: KeyObject) {
  const made = new LRUCache<string, Promise<Pairs>>({ max: KEYS_KEPT })
  const pairsOf = (purpose: string): Promise<Pairs> => {
    const known = made.get(purpose)
    if (known) return known
    const making = makePairs(masterKey, purpose)
    made.set(purpose, making)
    making.catch(() => made.delete(purpose))
    return making
  }
  return {
    encryptionKeys: async (purpose: string) => {
      const { agreement, rsa } = await pairsOf(purpose)
      return [agreement.publicJwk, { ...rsa.publicJwk, alg: RSA_ALGORITHM }]
    },
    decrypt: async (purpose: string, jwe: string, allowed: AllowedEncryption) =>
      decrypt(await pairsOf(purpose), jwe, allowed),
  }
}

async function makePairs(masterKey: KeyObject, purpose: string): Promise<Pairs> {
  const bytes = (what: string, length: number) =>
    Buffer.from(hkdfSync('sha256', masterKey, '', `countersign ${what} ${purpose}`, length))
  const rsa = await deriveRsaKey((prime) => bytes(`encryption ${prime}`, PRIME_BYTES))
  return { agreement: agreementPair(bytes), rsa: pairOf(rsa) }
}

/** HKDF-SHA256 gives the private scalar; one that is zero or beyond the order of the curve is refused, and the next is taken. */
function agreementPair(bytes: (what: string, length: number) => Buffer): Pair {
  for (let attempt = 0; ; attempt++) {
    const scalar = bytes(`agreement ${attempt}`, 32)
    const pair = createECDH('prime256v1')
    try {
      pair.setPrivateKey(scalar)
    } catch {
      continue
    }
    const point = pair.getPublicKey()
    const half = (start: number) => point.subarray(start, start + 32).toString('base64url')
    const jwk = { kty: 'EC', crv: 'P-256', x: half(1), y: half(33), d: scalar.toString('base64url') }
    return pairOf(createPrivateKey({ key: jwk, format: 'jwk' }))
  }
}

function pairOf(privateKey: KeyObject): Pair {
  const members = publicMembersOf(createPublicKey(privateKey).export({ format: 'jwk' }) as Record<string, unknown>)
  return { privateKey, publicJwk: { ...members, kid: String(thumbprintOf(members)) } }
}

/** Decrypts a compact JWE (RFC 7516 §5.2). Compression is not among what jose reads. */
async function decrypt(
  { agreement, rsa }: Pairs,
  jwe: string,
  { algorithms, encryptions }: AllowedEncryption,
): Promise<Decrypted | undefined> {
  const { compactDecrypt } = await import('jose')
  const keyFor = ({ alg }: { readonly alg?: string }) => (alg === RSA_ALGORITHM ? rsa : agreement).privateKey
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, keyFor, {
      keyManagementAlgorithms: [...algorithms],
      contentEncryptionAlgorithms: [...encryptions],
    })
    const { alg, enc } = protectedHeader
    return { text: new TextDecoder().decode(plaintext), alg, enc }
  } catch {
    return undefined
  }
}
