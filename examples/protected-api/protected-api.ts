// A small API that accepts access tokens of Countersign, with node:http and jose. Your own API needs `verifyToken`; the
// rest is the example data.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'

export interface ProtectedApiOptions {
  /** The issuer whose tokens are accepted. */
  readonly issuer: string
  /** The required audience of the tokens: the identifier of the resource of this API. */
  readonly audience: string
  /** A port of 127.0.0.1; a free port by default. */
  readonly port?: number
}

/** An error response of RFC 6750 §3: a status and the parameters of WWW-Authenticate. */
class Refusal extends Error {
  readonly status: number
  readonly challenge: Readonly<Record<string, string>>

  constructor(status: number, challenge: Readonly<Record<string, string>> = {}) {
    super(challenge.error_description ?? 'The API refuses the request.')
    this.status = status
    this.challenge = challenge
  }
}

/** The keys of an issuer, from the `jwks_uri` of its metadata (RFC 8414 §3). */
export async function keysOf(issuer: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`)
  if (!response.ok) throw new Error(`${issuer} has no metadata: status ${response.status}`)
  const metadata = (await response.json()) as { issuer: string; jwks_uri: string }
  if (metadata.issuer !== issuer) throw new Error(`The metadata of ${issuer} is that of ${metadata.issuer}.`)
  return createRemoteJWKSet(new URL(metadata.jwks_uri))
}

/**
 * Verifies an access token (RFC 9068 §4).
 * @returns its claims
 * @throws Error of jose if it is not an access token, its signature is wrong, it has expired, or its issuer or audience is wrong
 */
export async function verifyToken(
  token: string,
  keys: JWTVerifyGetKey,
  { issuer, audience }: Pick<ProtectedApiOptions, 'issuer' | 'audience'>,
): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience,
    typ: 'at+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
  })
  return payload
}

/** Starts the API: `GET /notes` needs the scope `notes:read`, `POST /notes` needs `notes:write`. */
export async function startProtectedApi(
  options: ProtectedApiOptions,
): Promise<{ url: string; close: () => Promise<void> }> {
  const keys = await keysOf(options.issuer)
  const notes = ['Buy ink']

  const authorise = async (request: IncomingMessage, scope: string): Promise<JWTPayload> => {
    const { authorization } = request.headers
    if (authorization === undefined) throw new Refusal(401)
    const [, token = ''] = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization) ?? []
    const claims = await verifyToken(token, keys, options).catch((error) => {
      if (isFaultOfKeys(error)) throw error
      throw new Refusal(401, { error: 'invalid_token', error_description: 'The access token is not valid here.' })
    })
    const scopes = String(claims.scope ?? '').split(' ')
    if (!scopes.includes(scope)) throw new Refusal(403, { error: 'insufficient_scope', scope })
    return claims
  }

  const answer = async (request: IncomingMessage): Promise<{ status: number; body: object }> => {
    const { pathname } = new URL(request.url ?? '/', 'http://api')
    if (pathname === '/notes' && request.method === 'GET') {
      const { sub } = await authorise(request, 'notes:read')
      return { status: 200, body: { caller: sub, notes } }
    }
    if (pathname === '/notes' && request.method === 'POST') {
      await authorise(request, 'notes:write')
      notes.push(`Note ${notes.length + 1}`)
      return { status: 201, body: { notes } }
    }
    return { status: 404, body: { error: 'not_found' } }
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => send(response, status, body),
      (error) => refuse(response, error),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as { port: number }
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}`, close }
}

/** Whether the token could not be verified because the keys of the issuer could not be fetched. */
function isFaultOfKeys(error: unknown): boolean {
  return !(error instanceof errors.JOSEError) || ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT'].includes(error.code)
}

function refuse(response: ServerResponse, error: unknown): void {
  if (!(error instanceof Refusal)) return send(response, 503, { error: 'temporarily_unavailable' })
  const { status, challenge } = error
  const parameters = Object.entries({ realm: 'notes', ...challenge }).map(([name, value]) => `${name}="${value}"`)
  response.setHeader('www-authenticate', `Bearer ${parameters.join(', ')}`)
  send(response, status, challenge.error === undefined ? { error: 'unauthorized' } : { error: challenge.error })
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}

if (import.meta.main) {
  const { ISSUER = 'http://127.0.0.1:9000', AUDIENCE = 'https://api.example.com/notes', PORT = '3001' } = process.env
  const { url } = await startProtectedApi({ issuer: ISSUER, audience: AUDIENCE, port: Number(PORT) })
  console.log(`The API listens on ${url} and takes tokens of ${ISSUER} for ${AUDIENCE}.`)
}
