// A relying party of the conformance runner: asks the endpoints of one realm as the suite does.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { TestServer } from '../server.ts'
import { type PageReply, type Person, UserAgent } from '../user-agent.ts'

export const CALLBACK = 'https://rp.example/callback'

/** A realm that the runner asks. */
export interface Site {
  readonly server: TestServer
  readonly issuer: string
  /** Where its admin API is. */
  readonly path: string
  readonly person: Person
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Makes a realm, which signs with ES256 by default, and a person in it. */
export async function openSite(server: TestServer, name: string, policy: object): Promise<Site> {
  const made = await server.api<{ issuer_id: string; issuer: string }>('POST', '/v1/realms', { name, policy })
  const path = `/v1/realms/${made.issuer_id}`
  const person = { email: `${name.toLowerCase()}@example.com`, password: 'correct horse battery staple' }
  const profile = { given_name: 'Ada', family_name: 'Lovelace', phone: '+44 20 7946 0000' }
  await server.api('POST', `${path}/users`, { ...person, ...profile })
  const metadata = (await (await fetch(`${made.issuer}/.well-known/openid-configuration`)).json()) as object
  return { server, issuer: made.issuer, path, person, metadata: { ...metadata } }
}

/** A client as an API answered. */
export interface Registered {
  readonly client_id: string
  readonly client_secret?: string
  /** Absent or null for that of the realm. */
  readonly id_token_signed_response_alg?: string | null
}

/** What came back at the redirect URI, or the page that stayed. */
export interface Outcome {
  readonly answer: URLSearchParams
  readonly page?: PageReply
}

/** What an endpoint for programs answered. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

type Fields = Record<string, string | undefined>

/** Only the members that are there. */
export function given(fields: Fields): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** Posts a form. */
export async function postForm(url: string, fields: Fields, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(given(fields)) })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : {} }
}

/** A client with a browser of its own, at one realm. */
export class Party {
  readonly site: Site
  readonly client: Registered
  readonly mode: 'query' | 'form_post'
  readonly agent: UserAgent

  constructor(site: Site, client: Registered, mode: 'query' | 'form_post' = 'query') {
    this.site = site
    this.client = client
    this.mode = mode
    this.agent = new UserAgent(new URL(site.issuer).origin)
  }

  /** The same client with a browser that nobody has signed in with. */
  fresh(client = this.client): Party {
    return new Party(this.site, client, this.mode)
  }

  endpoint(name: string): string {
    return String(this.site.metadata[name])
  }

  /** The address of an authorization request; what is undefined is left out. */
  address(changes: Fields = {}): string {
    const request = given({
      response_type: 'code',
      client_id: this.client.client_id,
      redirect_uri: CALLBACK,
      scope: 'openid',
      state: randomBytes(8).toString('hex'),
      nonce: randomBytes(8).toString('hex'),
      ...(this.mode === 'form_post' && { response_mode: 'form_post' }),
      ...changes,
    })
    return `${this.endpoint('authorization_endpoint')}?${new URLSearchParams(request)}`
  }

  /** Goes through an authorization request, signs in and decides wherever a page asks. */
  async authorize(changes: Fields = {}, decision: 'allow' | 'deny' = 'allow'): Promise<Outcome> {
    return this.walk(await this.agent.request(this.address(changes)), decision)
  }

  /** Goes on from a reply until the client has its answer, or a page stays. */
  async walk(first: PageReply, decision: 'allow' | 'deny' = 'allow'): Promise<Outcome> {
    let page: PageReply & { readonly away?: URL } = await this.agent.follow(first)
    for (let step = 0; step < 4; step++) {
      if (page.away) return { answer: page.away.searchParams }
      const { action, fields } = this.agent.form(page)
      if (action.startsWith('https://rp.example/')) return { answer: new URLSearchParams(fields), page }
      if (/name="password"/.test(page.text)) page = await this.agent.submit(page, { ...this.site.person })
      else if (/value="allow"/.test(page.text)) page = await this.agent.submit(page, { decision })
      else break
    }
    return page.away ? { answer: page.away.searchParams } : { answer: new URLSearchParams(), page }
  }

  get basic(): { authorization: string } {
    const { client_id: id, client_secret: secret = '' } = this.client
    return { authorization: `Basic ${btoa(`${id}:${secret}`)}` }
  }

  /** Exchanges a code. */
  exchange(code: string | null, more: Fields = {}, headers: Record<string, string> = this.basic): Promise<Reply> {
    const fields = { grant_type: 'authorization_code', code: code ?? '', redirect_uri: CALLBACK, ...more }
    return postForm(this.endpoint('token_endpoint'), fields, headers)
  }

  /** Goes through a request to its tokens; the ID token is verified. */
  async tokens(changes: Fields = {}): Promise<{ body: Record<string, unknown>; claims: JWTPayload; code: string }> {
    const { answer } = await this.authorize(changes)
    const code = answer.get('code') ?? ''
    assert.notEqual(code, '', `no code: ${answer}`)
    const { status, body } = await this.exchange(code)
    assert.equal(status, 200, JSON.stringify(body))
    return { body, code, claims: await this.verified(String(body.id_token)) }
  }

  /** The claims of an ID token that verifies by the algorithm of the client and no other (OpenID Connect Core §3.1.3.7). */
  async verified(token: string): Promise<JWTPayload> {
    const { client_id: audience, id_token_signed_response_alg: chosen } = this.client
    const keys = createRemoteJWKSet(new URL(this.endpoint('jwks_uri')))
    const algorithms = [chosen ?? 'ES256']
    return (await jwtVerify(token, keys, { issuer: this.site.issuer, audience, algorithms })).payload
  }

  /** Asks userinfo with a bearer token in the header. */
  async userinfo(token: unknown, method = 'GET'): Promise<Reply> {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(this.endpoint('userinfo_endpoint'), { method, headers })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : {} }
  }
}
