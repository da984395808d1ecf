// Checks the broker against a second server as the provider: connect, token exchange, refresh, the proxy and the end of it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { getCode, makeClient, makePerson, proofKey, REDIRECT_URI, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const REALM = '/v1/realms/default'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const [ACCESS_TOKEN, JWT] = ['access_token', 'jwt'].map((type) => `urn:ietf:params:oauth:token-type:${type}`) as [
  string,
  string,
]
const RETURN_URL = 'https://app.example/done'

let upstream: TestServer
let server: TestServer
let atProvider: TestClient
let app: TestClient
let agent: TestClient
let provider: { id: string }
let here: Person & { id: string }
let there: Person

type Json = Record<string, unknown>
interface Listed {
  readonly data: readonly Json[]
}

before(async () => {
  ;[upstream, server] = await Promise.all([startServer(), startServer()])
  atProvider = await makeClient(upstream, {
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [`${server.url}/connect/up/callback`, REDIRECT_URI],
  })
  there = await makePerson(upstream, 'ada@upstream.example')
  here = await makePerson(server, 'ada@here.example')
  app = await makeClient(server)
  agent = await makeClient(server, { label: 'Agent', scopes: ['openid', 'mail:read'], audiences: '*' })
  provider = await server.api('POST', `${REALM}/broker-providers`, {
    slug: 'up',
    name: 'Upstream',
    client_id: atProvider.clientId,
    client_secret: atProvider.secret,
    authorize_url: `${upstream.url}/oauth/authorize`,
    token_url: `${upstream.url}/oauth/token`,
    revoke_url: `${upstream.url}/oauth/revoke`,
    api_url: `${upstream.url}/oauth`,
    scopes: 'openid,offline_access',
  })
  const shared = { backend: 'broker', broker_provider: 'up', runtime_clients: [agent.id], return_urls: [RETURN_URL] }
  const scopes = [{ name: 'mail:read', upstream: 'openid email', description: 'Read your address' }]
  await server.api('POST', '/v1/resources', { ...shared, slug: 'mail', scopes, vending: 'token' })
  await server.api('POST', '/v1/resources', {
    ...{ ...shared, slug: 'leashed', scopes },
    proxy_rules: [{ methods: ['GET'], path: '/userinfo', scopes: ['mail:read'] }],
  })
})
after(() => Promise.all([upstream.stop(), server.stop()]))

async function post(to: string, form: Record<string, string>, basic?: string): Promise<{ status: number; body: Json }> {
  const response = await fetch(to, {
    method: 'POST',
    headers: { ...(basic && { authorization: basic }) },
    body: new URLSearchParams(form),
  })
  return { status: response.status, body: (await response.json().catch(() => ({}))) as Json }
}

async function tokensOf(at: TestServer, client: TestClient, person: Person, scope: string): Promise<Json> {
  const { code, verifier } = await getCode(at, client, person, { scope })
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT_URI }
  const isPost = client === atProvider
  const credentials = isPost ? { client_id: client.clientId, client_secret: client.secret } : {}
  return (await post(`${at.url}/oauth/token`, { ...form, ...credentials }, isPost ? undefined : client.basic)).body
}

const userToken = async () => String((await tokensOf(server, app, here, 'openid email')).access_token)
const exchange = async (token: string, more: Record<string, string> = {}, by = agent) =>
  post(
    `${server.url}/oauth/token`,
    {
      ...{ grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN, resource: 'mail' },
      ...more,
    },
    by.basic,
  )

const events = async (type: string) => (await server.api<Listed>('GET', `/v1/events?type=${type}`)).data

/** A signed-in browser goes through a connection. @returns where it ends */
async function connect(url: string, browser = new UserAgent(server.url)): Promise<URL> {
  const isDone = (page: { away?: URL; text: string }) => page.away !== undefined
  let page = await browser.follow(await browser.request(url))
  for (let step = 0; step < 4 && !isDone(page); step++) {
    if (/name="password"/.test(page.text)) page = await browser.submit(page, { ...here })
    else if (/value="allow"/.test(page.text)) page = await browser.submit(page, { decision: 'allow' })
  }
  assert.equal(page.away?.origin, upstream.url, page.text)
  const back = await new UserAgent(upstream.url).authorize(page.away?.href ?? '', there)
  const end = await browser.follow(await browser.request(back.href))
  return ('away' in end && end.away) || new URL(end.url)
}

