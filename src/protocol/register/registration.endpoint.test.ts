// Checks dynamic client registration (RFC 7591, RFC 7592).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { MCP_CLIENTS } from '#cli/doctor/mcp-clients.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const API = 'https://mcp.example.com/tools'
const WEB = { client_name: 'App', redirect_uris: ['https://app.example/cb'] }
const OPEN = { ...WEB, token_endpoint_auth_method: 'none' }
const INSECURE = { [oauth.allowInsecureRequests]: true }

let server: TestServer
before(async () => {
  server = await startServer()
  const scopes = [
    { name: 'tools:read', description: 'See tools' },
    { name: 'tools:write', description: 'Change tools' },
  ]
  await server.api('POST', '/v1/resources', { identifier: API, name: 'Tools', scopes })
})
after(() => server.stop())

interface Realm {
  readonly issuer: string
  readonly path: string
}
type Json = Readonly<Record<string, unknown>>
interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
}

/** A realm of its own with rules for registrations. */
async function realmWith(registration: object): Promise<Realm> {
  const made = await server.api<{ issuer_id: string; issuer: string }>('POST', '/v1/realms', {
    name: crypto.randomUUID(),
    policy: { registration },
  })
  return { issuer: made.issuer, path: `/v1/realms/${made.issuer_id}` }
}

async function send(method: string, url: string, body?: unknown, token?: string): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) }
}

const register = ({ issuer }: Realm, body: unknown, token?: string) =>
  send('POST', `${issuer}/oauth/register`, body, token)

async function registered(realm: Realm, document: object, token?: string): Promise<Json> {
  const { status, body } = await register(realm, document, token)
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

const listed = async ({ path }: Realm) => (await server.api<{ data: Json[] }>('GET', `${path}/clients?limit=200`)).data

async function metadata({ issuer }: Realm): Promise<Json> {
  return (await send('GET', `${issuer}/.well-known/oauth-authorization-server`)).body
}

test('MC-01 where registration is off, nothing is advertised and nothing is registered', async () => {
  const realm = await realmWith({})
  assert.equal('registration_endpoint' in (await metadata(realm)), false)
  for (const path of ['/oauth/register', '/register']) {
    const { status, body } = await send('POST', `${realm.issuer}${path}`, WEB)
    assert.equal(status, 404)
    assert.deepEqual(Object.keys(body).sort(), ['error', 'error_description'])
    assert.doesNotMatch(JSON.stringify(body), /app\.example/)
  }
  assert.deepEqual(await listed(realm), [])
})

test('MC-01 a registration is answered with what was registered, and is not first party', async () => {
  const realm = await realmWith({ mode: 'open' })
  const { issuer } = realm
  assert.equal((await metadata(realm)).registration_endpoint, `${issuer}/oauth/register`)
  const asked = {
    ...WEB,
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials', 'implicit'],
    scope: 'everything management:full',
    client_uri: 'https://app.example/',
    contacts: ['a@app.example'],
    first_party: true,
    firstParty: true,
    skip_consent: true,
    trusted: true,
    introspect_all_tokens: true,
    software_statement: 'eyJhbGciOiJub25lIn0.eyJjbGllbnRfbmFtZSI6IkV2aWwifQ.',
  }
  const { status, headers, body } = await register(realm, asked)
  assert.equal(status, 201)
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('access-control-allow-origin'), '*')
  const { client_id, client_secret, client_id_issued_at, registration_access_token, ...rest } = body
  assert.match(String(client_secret), /^[\w-]{43}$/)
  assert.match(String(registration_access_token), /^[\w-]{43}$/)
  assert.ok(Math.abs(Number(client_id_issued_at) - Date.now() / 1000) < 60)
  assert.deepEqual(rest, {
    client_secret_expires_at: 0,
    registration_client_uri: `${issuer}/oauth/register?client_id=${client_id}`,
    client_name: 'App',
    application_type: 'web',
    redirect_uris: WEB.redirect_uris,
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope: 'openid profile email phone address groups roles organization offline_access tools:read tools:write',
    client_uri: 'https://app.example/',
    contacts: ['a@app.example'],
    subject_type: 'public',
    id_token_signed_response_alg: 'RS256',
    authorization_signed_response_alg: 'RS256',
    tls_client_certificate_bound_access_tokens: false,
    require_signed_request_object: false,
    frontchannel_logout_session_required: false,
    dpop_bound_access_tokens: false,
    require_pushed_authorization_requests: false,
  })
  const [client] = await listed(realm)
  assert.partialDeepStrictEqual(client, {
    client_id,
    registered_by: 'dynamic',
    first_party: false,
    introspect_all_tokens: false,
    token_exchange_allowed: false,
    scopes: [],
    audiences: [],
    about: { client_uri: 'https://app.example/', contacts: ['a@app.example'] },
  })
  const events = await server.api<{ data: Json[] }>('GET', '/v1/events?limit=20&type=client.created')
  const shown = JSON.stringify([client, events])
  assert.match(shown, /"registered_by":"dynamic"/)
  assert.ok(!shown.includes(String(client_secret)) && !shown.includes(String(registration_access_token)))
})

