// Asks the authorization server for tokens: metadata (RFC 8414), client authentication, and the token endpoint.
import { SignJWT } from 'jose'
import type { DpopKey } from './dpop-key.ts'
import { ConsentRequired, StepUpRequired, TokenRefused, Untrusted } from './failure.ts'

/** How requests are made. */
export type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>

/** How the client authenticates: with a secret, with a key (RFC 7523 §2.2), or not at all. */
export interface ClientOptions {
  readonly clientId: string
  readonly clientSecret?: string
  readonly privateKey?: { readonly key: CryptoKey; readonly kid?: string; readonly alg?: string }
}

/** What the token endpoint gave. */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in?: number
  readonly scope?: string
  readonly refresh_token?: string
  readonly id_token?: string
  readonly authorization_details?: readonly Readonly<Record<string, unknown>>[]
}

/** What the backchannel authentication endpoint gave (CIBA §7.3). */
export interface ApprovalResponse {
  readonly auth_req_id: string
  readonly expires_in: number
  readonly interval?: number
}

interface Endpoints {
  readonly token: string
  readonly backchannel: string | undefined
}

type Parameters = readonly (readonly [name: string, value: string])[]

const TIMEOUT = 10_000
const ASSERTION_LIFETIME = 60
const METADATA_FRESH = 3_600_000
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** Errors of a token endpoint that a person can mend. */
const NEEDS_PERSON: readonly string[] = ['consent_required', 'interaction_required', 'login_required']

/** One issuer, as one client sees it. */
export class AuthorizationServer {
  /** Its identifier, exactly as in its metadata. */
  readonly issuer: string
  readonly #client: ClientOptions
  readonly #fetch: Fetch
  readonly #now: () => number
  readonly #dpop: DpopKey | undefined
  #metadata: { readonly endpoints: Promise<Endpoints>; readonly until: number } | undefined

  constructor(
    issuer: string,
    client: ClientOptions,
    parts: { fetch: Fetch; now: () => number; dpop: DpopKey | undefined },
  ) {
    this.issuer = issuer
    this.#client = client
    this.#fetch = parts.fetch
    this.#now = parts.now
    this.#dpop = parts.dpop
  }

  /**
   * Asks the token endpoint.
   * @throws TokenRefused, ConsentRequired or StepUpRequired if it refuses
   * @throws Untrusted if the metadata is that of another issuer
   */
  async token(parameters: Parameters): Promise<TokenResponse> {
    const { token: endpoint } = await this.#endpoints()
    const first = await this.#post(endpoint, parameters)
    const hasNonce = this.#dpop?.keepNonce(endpoint, first) ?? false
    const body = await bodyOf(first)
    if (first.ok && isTokenResponse(body)) return body
    if (body.error !== 'use_dpop_nonce' || !hasNonce) throw failureOf(first, body)
    const second = await this.#post(endpoint, parameters)
    this.#dpop?.keepNonce(endpoint, second)
    const last = await bodyOf(second)
    if (second.ok && isTokenResponse(last)) return last
    throw failureOf(second, last)
  }

  /**
   * Asks the backchannel authentication endpoint (CIBA §7).
   * @throws TokenRefused, ConsentRequired or StepUpRequired if it refuses, or the issuer has none
   * @throws Untrusted as `token`
   */
  async askApproval(parameters: Parameters): Promise<ApprovalResponse> {
    const { backchannel } = await this.#endpoints()
    if (backchannel === undefined) {
      throw new TokenRefused('unsupported_grant_type', `${this.issuer} has no backchannel authentication endpoint.`)
    }
    const response = await this.#post(backchannel, parameters)
    const body = await bodyOf(response)
    if (response.ok && isApprovalResponse(body)) return body
    throw failureOf(response, body)
  }

