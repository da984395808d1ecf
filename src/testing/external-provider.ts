// An identity provider of tests: OpenID Connect and OAuth 2.0 over http on this machine, which signs everybody in without
// asking, and does one thing wrong where a test says so.
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'

/** What the provider does wrong, or otherwise. */
export interface Misbehaviour {
  /** Members of the authorization response besides `code` and `state`; undefined leaves one out. */
  readonly response?: Readonly<Record<string, string | undefined>>
  /** Claims of the ID token instead of the right ones; undefined leaves one out. */
  readonly idToken?: Readonly<Record<string, unknown>>
  readonly signature?: 'none' | 'secret' | 'other_key' | 'missing'
  /** Whether the ID token has the digest of the access token. `wrong`: of another one. */
  readonly atHash?: 'right' | 'wrong'
  readonly userinfo?: Readonly<Record<string, unknown>>
  /** What the token endpoint answers instead. */
  readonly token?: 'huge' | 'slow' | 'text' | 'error' | 'redirect'
  readonly emails?: unknown
  /** It is like Apple: it verifies the client secret as a JWT by this public key, and knows no PKCE. */
  readonly clientKey?: CryptoKey
}

/** A running provider. */
export interface TestProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Who signs in next: the claims of the person. */
  person: Record<string, unknown>
  misbehaviour: Misbehaviour
  /** The authorization requests that it got, oldest first. */
  readonly requests: readonly URLSearchParams[]
  /** The access tokens that it issued. */
  readonly issued: readonly string[]
  stop(): Promise<void>
}

interface Grant {
  readonly request: URLSearchParams
  readonly person: Record<string, unknown>
}

/** Starts a provider on a free port. */
export async function startExternalProvider(): Promise<TestProvider> {
  const [keys, others] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')]
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', use: 'sig', alg: 'ES256' }
  const [clientId, clientSecret] = ['countersign', 'a secret of the provider: 100 % / +']
  const grants = new Map<string, Grant>()
  const persons = new Map<string, Record<string, unknown>>()
  const requests: URLSearchParams[] = []
  const issued: string[] = []
  const server = createServer((request, response) => {
    void answer(request, response).catch((error) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Whoever forgets it does not wait for it.
  server.unref()
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = { issuer, clientId, clientSecret, person: {}, misbehaviour: {} as Misbehaviour, requests }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', issuer)
    const pages: Record<string, () => unknown> = {
      '/.well-known/openid-configuration': () => ({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        userinfo_endpoint: `${issuer}/userinfo`,
        authorization_response_iss_parameter_supported: true,
      }),
      '/jwks': () => ({ keys: [jwk] }),
      '/userinfo': () => ({ ...persons.get(tokenOf(request)), ...provider.misbehaviour.userinfo }),
      '/emails': () => provider.misbehaviour.emails ?? [],
    }
    if (url.pathname === '/authorize') return authorize(url.searchParams, response)
    if (url.pathname === '/token') return token(await bodyOf(request), request, response)
    const page = pages[url.pathname]
    return page ? sendJson(response, 200, page()) : sendJson(response, 404, {})
  }

  function authorize(asked: URLSearchParams, response: ServerResponse): void {
    requests.push(asked)
    const code = randomBytes(16).toString('base64url')
    grants.set(code, { request: asked, person: { ...provider.person } })
    const back = new URL(asked.get('redirect_uri') ?? '')
    const members = { code, state: asked.get('state'), iss: issuer, ...provider.misbehaviour.response }
    for (const [name, value] of Object.entries(members))
      if (typeof value === 'string') back.searchParams.set(name, value)
    response.writeHead(302, { location: back.href }).end()
  }

  async function token(form: URLSearchParams, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { token: instead, signature } = provider.misbehaviour
    if (instead === 'huge') return void response.writeHead(200).end(`{"a":"${'x'.repeat(200_000)}"}`)
    if (instead === 'slow') return
    if (instead === 'text') return void response.writeHead(200).end('<html>Everything is fine</html>')
    if (instead === 'error') return sendJson(response, 200, { error: 'bad_verification_code' })
    if (instead === 'redirect') return void response.writeHead(307, { location: `${issuer}/jwks` }).end()
    const grant = grants.get(form.get('code') ?? '')
    grants.delete(form.get('code') ?? '')
    const problem = !grant ? 'invalid_grant' : await problemOf(form, request, grant)
    if (!grant || problem) return sendJson(response, 400, { error: problem })
    const accessToken = randomBytes(16).toString('base64url')
    persons.set(accessToken, grant.person)
    issued.push(accessToken)
    const idToken = signature === 'missing' ? undefined : await sign(grant, accessToken)
    sendJson(response, 200, { access_token: accessToken, token_type: 'Bearer', id_token: idToken })
  }

  async function problemOf(
    form: URLSearchParams,
    { headers }: IncomingMessage,
    { request }: Grant,
  ): Promise<string | undefined> {
    const { clientKey } = provider.misbehaviour
    if (clientKey) {
      const expected = { audience: issuer, subject: clientId, issuer: 'TEAM123456', algorithms: ['ES256'] }
      const secret = await jwtVerify(form.get('client_secret') ?? '', clientKey, expected)
      return secret.protectedHeader.kid === 'KEY1234567' ? undefined : 'invalid_client'
    }
    const plus = (text: string) => new URLSearchParams({ a: text }).toString().slice(2)
    const basic = `Basic ${Buffer.from(`${plus(clientId)}:${plus(clientSecret)}`).toString('base64')}`
    const isPost = form.get('client_id') === clientId && form.get('client_secret') === clientSecret
    if (headers.authorization !== basic && !isPost) return 'invalid_client'
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const isBound = request.get('code_challenge_method') === 'S256' && request.get('code_challenge') === challenge
    return isBound && form.get('redirect_uri') === request.get('redirect_uri') ? undefined : 'invalid_grant'
  }

  async function sign({ request, person }: Grant, accessToken: string): Promise<string> {
    const { idToken, signature, atHash } = provider.misbehaviour
    const now = Math.floor(Date.now() / 1000)
    const hashed = atHash === 'wrong' ? 'another token' : accessToken
    const claims: Record<string, unknown> = {
      ...{ iss: issuer, aud: clientId, iat: now, exp: now + 300, nonce: request.get('nonce') ?? undefined },
      ...(request.has('max_age') && { auth_time: now }),
      ...(atHash && { at_hash: createHash('sha256').update(hashed).digest().subarray(0, 16).toString('base64url') }),
      ...person,
      ...idToken,
    }
    if (signature === 'none') return `${encoded({ alg: 'none' })}.${encoded(claims)}.`
    const token = new SignJWT(JSON.parse(JSON.stringify(claims)))
    if (signature === 'secret') {
      return token.setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(new TextEncoder().encode(clientSecret))
    }
    const { privateKey } = signature === 'other_key' ? others : keys
    return token.setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(privateKey)
  }

  return Object.assign(provider, {
    issued,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function tokenOf({ headers }: IncomingMessage): string {
  return headers.authorization?.replace(/^Bearer /, '') ?? ''
}

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  let body = ''
  for await (const piece of request) body += piece
  return new URLSearchParams(body)
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