test('an exchange asks for consent, the consent_url connects, and the exchange then gives the token of the provider', async () => {
  const token = await userToken()
  const first = await exchange(token)
  assert.deepEqual([first.status, first.body.error, first.body.cause], [400, 'consent_required', 'consent_missing'])
  const consentUrl = String(first.body.consent_url)
  assert.ok(consentUrl.startsWith(`${server.url}/connect/up?`), consentUrl)
  const end = await connect(`${consentUrl}&return_url=${encodeURIComponent(RETURN_URL)}`)
  assert.equal(end.href, RETURN_URL)

  const second = await exchange(token)
  assert.equal(second.status, 200, JSON.stringify(second.body))
  const { access_token: upstreamToken, issued_token_type: type, token_type: kind, scope } = second.body
  assert.deepEqual([type, kind, scope], [ACCESS_TOKEN, 'Bearer', 'mail:read'])
  const userinfo = await fetch(`${upstream.url}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${upstreamToken}` },
  })
  assert.equal(((await userinfo.json()) as Json).email, there.email)

  const [issued] = (await server.api<Listed>('GET', `${REALM}/issuances?resource=mail`)).data
  assert.deepEqual([issued?.kind, issued?.kid, issued?.user_id], ['broker', null, here.id])
  const [told] = await events('upstream.token.issued')
  assert.equal((told?.data as Json | undefined)?.provider, 'up')
  const shown = [
    await server.api('GET', `${REALM}/connections`),
    await server.api('GET', `${REALM}/broker-providers`),
    await server.api('GET', '/v1/events?limit=200'),
    server.output(),
  ]
  for (const each of shown) {
    for (const secret of [String(upstreamToken), atProvider.secret]) assert.ok(!JSON.stringify(each).includes(secret))
  }
})