test('MC-01 the document of each MCP client is registered, also where clients look for it', async () => {
  const realm = await realmWith({ mode: 'open' })
  for (const { client, document } of MCP_CLIENTS) {
    const { status, body } = await send('POST', `${realm.issuer}/register`, document)
    assert.equal(status, 201, `${client}: ${JSON.stringify(body)}`)
    assert.deepEqual(body.redirect_uris, document.redirect_uris, client)
  }
})

test('a client registers for pairwise subjects, and the metadata says that it can', async () => {
  const realm = await realmWith({ mode: 'open' })
  const { body: metadata } = await send('GET', `${realm.issuer}/.well-known/openid-configuration`)
  assert.deepEqual(metadata.subject_types_supported, ['public', 'pairwise'])
  const { status, body } = await register(realm, { ...WEB, subject_type: 'pairwise' })
  assert.deepEqual([status, body.subject_type, body.sector_identifier_uri], [201, 'pairwise', undefined])
  assert.partialDeepStrictEqual(await listed(realm), [{ subject_type: 'pairwise', sector_identifier_uri: null }])
})

test('MC-01 errors are those of RFC 7591, as JSON that pages may read', async () => {
  const realm = await realmWith({ mode: 'open' })
  const cases: readonly [unknown, number, string][] = [
    [{ ...WEB, redirect_uris: ['javascript:alert(1)'] }, 400, 'invalid_redirect_uri'],
    [{ ...WEB, redirect_uris: [] }, 400, 'invalid_redirect_uri'],
    [{ ...WEB, redirect_uris: 'https://app.example/cb' }, 400, 'invalid_redirect_uri'],
    [
      { ...WEB, redirect_uris: Array.from({ length: 51 }, (_, at) => `https://app.example/${at}`) },
      400,
      'invalid_redirect_uri',
    ],
    [{ ...WEB, token_endpoint_auth_method: 'tls_client_auth' }, 400, 'invalid_client_metadata'],
    [{ ...WEB, grant_types: ['client_credentials'] }, 400, 'invalid_client_metadata'],
    [{ ...WEB, subject_type: 'ephemeral' }, 400, 'invalid_client_metadata'],
    [
      { ...WEB, subject_type: 'pairwise', redirect_uris: ['https://a.example/cb', 'https://b.example/cb'] },
      400,
      'invalid_client_metadata',
    ],
    // Such a client would get the subjects of the sector app.example without a code that goes there.
    [
      {
        ...WEB,
        subject_type: 'pairwise',
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
      },
      400,
      'invalid_client_metadata',
    ],
    [{ ...WEB, sector_identifier_uri: 'https://169.254.169.254/sector' }, 400, 'invalid_client_metadata'],
    [{ ...WEB, sector_identifier_uri: 'http://app.example/sector' }, 400, 'invalid_client_metadata'],
    [{ ...WEB, other: 'x'.repeat(100_000) }, 400, 'invalid_client_metadata'],
    [
      { ...WEB, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://169.254.169.254/keys' },
      400,
      'invalid_client_metadata',
    ],
    [[WEB], 400, 'invalid_client_metadata'],
    ['{"redirect_uris":', 400, 'invalid_request'],
    ['x'.repeat(300_000), 413, 'invalid_request'],
  ]
  for (const [document, status, error] of cases) {
    const reply = await register(realm, document)
    assert.deepEqual([reply.status, reply.body.error], [status, error], JSON.stringify(document).slice(0, 100))
    assert.match(reply.headers.get('content-type') ?? '', /^application\/json/)
    assert.equal(reply.headers.get('access-control-allow-origin'), '*')
  }
  const form = await fetch(`${realm.issuer}/oauth/register`, { method: 'POST', body: new URLSearchParams({ a: 'b' }) })
  assert.equal(form.status, 415)
  const preflight = await fetch(`${realm.issuer}/oauth/register`, { method: 'OPTIONS' })
  assert.equal(preflight.headers.get('access-control-allow-methods'), 'GET, POST, PUT, DELETE')
  assert.deepEqual(await listed(realm), [])
})

test('JW-11 weak and private keys are refused', async () => {
  const realm = await realmWith({ mode: 'open' })
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
  const jwk = await crypto.subtle.exportKey('jwk', privateKey)
  const { d, ext, key_ops, ...publicJwk } = jwk
  const asked = (key: object) =>
    register(realm, { ...WEB, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key] } })
  for (const key of [
    jwk,
    { kty: 'oct', k: 'c2VjcmV0' },
    { kty: 'RSA', n: 'AQAB', e: 'AQAB' },
    { ...publicJwk, use: 'enc' },
  ]) {
    const { status, body } = await asked(key)
    assert.deepEqual([status, body.error], [400, 'invalid_client_metadata'])
  }
  const { status, body } = await asked(publicJwk)
  assert.equal(status, 201)
  assert.deepEqual(body.jwks, { keys: [publicJwk] })
  assert.equal('client_secret' in body, false)
  assert.ok(d && ext && key_ops)
})

