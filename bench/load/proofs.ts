// Owns the DPoP proofs of the load generator (RFC 9449 §4.2).
import { generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto'

const ES256 = { dsaEncoding: 'ieee-p1363' } as const

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The key of one client. */
export class ProofKey {
  readonly #key: KeyObject
  readonly #head: string
  readonly #prefix = randomBytes(9).toString('base64url')
  #count = 0

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
    this.#key = privateKey
    this.#head = base64url({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } })
  }

  /** The header line of a proof for a POST. @param url of the endpoint */
  line(url: string): string {
    const claims = { jti: `${this.#prefix}${++this.#count}`, htm: 'POST', htu: url, iat: Math.floor(Date.now() / 1000) }
    const text = `${this.#head}.${base64url(claims)}`
    const signature = sign('sha256', Buffer.from(text), { key: this.#key, ...ES256 }).toString('base64url')
    return `DPoP: ${text}.${signature}\r\n`
  }
}

/** Milliseconds that node:crypto takes on this machine to verify one ES256 signature with a key that it has. */
export function verificationTime(rounds = 2000): number {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const text = randomBytes(300)
  const signature = sign('sha256', text, { key: privateKey, ...ES256 })
  const run = () => {
    const start = performance.now()
    for (let round = 0; round < rounds; round++) verify('sha256', text, { key: publicKey, ...ES256 }, signature)
    return (performance.now() - start) / rounds
  }
  run()
  return run()
}
