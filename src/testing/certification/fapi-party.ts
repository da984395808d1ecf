// Relying parties of the plan FAPI 2.0 Security Profile: they authenticate by private_key_jwt, and hold a DPoP key or a certificate.
import assert from 'node:assert/strict'
import { assertionFields, type ClientKey, makeClientKey, signAssertion } from '../assertion.ts'
import { makeCertificate, type TestCertificate } from '../certificate-authority.ts'
import { ath, makeDpopKey } from '../dpop.ts'
import { fetchWith } from '../mutual-tls.ts'
import { proofKey } from '../realm.ts'
import { CALLBACK, given, type Outcome, Party, postForm, type Registered, type Reply, type Site } from './party.ts'

export type Fields = Record<string, string | undefined>
export type Claims = Record<string, unknown>

/** What of a request to the token endpoint is not as usual. */
export interface Asking {
  readonly proof?: Claims
  readonly assertion?: Fields
}

/** A client of a realm with the profile fapi-2.0. */
export abstract class FapiParty extends Party {
  readonly key: ClientKey
  /** The type of its tokens. */
  abstract readonly scheme: 'DPoP' | 'Bearer'
  /** The error of a code that comes without the proof of possession. */
  abstract readonly unproven: string

  constructor(site: Site, client: Registered, key: ClientKey) {
    super(site, client)
    this.key = key
  }

  /** The same client with a browser that nobody has signed in with. */
  abstract again(): FapiParty
  /** Another client of this kind. @param algorithm of what it signs */
  abstract other(algorithm?: string): Promise<FapiParty>
  /** Asks the token endpoint, with proof of possession. */
  abstract ask(fields: Fields, asking?: Asking): Promise<Reply>
  /** Asks userinfo with a bound token, with proof of possession. */
  abstract protected(token: unknown, scheme?: string): Promise<Reply>

  /** The form fields of a client assertion. */
  async assertion(claims: Claims = {}): Promise<Fields> {
    const facts = { clientId: this.client.client_id, issuer: this.site.issuer, now: Date.now() }
    return assertionFields(await signAssertion(this.key, facts, claims))
  }

  /** Pushes a request. */
  async push(changes: Fields = {}, assertion?: Fields): Promise<Reply & { verifier: string }> {
    const { verifier, challenge } = proofKey()
    const fields = {
      ...{ response_type: 'code', client_id: this.client.client_id, redirect_uri: CALLBACK, scope: 'openid' },
      ...{ state: 's', nonce: 'n', code_challenge: challenge, code_challenge_method: 'S256' },
      ...(assertion ?? (await this.assertion())),
      ...changes,
    }
    const reply = await postForm(this.endpoint('pushed_authorization_request_endpoint'), fields)
    return { ...reply, verifier }
  }

  /** Opens a pushed request in the browser. */
  async open(requestUri: unknown, decision: 'allow' | 'deny' = 'allow', client = this.client): Promise<Outcome> {
    const query = new URLSearchParams({ client_id: client.client_id, request_uri: String(requestUri) })
    return this.walk(await this.agent.request(`${this.endpoint('authorization_endpoint')}?${query}`), decision)
  }

  /** Pushes a request and brings its code back. */
  async code(changes: Fields = {}): Promise<{ code: string; verifier: string }> {
    const { status, body, verifier } = await this.push(changes)
    assert.equal(status, 201, JSON.stringify(body))
    const { answer } = await this.open(body.request_uri)
    const code = answer.get('code') ?? ''
    assert.notEqual(code, '', String(answer))
    return { code, verifier }
  }

  /** Exchanges a code. */
  redeem({ code, verifier }: { code: string; verifier: string }, asking?: Asking): Promise<Reply> {
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK }
    return this.ask(fields, asking)
  }
}

async function register(site: Site, algorithm: string, more: object = {}): Promise<[Registered, ClientKey]> {
  const key = await makeClientKey(algorithm)
  const client = await site.server.api<Registered>('POST', `${site.path}/clients`, {
    ...{ label: 'FAPI', auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] }, redirect_uris: [CALLBACK] },
    ...{ grant_types: ['authorization_code', 'refresh_token'], scopes: ['openid', 'email', 'offline_access'] },
    ...more,
  })
  return [client, key]
}

