// Programs and people who administer a running server with access tokens.
import { createHash, randomBytes } from 'node:crypto'
import type { TestServer } from './server.ts'
import { type Person, UserAgent } from './user-agent.ts'

/** A client for programs, as its creation answers. */
export interface AdminClient {
  readonly id: string
  readonly client_id: string
  readonly client_secret: string
  readonly token_endpoint: string
  readonly admin_api_url: string
  readonly example: string
}

/** What a token endpoint answered. */
export interface TokenAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Makes a client for the admin API. @param query such as `?tenant_id=…` */
export function makeAdminClient(server: TestServer, query = '', body: object = {}): Promise<AdminClient> {
  return server.api<AdminClient>('POST', `/v1/api-clients${query}`, { label: 'ci-pipeline', ...body })
}

/** Asks for a token with client_credentials and whatever else is given. */
export async function askForToken(
  { token_endpoint: endpoint, client_id: id, client_secret: secret }: AdminClient,
  fields: Record<string, string> = {},
): Promise<TokenAnswer> {
  return post(endpoint, { grant_type: 'client_credentials', ...fields }, `Basic ${btoa(`${id}:${secret}`)}`)
}

/** Posts a form. */
export async function post(
  endpoint: string,
  fields: Record<string, string>,
  authorization?: string,
): Promise<TokenAnswer> {
  const response = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams(fields),
    ...(authorization !== undefined && { headers: { authorization } }),
  })
  const text = await response.text()
  return { status: response.status, body: text ? JSON.parse(text) : {} }
}

/** A token of a client for the admin API. */
export async function tokenFor(client: AdminClient): Promise<string> {
  const { status, body } = await askForToken(client)
  if (status !== 200) throw new Error(`the token endpoint answered ${status}: ${JSON.stringify(body)}`)
  return String(body.access_token)
}

/** The issuer that a client for the admin API gets its tokens from. */
export function issuerOfClient({ token_endpoint: endpoint }: AdminClient): string {
  return endpoint.replace(/\/oauth\/token$/, '')
}

/**
 * Signs a person in at an admin realm through its pages, as a terminal's client does.
 * @param more parameters of the authorization request
 */
export async function signInAtTerminal(
  server: Pick<TestServer, 'url'>,
  issuer: string,
  person: Person,
  more: Record<string, string> = {},
): Promise<TokenAnswer> {
  const verifier = randomBytes(32).toString('base64url')
  const redirectUri = 'http://127.0.0.1:49321/callback'
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: 'semauth-cli',
    redirect_uri: redirectUri,
    scope: 'openid email profile offline_access management:full',
    state: 'here',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  })
  const away = await new UserAgent(server.url).authorize(`${issuer}/oauth/authorize?${request}`, person)
  const code = away.searchParams.get('code')
  if (code === null) throw new Error(`no code came back: ${away}`)
  return post(`${issuer}/oauth/token`, {
    grant_type: 'authorization_code',
    client_id: 'semauth-cli',
    redirect_uri: redirectUri,
    code,
    code_verifier: verifier,
  })
}
