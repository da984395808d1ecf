// Key pairs with which others encrypt for the server (P-256). They follow from the master key, so nothing is stored.
import { createECDH, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { AllowedEncryption, Decrypted } from '#domain/outside.ts'
import { publicMembersOf, thumbprintOf } from './jwk.ts'

const KEYS_KEPT = 500

interface AgreementKey {
  readonly privateKey: KeyObject
  readonly publicJwk: Readonly<Record<string, unknown>>
}

/** Makes and uses the pairs, each for one purpose. @param masterKey that they follow from */
export function agreementKeys(masterKey: KeyObject) {
  const made = new LRUCache<string, AgreementKey>({ max: KEYS_KEPT })
  const keyOf = (purpose: string): AgreementKey => {
    const known = made.get(purpose)
    if (known) return known
    const key = derived(masterKey, purpose)
    made.set(purpose, key)
    return key
  }
  return {
    agreementKey: (purpose: string) => keyOf(purpose).publicJwk,
    decrypt: (purpose: string, jwe: string, allowed: AllowedEncryption) =>
      decrypt(keyOf(purpose).privateKey, jwe, allowed),
  }
}

/** HKDF-SHA256 gives the private scalar; one that is zero or beyond the order of the curve is refused, and the next is taken. */
function derived(masterKey: KeyObject, purpose: string): AgreementKey {
  for (let attempt = 0; ; attempt++) {
    const scalar = Buffer.from(hkdfSync('sha256', masterKey, '', `countersign agreement ${attempt} ${purpose}`, 32))
    const pair = createECDH('prime256v1')
    try {
      pair.setPrivateKey(scalar)
    } catch {
      continue
    }
    const point = pair.getPublicKey()
    const half = (start: number) => point.subarray(start, start + 32).toString('base64url')
    const jwk = { kty: 'EC', crv: 'P-256', x: half(1), y: half(33), d: scalar.toString('base64url') }
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
    const members = publicMembersOf(createPublicKey(privateKey).export({ format: 'jwk' }) as Record<string, unknown>)
    return { privateKey, publicJwk: { ...members, kid: String(thumbprintOf(members)) } }
  }
}

/** Decrypts a compact JWE (RFC 7516 §5.2). Compression is not among what jose reads. */
async function decrypt(
  key: KeyObject,
  jwe: string,
  { algorithms, encryptions }: AllowedEncryption,
): Promise<Decrypted | undefined> {
  const { compactDecrypt } = await import('jose')
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [...algorithms],
      contentEncryptionAlgorithms: [...encryptions],
    })
    const { alg, enc } = protectedHeader
    return { text: new TextDecoder().decode(plaintext), alg, enc }
  } catch {
    return undefined
  }
}
