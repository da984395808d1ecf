// The minimal server: the least work that can answer the same requests, as an upper bound for a server on node:http. It
// has a map of clients, ES256 by node:crypto and one SQLite file; no realms, policies, audit log, rate limits or error
// details. It is only for comparison and must not be used for anything else.

import { generateKeyPairSync, hash, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { verify } from '@node-rs/argon2'
import { readFixture, signInPage, TOKEN_LIFETIME } from './fixture.ts'
import { digest, FloorStore, newId, same } from './floor-store.ts'

const OTHER_CLIENTS = 1_000

const fixture = readFixture()
const store = new FloorStore(join(fixture.directory, 'floor.db'))
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const kid = newId()
const headers = {
  access: segment({ alg: 'ES256', typ: 'at+jwt', kid }),
  id: segment({ alg: 'ES256', typ: 'JWT', kid }),
}
const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }] })
const discovery = JSON.stringify({ issuer: fixture.origin, jwks_uri: `${fixture.origin}/jwks` })
const clients = new Map<string, string>()
for (let count = 0; count < OTHER_CLIENTS; count++) clients.set(newId(), digest(newId()))
for (const client of [fixture.service, fixture.web, fixture.offline]) clients.set(client.id, digest(client.secret))
const people = new Map(fixture.people.map(({ login, passwordHash }) => [login, passwordHash]))

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function jwt(header: string, claims: object): string {
  const input = `${header}.${segment(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** An access token and what puts its row into the database. */
function accessToken(clientId: string, sub: string, scope: string): { token: string; insert: () => void } {
  const id = newId()
  const now = Math.floor(Date.now() / 1000)
  const expiresAt = now + TOKEN_LIFETIME
  const claims = {
    iss: fixture.origin,
    sub,
    aud: fixture.resource,
    client_id: clientId,
    scope,
    iat: now,
    exp: expiresAt,
    jti: id,
  }
  const token = jwt(headers.access, claims)
  return { token, insert: () => store.insertIssued({ id, clientId, sub, scope, tokenHash: digest(token), expiresAt }) }
}

function idToken(clientId: string, sub: string): string {
  const now = Math.floor(Date.now() / 1000)
  return jwt(headers.id, {
    iss: fixture.origin,
    sub,
    aud: clientId,
    iat: now,
    exp: now + TOKEN_LIFETIME,
    auth_time: now,
  })
}

function send(response: ServerResponse, status: number, body: object | string): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, {
    'content-type': text.startsWith('{') ? 'application/json' : 'text/html',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

function redirect(response: ServerResponse, location: string, cookie?: string): void {
  response.writeHead(303, { location, 'content-length': 0, ...(cookie === undefined ? {} : { 'set-cookie': cookie }) })
  response.end()
}

function clientOf(request: IncomingMessage): string | undefined {
  const credentials = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString()
  const colon = credentials.indexOf(':')
  const id = decodeURIComponent(credentials.slice(0, colon))
  const kept = clients.get(id)
  if (kept === undefined) return undefined
  return same(digest(decodeURIComponent(credentials.slice(colon + 1))), kept) ? id : undefined
}

function issuedFor(token: string): Record<string, unknown> | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    const row = store.issued(String(claims.jti))
    if (row === undefined || Number(row.expires_at) < Date.now() / 1000) return undefined
    return same(String(row.token_hash), digest(token)) ? row : undefined
  } catch {
    return undefined
  }
}

function token(request: IncomingMessage, form: URLSearchParams, response: ServerResponse): void {
  const clientId = clientOf(request)
  if (clientId === undefined) return send(response, 401, { error: 'invalid_client' })
  const grant = form.get('grant_type')
  if (grant === 'client_credentials') {
    const scope = form.get('scope') ?? ''
    const access = accessToken(clientId, clientId, scope)
    const body = { access_token: access.token, token_type: 'Bearer', expires_in: TOKEN_LIFETIME, scope }
    return store.write(access.insert, () => send(response, 200, body))
  }
  const kept = grant === 'refresh_token' ? store.kept('refresh', form.get('refresh_token') ?? '') : spentCode(form)
  if (kept === undefined || kept.clientId !== clientId) return send(response, 400, { error: 'invalid_grant' })
  const { sub, scope } = kept
  const access = accessToken(clientId, sub, scope)
  const next = clientId === fixture.offline.id ? store.keep({ kind: 'refresh', sub, scope, clientId }) : undefined
  const body = {
    access_token: access.token,
    token_type: 'Bearer',
    expires_in: TOKEN_LIFETIME,
    scope,
    id_token: idToken(clientId, sub),
    ...(next === undefined ? {} : { refresh_token: next.token }),
  }
  const write = (): void => {
    kept.spend()
    access.insert()
    next?.insert()
  }
  store.write(write, () => send(response, 200, body))
}

function spentCode(form: URLSearchParams): ReturnType<FloorStore['kept']> {
  const challenge = hash('sha256', form.get('code_verifier') ?? '', 'base64url')
  return store.kept(`code ${challenge}`, form.get('code') ?? '')
}

function authorize(request: IncomingMessage, query: URLSearchParams, response: ServerResponse): void {
  const clientId = query.get('client_id') ?? ''
  if (!clients.has(clientId) || query.get('redirect_uri') !== fixture.redirectUri) return send(response, 400, 'no')
  const session = store.kept('session', /session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '')
  if (session === undefined) return send(response, 200, signInPage(`/sign-in?${query}`.replaceAll('&', '&amp;')))
  const code = codeFor(session.sub, query)
  store.write(code.insert, () =>
    redirect(response, `${fixture.redirectUri}?code=${code.token}&state=${query.get('state')}`),
  )
}

function codeFor(sub: string, query: URLSearchParams): { token: string; insert: () => void } {
  const kind = `code ${query.get('code_challenge')}`
  return store.keep({ kind, sub, scope: query.get('scope') ?? '', clientId: query.get('client_id') ?? '' })
}

async function signIn(form: URLSearchParams, query: URLSearchParams, response: ServerResponse): Promise<void> {
  const sub = form.get('login') ?? ''
  const known = people.get(sub)
  if (known === undefined || !(await verify(known, form.get('password') ?? ''))) return send(response, 401, 'no')
  if (query.get('redirect_uri') !== fixture.redirectUri) return send(response, 400, 'no')
  const session = store.keep({ kind: 'session', sub, scope: '', clientId: '' })
  const code = codeFor(sub, query)
  const write = (): void => {
    session.insert()
    code.insert()
  }
  const location = `${fixture.redirectUri}?code=${code.token}&state=${query.get('state')}`
  store.write(write, () => redirect(response, location, `session=${session.token}; HttpOnly; Path=/`))
}

function introspect(request: IncomingMessage, form: URLSearchParams, response: ServerResponse): void {
  if (clientOf(request) === undefined) return send(response, 401, { error: 'invalid_client' })
  const row = issuedFor(form.get('token') ?? '')
  if (row === undefined) return send(response, 200, { active: false })
  const { client_id, sub, scope, expires_at } = row
  send(response, 200, {
    active: true,
    client_id,
    sub,
    scope,
    exp: expires_at,
    iss: fixture.origin,
    token_type: 'Bearer',
  })
}

function userinfo(request: IncomingMessage, response: ServerResponse): void {
  const row = issuedFor(request.headers.authorization?.slice(7) ?? '')
  if (row === undefined) return send(response, 401, { error: 'invalid_token' })
  send(response, 200, { sub: row.sub, email: row.sub })
}

function posted(
  request: IncomingMessage,
  path: string,
  query: string,
  form: URLSearchParams,
  response: ServerResponse,
): void {
  if (path === '/token') token(request, form, response)
  else if (path === '/introspect') introspect(request, form, response)
  else if (path === '/sign-in') void signIn(form, new URLSearchParams(query), response)
  else send(response, 404, {})
}

const server = createServer((request, response) => {
  const [path = '', query = ''] = (request.url ?? '').split('?')
  if (request.method === 'POST') {
    let body = ''
    request.setEncoding('latin1')
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => posted(request, path, query, new URLSearchParams(body), response))
  } else if (path === '/userinfo') userinfo(request, response)
  else if (path === '/jwks') send(response, 200, jwks)
  else if (path === '/.well-known/openid-configuration') send(response, 200, discovery)
  else if (path === '/authorize') authorize(request, new URLSearchParams(query), response)
  else send(response, 404, {})
})
server.listen(fixture.port, '127.0.0.1')
process.on('SIGTERM', () => process.exit())
