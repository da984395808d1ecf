// The key of the agent and the proofs that it has it (RFC 9449).
import { base64url, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** A key pair of P-256, as `crypto.subtle` or jose makes it. */
export type DpopKeyPair = Pick<CryptoKeyPair, 'publicKey' | 'privateKey'>

/** Makes proofs. It remembers the last nonce of each server (RFC 9449 §8, §9). */
export class DpopKey {
  readonly #pair: Promise<{ readonly privateKey: CryptoKey; readonly jwk: JWK }>
  readonly #now: () => number
  readonly #nonces = new Map<string, string>()

  /** @param pair a new one by default, which nobody can export */
  constructor(pair: DpopKeyPair | undefined, now: () => number) {
    this.#pair = prepared(pair)
    this.#now = now
  }

  /** A proof for one request. @param token the access token that the request has */
  async prove(method: string, url: string, token?: string): Promise<string> {
    const { privateKey, jwk } = await this.#pair
    const { origin, pathname } = new URL(url)
    const nonce = this.#nonces.get(origin)
    const claims = {
      jti: crypto.randomUUID(),
      htm: method,
      htu: `${origin}${pathname}`,
      iat: Math.floor(this.#now() / 1000),
      ...(token !== undefined && { ath: await sha256(token) }),
      ...(nonce !== undefined && { nonce }),
    }
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).sign(privateKey)
  }

  /** Remembers the nonce of a response. @returns whether it had one */
  keepNonce(url: string, response: Response): boolean {
    const nonce = response.headers.get('dpop-nonce')
    if (nonce !== null) this.#nonces.set(new URL(url).origin, nonce)
    return nonce !== null
  }
}

async function prepared(pair: DpopKeyPair | undefined): Promise<{ privateKey: CryptoKey; jwk: JWK }> {
  const { publicKey, privateKey } = pair ?? (await generateKeyPair('ES256'))
  return { privateKey, jwk: await exportJWK(publicKey) }
}

async function sha256(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
}