test('a client reads, replaces and deletes its registration (RFC 7592)', async () => {
  const realm = await realmWith({ mode: 'open' })
  const first = await registered(realm, { ...WEB, logo_uri: 'https://app.example/logo.png' })
  const url = String(first.registration_client_uri)
  const token = String(first.registration_access_token)
  const { client_secret: secret, ...shown } = first
  const read = await send('GET', url, undefined, token)
  assert.equal(read.status, 200)
  assert.deepEqual(read.body, shown)

  const other = { client_id: first.client_id, client_name: 'Renamed', redirect_uris: ['https://app.example/new'] }
  const replaced = await send('PUT', url, { ...other, client_secret: secret }, token)
  assert.equal(replaced.status, 200, JSON.stringify(replaced.body))
  const { logo_uri: _, ...kept } = shown
  assert.deepEqual(replaced.body, { ...kept, client_name: 'Renamed', redirect_uris: other.redirect_uris })
  for (const wrong of [
    { ...other, client_id: 'somebody' },
    { ...other, client_secret: 'wrong' },
    { ...other, registration_access_token: token },
    { ...other, client_id_issued_at: 5 },
    { ...other, token_endpoint_auth_method: 'none' },
    { ...other, jwks_uri: 5 },
    { client_name: 'No id', redirect_uris: other.redirect_uris },
  ]) {
    const { status, body } = await send('PUT', url, wrong, token)
    assert.deepEqual([status, body.error], [400, 'invalid_client_metadata'], JSON.stringify(wrong))
  }
  const moved = await send('PUT', url, { ...other, redirect_uris: ['data:text/html,x'] }, token)
  assert.deepEqual([moved.status, moved.body.error], [400, 'invalid_redirect_uri'])
  assert.deepEqual((await send('GET', url, undefined, token)).body, replaced.body)

  assert.equal((await send('DELETE', url, undefined, token)).status, 204)
  for (const method of ['GET', 'DELETE']) assert.equal((await send(method, url, undefined, token)).status, 401)
  assert.deepEqual(await listed(realm), [])
})