  async #post(endpoint: string, parameters: Parameters): Promise<Response> {
    const { clientId, clientSecret, privateKey } = this.#client
    const form = new URLSearchParams(parameters.map(([name, value]) => [name, value]))
    const headers: Record<string, string> = { accept: 'application/json' }
    if (privateKey) {
      form.append('client_assertion_type', ASSERTION_TYPE)
      form.append('client_assertion', await this.#assertion(privateKey))
    } else if (clientSecret !== undefined) {
      headers.authorization = `Basic ${btoa(`${encodeForm(clientId)}:${encodeForm(clientSecret)}`)}`
    } else {
      form.append('client_id', clientId)
    }
    if (this.#dpop) headers.dpop = await this.#dpop.prove('POST', endpoint)
    return this.#request(endpoint, { method: 'POST', headers, body: form })
  }

  #assertion({ key, kid, alg = 'ES256' }: NonNullable<ClientOptions['privateKey']>): Promise<string> {
    const { clientId } = this.#client
    const iat = Math.floor(this.#now() / 1000)
    const exp = iat + ASSERTION_LIFETIME
    return new SignJWT({ iss: clientId, sub: clientId, aud: this.issuer, jti: crypto.randomUUID(), iat, exp })
      .setProtectedHeader({ alg, typ: 'JWT', ...(kid !== undefined && { kid }) })
      .sign(key)
  }

  /** They are asked for once at a time, and not kept if that fails. */
  #endpoints(): Promise<Endpoints> {
    if (this.#metadata && this.#now() < this.#metadata.until) return this.#metadata.endpoints
    const endpoints = this.#findEndpoints()
    const asked = { endpoints, until: this.#now() + METADATA_FRESH }
    this.#metadata = asked
    endpoints.catch(() => {
      if (this.#metadata === asked) this.#metadata = undefined
    })
    return endpoints
  }

  async #findEndpoints(): Promise<Endpoints> {
    const { origin, pathname } = new URL(this.issuer)
    const path = pathname === '/' ? '' : pathname.replace(/\/$/, '')
    const response = await this.#request(`${origin}/.well-known/oauth-authorization-server${path}`)
    if (!response.ok) throw new TokenRefused('temporarily_unavailable', 'The issuer has no metadata.', response)
    const { issuer, token_endpoint: token, backchannel_authentication_endpoint: backchannel } = await bodyOf(response)
    if (issuer !== this.issuer) throw new Untrusted(`The metadata of ${this.issuer} is that of ${String(issuer)}.`)
    if (typeof token !== 'string') throw new Untrusted(`The metadata of ${this.issuer} has no token endpoint.`)
    return { token, backchannel: typeof backchannel === 'string' ? backchannel : undefined }
  }

  #request(address: string, init: RequestInit = {}): Promise<Response> {
    // Workers do not know the mode `error`; a redirect that is not followed is not `ok`.
    return this.#fetch(address, { redirect: 'manual', ...init, signal: AbortSignal.timeout(TIMEOUT) })
  }
}

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json().catch(() => undefined)
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
}

function isTokenResponse(body: Record<string, unknown>): body is Record<string, unknown> & TokenResponse {
  return typeof body.access_token === 'string' && typeof body.token_type === 'string'
}

function isApprovalResponse(body: Record<string, unknown>): body is Record<string, unknown> & ApprovalResponse {
  const { auth_req_id: id, expires_in: lifetime, interval = 1 } = body
  return typeof id === 'string' && typeof lifetime === 'number' && typeof interval === 'number' && interval > 0
}

function failureOf(response: Response, body: Record<string, unknown>): Error {
  const { error, error_description: description, acr_values: acrValues, max_age: maxAge } = body
  const code = typeof error === 'string' ? error : 'server_error'
  if (code === 'insufficient_user_authentication') {
    return new StepUpRequired({
      acrValues: typeof acrValues === 'string' ? acrValues.split(' ') : undefined,
      maxAge: maxAge === undefined ? undefined : Number(maxAge),
    })
  }
  const after = Number(response.headers.get('retry-after') ?? Number.NaN)
  const more = { status: response.status, retryAfter: Number.isFinite(after) ? after : undefined }
  const text =
    typeof description === 'string' ? description : `The authorization server responds with ${response.status}.`
  return new (NEEDS_PERSON.includes(code) ? ConsentRequired : TokenRefused)(code, text, more)
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
function encodeForm(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