test('what the gates of the resource do not let through is refused', async () => {
  const token = await userToken()
  const stranger = await makeClient(server, { label: 'Stranger' })
  assert.equal((await exchange(token, {}, stranger)).body.error, 'unauthorized_client')
  assert.equal((await exchange(token, { scope: 'mail:send' })).body.error, 'invalid_scope')
  const actor = { actor_token: token, actor_token_type: ACCESS_TOKEN }
  assert.equal((await exchange(token, actor)).body.error, 'invalid_request')
  const raw = await exchange(token, { resource: 'leashed' })
  assert.equal(raw.body.error, 'invalid_target')
  assert.match(String(raw.body.error_description), /\/connect\/up\/proxy\//)
})

test('through the proxy, an agent uses its own token, and only for what the rules let through', async () => {
  const token = await userToken()
  const asked = { resource: 'leashed', requested_token_type: JWT }
  const missing = await exchange(token, asked)
  assert.equal(missing.body.error, 'consent_required', JSON.stringify(missing.body))
  const browser = new UserAgent(server.url)
  let page = await browser.follow(await browser.request(String(missing.body.consent_url)))
  page = await browser.submit(page, { ...here })
  page = await browser.submit(page, { decision: 'allow' })
  assert.match(page.url, /\/account\/connections/)
  const own = await exchange(token, asked)
  assert.equal(own.status, 200, JSON.stringify(own.body))
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${server.url}/connect/up/proxy${path}`, {
      ...init,
      headers: { authorization: `Bearer ${own.body.access_token}`, cookie: 'a=b' },
    })
  const allowed = await call('/userinfo')
  assert.equal(allowed.status, 200)
  assert.equal(((await allowed.json()) as Json).email, there.email)
  for (const [path, init] of [
    ['/userinfo', { method: 'POST', body: 'a=b' }],
    ['/token', {}],
    ['/x%2f..%2fuserinfo', {}],
  ] as const) {
    assert.equal((await call(path, init)).status, 403, path)
  }
  const without = await fetch(`${server.url}/connect/up/proxy/userinfo`)
  assert.equal(without.status, 401)
  const [told] = await events('upstream.requested')
  const { path, method, status } = (told?.data ?? {}) as Json
  assert.deepEqual([method, path, status], ['GET', '/userinfo', 200])
})

/** A connection whose access token has expired, with a refresh token of the provider. */
async function staleConnection(refreshToken: unknown): Promise<void> {
  await server.api('POST', `${REALM}/connections`, {
    ...{ user_id: here.id, provider_id: provider.id, access_token: 'stale', refresh_token: refreshToken },
    ...{ scopes: 'openid,email,offline_access', expires_at: '2020-01-01T00:00:00Z' },
  })
}

test('of a hundred that ask at once for a token that has expired, one refreshes it, and the new refresh token is kept', async () => {
  const token = await userToken()
  const { refresh_token: refreshToken } = await tokensOf(upstream, atProvider, there, 'openid email offline_access')
  await staleConnection(refreshToken)
  const before = (await events('connection.refreshed')).length
  const all = await Promise.all(Array.from({ length: 100 }, () => exchange(token)))
  assert.deepEqual([...new Set(all.map(({ status, body }) => `${status} ${body.error ?? ''}`))], ['200 '])
  assert.equal(new Set(all.map(({ body }) => body.access_token)).size, 1)
  assert.equal((await events('connection.refreshed')).length, before + 1)
  const asked = await upstream.api<Listed>('GET', `${REALM}/issuances?limit=200`)
  assert.equal(asked.data.filter(({ grant_type: type }) => type === 'refresh_token').length, 1)
})

test('a refresh token that the provider does not take any more has the user connect again', async () => {
  const token = await userToken()
  await staleConnection('not one of the provider')
  const refused = await exchange(token)
  assert.deepEqual([refused.body.error, refused.body.cause], ['consent_required', 'consent_missing'])
  const { data } = await server.api<Listed>('GET', `${REALM}/connections`)
  assert.equal(data[0]?.needs_reauth, true)
  await connect(String(refused.body.consent_url))
  assert.equal((await exchange(token)).status, 200)
})

test('who connects again is refreshed by nothing that there was before', async () => {
  const token = await userToken()
  const { refresh_token: refreshToken } = await tokensOf(upstream, atProvider, there, 'openid email offline_access')
  await staleConnection(refreshToken)
  await staleConnection(undefined)
  const refused = await exchange(token)
  assert.deepEqual([refused.body.error, refused.body.cause], ['consent_required', 'consent_missing'])
  await connect(String(refused.body.consent_url))
})

test('a state is of one browser, and used once', async () => {
  const { away } = await (async () => {
    const browser = new UserAgent(server.url)
    let page = await browser.follow(await browser.request(`${server.url}/connect/up?resource=mail`))
    page = await browser.submit(page, { ...here })
    return page as { away?: URL }
  })()
  const back = await new UserAgent(upstream.url).authorize(away?.href ?? '', there)
  const other = new UserAgent(server.url)
  await other.submit(await other.follow(await other.request(`${server.url}/account`)), { ...here })
  assert.equal((await other.request(back.href)).status, 403)
  assert.equal(
    (await other.request(`${server.url}/connect/up/callback?code=x&state=${proofKey().verifier}`)).status,
    410,
  )
  const elsewhere = `${server.url}/connect/up?resource=mail&return_url=https://evil.example/`
  assert.equal((await other.request(elsewhere)).status, 400)
})

test('a disconnected account is revoked at the provider, and deleting a provider in use is refused', async () => {
  const token = await userToken()
  const { access_token: vended } = (await exchange(token)).body
  const { data } = await server.api<Listed>('GET', `${REALM}/connections`)
  await server.api('POST', `${REALM}/connections/${data[0]?.id}/revoke`)
  const userinfo = await fetch(`${upstream.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${vended}` } })
  assert.equal(userinfo.status, 401)
  assert.equal((await exchange(token)).body.error, 'consent_required')
  const refused = await server.call('DELETE', `${REALM}/broker-providers/${provider.id}`)
  assert.equal(refused.status, 409)
  assert.match(JSON.stringify(refused.body), /mail, leashed/)
})

test('where the provider is away, a client is told to come again', async () => {
  const token = await userToken()
  await staleConnection('a refresh token')
  await upstream.kill()
  const { status, body } = await exchange(token)
  assert.deepEqual([status, body.error], [503, 'temporarily_unavailable'])
})