test('a registration is managed with its own token only, at its own realm', async () => {
  const [realm, foreign] = [await realmWith({ mode: 'open' }), await realmWith({ mode: 'open' })]
  const [one, two] = [await registered(realm, WEB), await registered(foreign, WEB)]
  const at = ({ issuer }: Realm, client: Json) => `${issuer}/oauth/register?client_id=${client.client_id}`
  const attempts: readonly [string, string | undefined][] = [
    [at(realm, one), String(two.registration_access_token)],
    [at(foreign, one), String(one.registration_access_token)],
    [at(realm, two), String(two.registration_access_token)],
    [at(realm, { client_id: 'nobody' }), String(one.registration_access_token)],
    [`${realm.issuer}/oauth/register`, String(one.registration_access_token)],
    [at(realm, one), String(one.client_secret)],
    [at(realm, one), undefined],
  ]
  for (const [url, token] of attempts) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { ...WEB, client_id: one.client_id } : undefined
      const { status, headers } = await send(method, url, body, token)
      assert.equal(status, 401, `${method} ${url}`)
      assert.match(headers.get('www-authenticate') ?? '', /^Bearer realm=/)
    }
  }
  assert.equal((await listed(realm)).length, 1)
  assert.equal((await listed(foreign)).length, 1)
})

test('RU-06 only approved redirect URIs are registered where the realm approves them', async () => {
  const approvedRedirects = ['https://exact.example/cb', 'claude.ai', '*.vscode.dev', 'localhost', 'cursor:']
  const realm = await realmWith({ mode: 'approved_redirects', approved_redirects: approvedRedirects })
  for (const uri of [
    'https://exact.example/cb',
    'https://claude.ai/api/mcp/auth_callback',
    'https://insiders.vscode.dev/redirect',
    'http://localhost:3000/any',
    'cursor://anysphere.cursor-mcp/oauth/callback',
  ]) {
    await registered(realm, { ...OPEN, redirect_uris: [uri] })
  }
  for (const uri of [
    'https://exact.example/cb/more',
    'https://exact.example.evil.example/cb',
    'https://claude.ai.evil.example/cb',
    'https://evilclaude.ai/cb',
    'https://vscode.dev/redirect',
    'http://127.0.0.1:3000/any',
    'com.example.app:/cb',
  ]) {
    const { status, body } = await register(realm, { ...OPEN, redirect_uris: ['https://claude.ai/cb', uri] })
    assert.deepEqual([status, body.error], [400, 'invalid_redirect_uri'], uri)
  }
  for (const approved of ['*', '*.com', 'https://*.example.com/', 'http://app.example/', 'javascript:', 'https:', '']) {
    const registration = { approved_redirects: [approved] }
    const { status } = await server.call('PATCH', realm.path, { body: { policy: { registration } } })
    assert.equal(status, 400, approved)
  }
})

