// Has people sign in by a test provider at the default realm of a running server, without a browser.
import assert from 'node:assert/strict'
import type { TestProvider } from './external-provider.ts'
import { exchange, proofKey, requestUrl, type TestClient } from './realm.ts'
import type { TestServer } from './server.ts'
import { type PageReply, UserAgent } from './user-agent.ts'

const PROVIDERS = '/v1/realms/default/identity-providers'

/** A page, or a redirect that leaves the server. */
export type End = PageReply & { readonly away?: URL }

/** A browser, and the code verifier of its authorization request. */
export interface Visit {
  readonly agent: UserAgent
  readonly verifier: string
}

/** Whether there is the cookie of a session. */
export function isSignedIn({ cookies }: UserAgent): boolean {
  return [...cookies.keys()].some((name) => /session-/.test(name))
}

/** Sign-ins at one server by one test provider. */
export class ExternalVisits {
  readonly #server: TestServer
  readonly #idp: TestProvider
  readonly #client: TestClient
  /** The provider whose button is pressed. */
  providerId = ''

  constructor(server: TestServer, idp: TestProvider, client: TestClient) {
    this.#server = server
    this.#idp = idp
    this.#client = client
  }

  /** Saves the test provider at the realm. @param given members besides the usual ones @returns its id */
  async makeProvider(given: object): Promise<string> {
    const { issuer, clientId, clientSecret } = this.#idp
    const body = {
      ...{ provider_type: 'oidc', name: 'Acme', issuer, client_id: clientId, client_secret: clientSecret },
      ...given,
    }
    return (await this.#server.api<{ id: string }>('POST', PROVIDERS, body)).id
  }

  async changeProvider(change: object): Promise<void> {
    await this.#server.api('PATCH', `${PROVIDERS}/${this.providerId}`, change)
  }

  /** Comes to the sign-in page by an authorization request. @param more parameters of it */
  async begin(
    more: Readonly<Record<string, string>> = {},
    agent = new UserAgent(this.#server.url),
  ): Promise<Visit & { readonly page: PageReply }> {
    const { verifier, challenge } = proofKey()
    const url = requestUrl(this.#server, this.#client, { ...more }, challenge)
    return { agent, verifier, page: await agent.follow(await agent.request(url)) }
  }

  /**
   * Posts the form of a page, which leads to the provider.
   * @returns what the provider is asked, and where it sends the browser
   */
  async press(
    agent: UserAgent,
    page: PageReply,
    values: Record<string, string> = { provider: this.providerId },
  ): Promise<{ readonly asked: URL; readonly back: string }> {
    const there: End = await agent.submit(page, values)
    assert.ok(there.away, `${there.status} ${there.text}`)
    const response = await fetch(there.away, { redirect: 'manual' })
    return { asked: there.away, back: response.headers.get('location') ?? '' }
  }

  /** Brings the browser back from the provider. */
  async arrive(agent: UserAgent, back: string): Promise<End> {
    return agent.follow(await agent.request(back))
  }

  /** All of it. */
  async signIn(more: Readonly<Record<string, string>> = {}): Promise<Visit & { readonly end: End }> {
    const { agent, verifier, page } = await this.begin(more)
    const { back } = await this.press(agent, page)
    return { agent, verifier, end: await this.arrive(agent, back) }
  }

  /** The claims of the ID token in the end. */
  async claimsOf({ agent, verifier, end }: Visit & { readonly end: End }): Promise<Record<string, unknown>> {
    const last = /value="allow"/.test(end.text) ? await agent.submit(end, { decision: 'allow' }) : end
    const code = 'away' in last ? last.away?.searchParams.get('code') : undefined
    assert.ok(code, `${last.status} ${last.text.replace(/<[^>]+>/g, ' ')}`)
    const { body } = await exchange(this.#server, this.#client, { code, verifier })
    return JSON.parse(Buffer.from(String(body.id_token).split('.')[1] ?? '', 'base64url').toString())
  }
}