type DpopKey = Awaited<ReturnType<typeof makeDpopKey>>

/** One that proves to hold a key by DPoP (RFC 9449). */
export class DpopParty extends FapiParty {
  readonly scheme = 'DPoP'
  readonly unproven = 'invalid_dpop_proof'
  readonly dpop: DpopKey
  #nonce: string | undefined

  constructor(site: Site, client: Registered, key: ClientKey, dpop: DpopKey) {
    super(site, client, key)
    this.dpop = dpop
  }

  /** Registers a client with a key of its own. */
  static async make(site: Site, algorithm = 'ES256'): Promise<DpopParty> {
    return new DpopParty(site, ...(await register(site, algorithm)), await makeDpopKey())
  }

  again(dpop = this.dpop): DpopParty {
    return new DpopParty(this.site, this.client, this.key, dpop)
  }

  other(algorithm?: string): Promise<DpopParty> {
    return DpopParty.make(this.site, algorithm)
  }

  /** Repeats the request with the nonce that it is told. */
  async ask(fields: Fields, { proof = {}, assertion }: Asking = {}): Promise<Reply> {
    const url = this.endpoint('token_endpoint')
    for (let round = 0; ; round++) {
      const nonce = this.#nonce === undefined ? {} : { nonce: this.#nonce }
      const dpop = await this.dpop.prove(url, Date.now(), { ...nonce, ...proof })
      const reply = await postForm(url, { ...(assertion ?? (await this.assertion())), ...fields }, { dpop })
      this.#nonce = reply.headers.get('dpop-nonce') ?? this.#nonce
      if (round > 0 || reply.body.error !== 'use_dpop_nonce') return reply
    }
  }

  async protected(token: unknown, scheme = 'DPoP', proof: Claims = {}): Promise<Reply> {
    const url = this.endpoint('userinfo_endpoint')
    for (let round = 0; ; round++) {
      const claims = { htm: 'GET', ath: ath(String(token)), ...(this.#nonce !== undefined && { nonce: this.#nonce }) }
      const dpop = await this.dpop.prove(url, Date.now(), { ...claims, ...proof })
      const reply = await read(await fetch(url, { headers: { authorization: `${scheme} ${token}`, dpop } }))
      this.#nonce = reply.headers.get('dpop-nonce') ?? this.#nonce
      if (round > 0 || reply.body.error !== 'use_dpop_nonce') return reply
    }
  }
}

/** One whose tokens are bound to its TLS certificate (RFC 8705 §3). It asks at the addresses for certificates. */
export class CertificateParty extends FapiParty {
  readonly scheme = 'Bearer'
  readonly unproven = 'invalid_request'
  readonly certificate: TestCertificate

  constructor(site: Site, client: Registered, key: ClientKey, certificate: TestCertificate) {
    super(site, client, key)
    this.certificate = certificate
  }

  /** Registers a client with a key and a certificate of its own. */
  static async make(site: Site, algorithm = 'ES256'): Promise<CertificateParty> {
    const bound = { tls_client_certificate_bound_access_tokens: true }
    return new CertificateParty(site, ...(await register(site, algorithm, bound)), makeCertificate())
  }

  again(certificate = this.certificate): CertificateParty {
    return new CertificateParty(this.site, this.client, this.key, certificate)
  }

  other(algorithm?: string): Promise<CertificateParty> {
    return CertificateParty.make(this.site, algorithm)
  }

  /** Where it finds an endpoint with its certificate (RFC 8705 §5). */
  alias(name: string): string {
    return String((this.site.metadata.mtls_endpoint_aliases as Claims)[name])
  }

  async ask(fields: Fields, { assertion }: Asking = {}): Promise<Reply> {
    const body = new URLSearchParams(given({ ...(assertion ?? (await this.assertion())), ...fields }))
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return read(await fetchWith(this.certificate)(this.alias('token_endpoint'), { method: 'POST', headers, body }))
  }

  async protected(token: unknown, scheme = 'Bearer'): Promise<Reply> {
    const headers = { authorization: `${scheme} ${token}` }
    return read(await fetchWith(this.certificate)(this.alias('userinfo_endpoint'), { headers }))
  }
}

async function read(response: Response): Promise<Reply> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : {} }
}