test('RU-06 a realm that approves redirect URIs also approves where people go after they signed out', async () => {
  const realm = await realmWith({ mode: 'approved_redirects', approved_redirects: ['app.example'] })
  const [bye, evil] = ['https://app.example/bye', 'https://evil.example.net/phish']
  const refused = ({ status, body }: Reply) => assert.deepEqual([status, body.error], [400, 'invalid_client_metadata'])
  refused(await register(realm, { ...OPEN, post_logout_redirect_uris: [bye, evil] }))
  const { client_id, registration_client_uri, registration_access_token } = await registered(realm, {
    ...OPEN,
    post_logout_redirect_uris: [bye],
  })
  const put = (uris: string[]) =>
    send(
      'PUT',
      String(registration_client_uri),
      { ...OPEN, client_id, post_logout_redirect_uris: uris },
      String(registration_access_token),
    )
  refused(await put([bye, evil]))
  assert.equal((await put([bye, 'https://app.example/goodbye'])).status, 200)
  await server.api('PATCH', realm.path, { policy: { registration: { approved_redirects: ['other.example'] } } })
  assert.equal((await put([bye])).status, 200, 'what the client has it keeps')
  refused(await put(['https://app.example/goodbye', 'https://app.example/new']))
})

interface InitialToken {
  readonly id: string
  readonly token: string
  readonly uses_left: number | null
}

test('with an initial access token clients are registered as often as it says', async () => {
  const realm = await realmWith({ mode: 'admin_only' })
  const make = (given: object) =>
    server.api<InitialToken>('POST', `${realm.path}/initial-access-tokens`, { name: 'CI', ...given })
  const refused = async (token?: string) => {
    const { status, headers, body } = await register(realm, WEB, token)
    assert.equal(status, 401)
    assert.match(headers.get('www-authenticate') ?? '', token ? /error="invalid_token"/ : /^Bearer realm="[^"]+"$/)
    assert.equal('client_id' in body, false)
  }
  await refused()
  await refused('guess')
  const twice = await make({ uses: 2 })
  const replies = await Promise.all(Array.from({ length: 5 }, () => register(realm, WEB, twice.token)))
  assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 201, 401, 401, 401])
  const bad = await make({})
  assert.equal((await register(realm, { redirect_uris: ['data:x'] }, bad.token)).status, 400)
  await registered(realm, WEB, bad.token)
  const endless = await make({ uses: null })
  await registered(realm, WEB, endless.token)
  await registered(realm, WEB, endless.token)
  await server.api('DELETE', `${realm.path}/initial-access-tokens/${endless.id}`)
  await refused(endless.token)
  const elsewhere = await realmWith({ mode: 'admin_only' })
  const foreign = await server.api<InitialToken>('POST', `${elsewhere.path}/initial-access-tokens`, { name: 'Other' })
  await refused(foreign.token)
  const { data } = await server.api<{ data: Json[] }>('GET', `${realm.path}/initial-access-tokens?revoked=true`)
  assert.deepEqual(
    data.map((token) => token.uses_left),
    [0, 0, null],
  )
  assert.ok(!JSON.stringify(data).includes(twice.token.slice(4)))
  assert.ok(!server.output().includes(twice.token.slice(4)))
})

test('MC-01 floods meet the limit of the network, of the realm, and of clients in all', async () => {
  const flood = async (registration: object) => {
    const realm = await realmWith({ mode: 'open', ...registration })
    const replies: Reply[] = []
    for (let at = 0; at < 4; at++) replies.push(await register(realm, WEB))
    return { realm, last: replies.at(-1), statuses: replies.map(({ status }) => status) }
  }
  for (const limit of [{ network_per_hour: 3 }, { realm_per_hour: 3 }]) {
    const { last, statuses } = await flood(limit)
    assert.deepEqual(statuses, [201, 201, 201, 429])
    assert.ok(Number(last?.headers.get('retry-after')) > 0)
  }
  const guarded = await realmWith({ mode: 'admin_only', network_per_hour: 3 })
  const guess = async (n: number) => (await register(guarded, WEB, `made-up-${n}`)).status
  assert.deepEqual([await guess(1), await guess(2), await guess(3), await guess(4)], [401, 401, 401, 429])
  const initial = await server.api<{ token: string }>('POST', `${guarded.path}/initial-access-tokens`, { name: 'CI' })
  await registered(guarded, WEB, initial.token)
  const { realm, statuses } = await flood({ max_clients: 3 })
  assert.deepEqual(statuses, [201, 201, 201, 403])
  const at = await Promise.all(Array.from({ length: 5 }, () => register(realm, WEB)))
  assert.deepEqual(new Set(at.map(({ status }) => status)), new Set([403]))
  assert.equal((await listed(realm)).length, 3)
})

