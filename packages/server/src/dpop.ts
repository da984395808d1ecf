// DPoP proofs (RFC 9449): the client shows with each request that it has the key that its token is bound to.
import { base64url, calculateJwkThumbprint, EmbeddedJWK, type JWK, type JWTPayload, jwtVerify } from 'jose'
import { Fault } from './refusal.ts'
import type { ReplayStore } from './replay-store.ts'

/** The algorithms that a proof may be signed with. */
export const PROOF_ALGORITHMS: readonly string[] = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256']
const TOLERANCE = 60
const NONCE_PERIOD = 120_000
const TEXT_MAX = 8_192
const JTI_MAX = 256

/** The nonces of proofs (RFC 9449 §9): a MAC of the time, so that they need no store. */
export class DpopNonces {
  readonly #key: Promise<CryptoKey>
  readonly #now: () => number

  /** @param secret the same in all processes, at least 32 bytes; a random one by default */
  constructor(secret: Uint8Array | undefined, now: () => number) {
    const bytes = new Uint8Array(secret ?? crypto.getRandomValues(new Uint8Array(32)))
    this.#key = crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    this.#now = now
  }

  /** The nonce of this moment. */
  current(): Promise<string> {
    return this.#at(Math.floor(this.#now() / NONCE_PERIOD))
  }

  /** Whether a nonce is of this period or the one before. */
  async has(nonce: unknown): Promise<boolean> {
    const period = Math.floor(this.#now() / NONCE_PERIOD)
    return nonce === (await this.#at(period)) || nonce === (await this.#at(period - 1))
  }

  async #at(period: number): Promise<string> {
    const text = new TextEncoder().encode(`dpop nonce ${period}`)
    return base64url.encode(new Uint8Array(await crypto.subtle.sign('HMAC', await this.#key, text)))
  }
}

/** What a proof is checked against. */
export interface ProofPlace {
  readonly method: string
  /** The address of the request, as the client sees it. */
  readonly url: string
  readonly token: string
  /** The `jkt` that the token is bound to. */
  readonly thumbprint: unknown
}

/** How proofs are checked. */
export interface ProofRules {
  readonly replays: ReplayStore
  readonly nonces: DpopNonces | undefined
  readonly now: () => number
}

/**
 * Verifies the proof of a request (RFC 9449 §4.3, §7.1), and remembers it.
 * @param header the value of the header `DPoP`
 * @throws Fault `invalid_dpop_proof`, `use_dpop_nonce`, or `invalid_token` where it is of another key
 */
export async function verifyProof(header: string | undefined, place: ProofPlace, rules: ProofRules): Promise<void> {
  const { jwk, claims } = await readProof(header, rules)
  const { htm, htu, iat, jti, ath, nonce } = claims
  const now = rules.now()
  if (htm !== place.method) throw invalid('htm is not the method of this request.')
  const address = addressOf(place.url)
  if (address === undefined || addressOf(htu) !== address) throw invalid('htu is not this address.')
  if (typeof iat !== 'number' || Math.abs(now / 1000 - iat) > TOLERANCE) throw invalid('iat is too far from now.')
  if (typeof jti !== 'string' || jti === '' || jti.length > JTI_MAX) throw invalid('jti is missing or too long.')
  if (ath !== (await sha256(place.token))) throw invalid('ath is not the hash of the access token.')
  const thumbprint = await calculateJwkThumbprint(jwk)
  if (thumbprint !== place.thumbprint) throw new Fault('invalid_token', 'The access token is bound to another key.')
  if (rules.nonces && !(await rules.nonces.has(nonce))) {
    throw new Fault('use_dpop_nonce', 'The proof needs the nonce of this server.', {
      headers: { 'dpop-nonce': await rules.nonces.current() },
    })
  }
  const isNew = await rules.replays.add(await sha256(`${thumbprint} ${jti}`), (iat + 2 * TOLERANCE) * 1000)
  if (!isNew) throw invalid('The proof was used before.')
}

async function readProof(
  header: string | undefined,
  { now }: ProofRules,
): Promise<{ jwk: JWK; claims: JWTPayload & Record<string, unknown> }> {
  if (header === undefined || header.includes(',') || header.length > TEXT_MAX) {
    throw invalid('There must be exactly one DPoP header.')
  }
  try {
    const { payload, protectedHeader } = await jwtVerify(header, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: [...PROOF_ALGORITHMS],
      currentDate: new Date(now()),
    })
    return { jwk: protectedHeader.jwk as JWK, claims: payload }
  } catch {
    throw invalid('The proof is malformed, or its signature is wrong.')
  }
}

/** An address without its query and fragment (RFC 9449 §4.3). */
function addressOf(text: unknown): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined
  const { origin, pathname } = new URL(text)
  return `${origin}${pathname}`
}

function invalid(description: string): Fault {
  return new Fault('invalid_dpop_proof', description)
}

/** The SHA-256 of a text, base64url. */
export async function sha256(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
}
