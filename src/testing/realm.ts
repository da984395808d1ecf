// Owns what tests do at the default realm of a running server.
import { createHash, randomBytes } from 'node:crypto'
import type { TestServer } from './server.ts'
import { type Person, UserAgent } from './user-agent.ts'

/** A client as the admin API made it. */
export interface TestClient {
  readonly id: string
  readonly clientId: string
  readonly secret: string
  readonly basic: string
}

export const REDIRECT_URI = 'https://app.example/callback'

/** Registers a client at the default realm. */
export async function makeClient(server: TestServer, given: Record<string, unknown> = {}): Promise<TestClient> {
  const made = await server.api<{ id: string; client_id: string; client_secret?: string }>(
    'POST',
    '/v1/realms/default/clients',
    {
      label: 'Test client',
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scopes: ['openid', 'profile', 'email', 'offline_access', 'read', 'write'],
      redirect_uris: [REDIRECT_URI],
      ...given,
    },
  )
  const secret = made.client_secret ?? ''
  return { id: made.id, clientId: made.client_id, secret, basic: `Basic ${btoa(`${made.client_id}:${secret}`)}` }
}

/** Makes a user of the default realm. */
export async function makePerson(server: TestServer, email: string): Promise<Person & { id: string }> {
  const password = 'correct horse battery staple'
  const { id } = await server.api<{ id: string }>('POST', '/v1/realms/default/users', { email, password })
  return { id, email, password }
}

/** PKCE's two halves (RFC 7636 §4). */
export function proofKey(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** The URL of an authorization request of a client at the default realm. @param more parameters besides the usual ones */
export function requestUrl(
  server: Pick<TestServer, 'url'>,
  client: TestClient,
  more: Record<string, string> = {},
  challenge = proofKey().challenge,
): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: REDIRECT_URI,
    scope: 'openid profile email',
    state: 'a state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...more,
  })
  return `${server.url}/oauth/authorize?${query}`
}

/** Signs in at the default realm with a browser of its own and brings the code back. */
export async function getCode(
  server: TestServer,
  client: TestClient,
  person: Person,
  parameters: Record<string, string> = {},
  agent = new UserAgent(server.url),
): Promise<{ code: string; verifier: string; callback: URL }> {
  const { verifier, challenge } = proofKey()
  const callback = await agent.authorize(requestUrl(server, client, parameters, challenge), person)
  const code = callback.searchParams.get('code')
  if (code === null) throw new Error(`no code came back: ${callback}`)
  return { code, verifier, callback }
}

/** Posts a form to an endpoint of the default realm. */
export async function post(
  server: TestServer,
  path: string,
  fields: Record<string, string> | URLSearchParams,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const response = await fetch(server.url + path, { method: 'POST', headers, body: new URLSearchParams(fields) })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : {} }
}

/** Exchanges a code at the token endpoint. */
export function exchange(
  server: TestServer,
  client: TestClient,
  { code, verifier }: { code: string; verifier: string },
  more: Record<string, string> = {},
) {
  const fields = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: REDIRECT_URI,
    ...more,
  }
  return post(server, '/oauth/token', fields, { authorization: client.basic })
}

/** Spends a refresh token. */
export function refresh(server: TestServer, client: TestClient, token: string, more: Record<string, string> = {}) {
  const fields = { grant_type: 'refresh_token', refresh_token: token, ...more }
  return post(server, '/oauth/token', fields, { authorization: client.basic })
}

/** Whether a token holds. */
export async function isActive(server: TestServer, client: TestClient, token: string): Promise<boolean> {
  const { body } = await post(server, '/oauth/introspect', { token }, { authorization: client.basic })
  return body.active === true
}