test('CO-06 a registered client asks for consent, shown as unverified, and gets what resources declare', async () => {
  const realm = await realmWith({ mode: 'open' })
  const person: Person = { email: 'ada@example.com', password: 'correct horse battery staple' }
  await server.api('POST', `${realm.path}/users`, person)
  const config = await openid.dynamicClientRegistration(
    new URL(realm.issuer),
    {
      ...OPEN,
      client_name: 'Cursor',
      redirect_uris: ['http://localhost:8787/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
    },
    openid.None(),
    { execute: [openid.allowInsecureRequests] },
  )
  const verifier = openid.randomPKCECodeVerifier()
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: 'http://localhost:51000/callback',
    scope: 'openid tools:read unknown',
    resource: API,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const agent = new UserAgent(server.url)
  const signIn = await agent.follow(await agent.request(url.href))
  const consent = await agent.submit(signIn, { ...person })
  for (const shown of [/Cursor/, /Not verified/, /a program on this computer/, /See tools/]) {
    assert.match(consent.text, shown)
  }
  const { away: callback } = await agent.submit(consent, { decision: 'allow' })
  assert.equal(callback?.origin, 'http://localhost:51000')
  const tokens = await openid.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier })
  assert.equal(tokens.scope, 'openid tools:read')
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource: API })
  assert.equal(refreshed.scope, 'openid tools:read')
  const { data } = await server.api<{ data: Json[] }>('GET', `${realm.path}/grants`)
  assert.ok(data.length > 0)

  const admin = new URL(url)
  admin.searchParams.set('resource', server.adminUrl)
  const refused = await fetch(admin, { redirect: 'manual' })
  assert.match(refused.headers.get('location') ?? '', /error=invalid_target/)
})

test('a registered client cannot introspect the tokens of others, and has no rights of its own', async () => {
  const realm = await realmWith({ mode: 'open', client_credentials: true })
  const grants = ['authorization_code', 'client_credentials']
  const as = await oauth
    .discoveryRequest(new URL(realm.issuer), { algorithm: 'oauth2', ...INSECURE })
    .then((response) => oauth.processDiscoveryResponse(new URL(realm.issuer), response))
  const response = await oauth.dynamicClientRegistrationRequest(as, { ...WEB, grant_types: grants }, INSECURE)
  const client = await oauth.processDynamicClientRegistrationResponse(response)
  const auth = oauth.ClientSecretBasic(String(client.client_secret))
  const own = await oauth.clientCredentialsGrantRequest(as, client, auth, {}, INSECURE)
  const tokens = await oauth.processClientCredentialsResponse(as, client, own)
  assert.equal(tokens.scope, undefined)
  for (const parameters of [{ scope: 'tools:read' }, { resource: API }]) {
    const refused = await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, INSECURE)
    assert.equal(refused.status, 400)
  }
  const service = await server.api<{ client_id: string; client_secret: string }>('POST', `${realm.path}/clients`, {
    ...{ label: 'Service', grant_types: ['client_credentials'], scopes: ['tools:read'], audiences: [API] },
  })
  const issued = await oauth.processClientCredentialsResponse(
    as,
    service,
    await oauth.clientCredentialsGrantRequest(
      as,
      service,
      oauth.ClientSecretBasic(service.client_secret),
      {},
      INSECURE,
    ),
  )
  const seen = await oauth.introspectionRequest(as, client, auth, issued.access_token, INSECURE)
  assert.deepEqual(await seen.json(), { active: false })
})
