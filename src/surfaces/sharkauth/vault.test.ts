// Checks the vault at the document’s paths against a second server as the provider: people connect, agents get tokens, and the end of it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ath, makeDpopKey } from '#testing/dpop.ts'
import { getCode, makeClient, makePerson, REDIRECT_URI, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

type Json = Record<string, unknown>
const BASE = '/api/v1/vault'

let upstream: TestServer
let server: TestServer
let atProvider: TestClient
let agent: TestClient
let here: Person & { id: string }
let other: Person & { id: string }
let there: Person
let provider: Json
let signedIn: UserAgent

before(async () => {
  ;[upstream, server] = await Promise.all([startServer(), startServer()])
  atProvider = await makeClient(upstream, {
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [`${server.url}${BASE}/callback/up`],
  })
  there = await makePerson(upstream, 'ada@upstream.example')
  here = await makePerson(server, 'ada@here.example')
  other = await makePerson(server, 'bo@here.example')
  provider = (
    await ask('POST', `${BASE}/providers`, {
      ...{ name: 'up', display_name: 'Upstream', client_id: atProvider.clientId, client_secret: atProvider.secret },
      ...{ auth_url: `${upstream.url}/oauth/authorize`, token_url: `${upstream.url}/oauth/token` },
      scopes: ['openid', 'offline_access'],
    })
  ).body
  await server.api('POST', '/v1/resources', {
    ...{ identifier: `${server.url}${BASE}`, name: 'Vault', scopes: [{ name: 'vault:read' }] },
  })
  agent = await makeClient(server, { label: 'Agent', scopes: ['openid', 'vault:read', 'mail:read'], audiences: '*' })
  const scopes = [{ name: 'mail:read', upstream: 'openid email', description: 'Read your address' }]
  const shared = { backend: 'broker', broker_provider: 'up', runtime_clients: [agent.id], scopes }
  await server.api('POST', '/v1/resources', { ...shared, slug: 'leashed' })
  await server.api('POST', '/v1/resources', { ...shared, slug: 'mail', vending: 'token' })
  signedIn = await browserOf(here)
})
after(() => Promise.all([upstream.stop(), server.stop()]))

async function ask(method: string, path: string, body?: unknown) {
  const reply = await server.call(method, path, { body })
  return { status: reply.status, body: reply.body as Json }
}

/** A browser in which somebody is signed in. */
async function browserOf(person: Person): Promise<UserAgent> {
  const browser = new UserAgent(server.url)
  const page = await browser.follow(await browser.request(`${server.url}/account`))
  await browser.submit(page, { ...person })
  return browser
}

const cookieOf = (browser: UserAgent) => [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
async function asPerson(browser: UserAgent | null, method: string, path: string, origin = server.url) {
  const headers = {
    ...(browser && { cookie: cookieOf(browser) }),
    origin,
    'sec-fetch-site': origin === server.url ? 'same-origin' : 'cross-site',
  }
  const response = await fetch(`${server.url}${path}`, { method, headers })
  return { status: response.status, body: (await response.json().catch(() => ({}))) as Json }
}
const connectionsOf = async (browser: UserAgent) =>
  (await asPerson(browser, 'GET', `${BASE}/connections`)).body.data as Json[]

/** A signed-in browser goes through a connection. @returns where it ends */
async function connect(browser: UserAgent, url = `${server.url}${BASE}/connect/up`): Promise<{ asked: URL; end: URL }> {
  let page: { away?: URL; text: string; url: string; status: number; headers: Headers } = await browser.follow(
    await browser.request(url),
  )
  if (!page.away && /value="allow"/.test(page.text)) page = await browser.submit(page, { decision: 'allow' })
  assert.equal(page.away?.origin, upstream.url, page.text)
  const asked = page.away as URL
  const back = await new UserAgent(upstream.url).authorize(asked.href, there)
  const end = await browser.follow(await browser.request(back.href))
  return { asked, end: new URL(end.url) }
}

/** An access token of the agent for the vault, in the name of a person. */
async function tokenFor(
  person: Person,
  scope = 'vault:read',
  resource = `${server.url}${BASE}`,
  { client = agent, headers = {} }: { client?: TestClient; headers?: Record<string, string> } = {},
): Promise<string> {
  const { code, verifier } = await getCode(server, client, person, { scope, ...(resource && { resource }) })
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT_URI }
  const response = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { ...(client.secret && { authorization: client.basic }), ...headers },
    body: new URLSearchParams({ ...form, client_id: client.clientId, ...(resource && { resource }) }),
  })
  const body = (await response.json()) as Json
  assert.equal(response.status, 200, JSON.stringify(body))
  return String(body.access_token)
}

async function fetchToken(token: string | null, { name = 'up', headers = {} as Record<string, string> } = {}) {
  const response = await fetch(`${server.url}${BASE}/${name}/token`, {
    headers: { ...(token !== null && { authorization: `Bearer ${token}` }), ...headers },
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Json }
}

test('GET /api/v1/vault/connect/{provider}, GET /api/v1/vault/callback/{provider}: a person connects an account at the registered redirect URI, with PKCE', async () => {
  const { asked, end } = await connect(signedIn)
  assert.equal(asked.searchParams.get('redirect_uri'), `${server.url}${BASE}/callback/up`)
  assert.equal(asked.searchParams.get('code_challenge_method'), 'S256')
  assert.deepEqual([end.pathname, end.searchParams.get('done')], ['/account/connections', 'yes'])
  assert.equal((await connectionsOf(signedIn)).length, 1)
  const stranger = await new UserAgent(server.url).request(`${server.url}${BASE}/callback/up?code=x&state=y`)
  assert.equal(stranger.status, 410)
  assert.equal((await signedIn.request(`${server.url}${BASE}/connect/none`)).status, 404)
  const anonymous = new UserAgent(server.url)
  const page = await anonymous.follow(await anonymous.request(`${server.url}${BASE}/connect/up`))
  const away = (await anonymous.submit(page, { ...here })) as { away?: URL }
  assert.equal(away.away?.origin, upstream.url, 'who signs in on the way goes on')
  const back = await new UserAgent(upstream.url).authorize(away.away?.href ?? '', there)
  assert.equal((await (await browserOf(other)).request(back.href)).status, 403, 'the answer is of another browser')
})

test('GET /api/v1/vault/connections, DELETE /api/v1/vault/connections/{id}: one’s own and nobody else’s, without tokens, and from no other site', async () => {
  const [shown, ...more] = await connectionsOf(signedIn)
  assert.deepEqual(more, [])
  assert.match(String(shown?.id), /^vc_[0-9a-z]{26}$/)
  assert.partialDeepStrictEqual(shown, {
    ...{ provider_id: provider.id, provider_name: 'up', provider_display_name: 'Upstream', needs_reauth: false },
  })
  assert.match(String(shown?.created_at), /T\d\d:\d\d:\d\dZ$/)
  const theirs = await browserOf(other)
  assert.deepEqual((await asPerson(theirs, 'GET', `${BASE}/connections`)).body, { data: [], total: 0 })
  const at = `${BASE}/connections/${shown?.id}`
  assert.equal((await asPerson(theirs, 'DELETE', at)).status, 404)
  assert.equal((await asPerson(signedIn, 'DELETE', at, 'https://evil.example')).status, 403)
  const { status, body } = await asPerson(null, 'GET', `${BASE}/connections`)
  assert.deepEqual(
    [status, body.error, body.code, typeof body.message],
    [401, 'unauthorized', 'unauthorized', 'string'],
  )
  for (const wrong of ['vc_nothing', 'x', `${shown?.id}`.replace('vc_', 'usr_')])
    assert.equal((await asPerson(signedIn, 'DELETE', `${BASE}/connections/${wrong}`)).status, 404, wrong)
  assert.equal((await asPerson(signedIn, 'DELETE', at)).status, 204)
  assert.deepEqual(await connectionsOf(signedIn), [])
  assert.equal((await asPerson(signedIn, 'DELETE', at)).status, 404)
})

test('GET /api/v1/vault/{provider}/token: an agent that the person allowed gets the token, and before that the address where to allow it', async () => {
  const token = await tokenFor(here)
  const missing = await fetchToken(token)
  assert.partialDeepStrictEqual(missing, { status: 401, body: { error: 'reauth_required', provider: 'up' } })
  const { consent_url: url } = missing.body.details as Json
  assert.ok(String(url).startsWith(`${server.url}${BASE}/connect/up?resource=mail`), String(url))
  await connect(signedIn, String(url))
  const { status, body, headers } = await fetchToken(token)
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual([body.token_type, body.scope, headers.get('cache-control')], ['Bearer', 'mail:read', 'no-store'])
  assert.match(String(body.expires_at), /T\d\d:\d\d:\d\dZ$/)
  const userinfo = await fetch(`${upstream.url}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${body.access_token}` },
  })
  assert.equal(((await userinfo.json()) as Json).email, there.email)
  const log = await ask('GET', '/api/v1/audit-logs?action=upstream.token.issued')
  const [told] = log.body.data as Json[]
  const { provider: named, user_id: about } = (told?.metadata ?? {}) as Json
  assert.deepEqual([named, about], ['up', here.id])
  for (const each of [log.body, await ask('GET', '/api/v1/admin/vault/connections'), server.output()])
    assert.ok(!JSON.stringify(each).includes(String(body.access_token)))
})

test('GET /api/v1/vault/{provider}/token: who has no such token, scope, user, policy or provider is refused in the words of the document', async () => {
  const token = await tokenFor(here)
  const refusal = async (sent: string | null, name?: string) => {
    const { status, body, headers } = await fetchToken(sent, name ? { name } : {})
    if (status === 401) assert.match(String(headers.get('www-authenticate')), /^Bearer /)
    assert.equal(body.error, body.code)
    return [status, body.error]
  }
  assert.deepEqual(await refusal(null), [401, 'invalid_token'])
  assert.deepEqual(await refusal('no token'), [401, 'invalid_token'])
  assert.deepEqual(await refusal(server.adminKey), [401, 'invalid_token'])
  assert.deepEqual(await refusal(await tokenFor(here, 'openid', '')), [401, 'invalid_token'], 'of another audience')
  assert.deepEqual(await refusal(token, 'none'), [404, 'not_found'])
  const list = await server.api<{ data: Json[] }>('GET', '/v1/resources')
  const mail = list.data.find(({ slug }) => slug === 'mail')
  const change = (body: Json) => server.api('PATCH', `/v1/resources/${mail?.id}`, body)
  await change({ vending: 'leashed' })
  assert.deepEqual(await refusal(token), [403, 'forbidden'], 'the policy gives no raw tokens')
  await change({ vending: 'token', runtime_clients: [] })
  assert.deepEqual(await refusal(token), [403, 'forbidden'], 'the policy does not name the client')
  await change({ runtime_clients: [agent.id] })
  assert.equal((await fetchToken(token)).status, 200)
  const consents = await ask('GET', `/api/v1/admin/oauth/consents?user_id=${here.id}`)
  assert.ok((consents.body.data as Json[]).length >= 1)
  await fetch(`${server.url}/oauth/revoke`, {
    method: 'POST',
    headers: { authorization: agent.basic },
    body: new URLSearchParams({ token }),
  })
  assert.deepEqual(await refusal(token), [401, 'invalid_token'])
})

test('weakness 8: a bound token needs a proof of its key, for this address and this token, and each works once', async () => {
  const key = await makeDpopKey()
  const token = await tokenFor(here, 'vault:read', undefined, {
    headers: { dpop: await key.prove(`${server.url}/oauth/token`, Date.now()) },
  })
  const url = `${server.url}${BASE}/up/token`
  const bound = { htm: 'GET', ath: ath(token) }
  const sent = async (dpop: string | undefined, scheme = 'DPoP') =>
    (await fetchToken(null, { headers: { authorization: `${scheme} ${token}`, ...(dpop && { dpop }) } })).status
  const proof = await key.prove(url, Date.now(), bound)
  assert.equal(await sent(proof), 200)
  assert.equal(await sent(proof), 401, 'used before')
  assert.equal(await sent(undefined), 401)
  assert.equal(await sent(await key.prove(url, Date.now(), bound), 'Bearer'), 401)
  assert.equal(await sent(await key.prove(url, Date.now(), { htm: 'GET' })), 401, 'without the digest of the token')
  assert.equal(await sent(await key.prove(`${server.url}${BASE}/other/token`, Date.now(), bound)), 401)
  assert.equal(await sent(await (await makeDpopKey()).prove(url, Date.now(), bound)), 401)
})

test('GET /api/v1/vault/{provider}/token: whoever may not exchange tokens gets none, and an agent no more a minute than it may', async () => {
  const list = await server.api<{ data: Json[] }>('GET', '/v1/resources')
  const mail = list.data.find(({ slug }) => slug === 'mail')
  const allow = (id: string) => server.api('PATCH', `/v1/resources/${mail?.id}`, { runtime_clients: [agent.id, id] })
  const scopes = ['openid', 'vault:read', 'mail:read']
  const open = await makeClient(server, {
    ...{ label: 'Page', auth_method: 'none', grant_types: ['authorization_code'], scopes, audiences: '*' },
  })
  await allow(open.id)
  const refused = await fetchToken(await tokenFor(here, 'vault:read', undefined, { client: open }))
  assert.deepEqual([refused.status, refused.body.error], [403, 'forbidden'], JSON.stringify(refused.body))

  const made = await server.api<Record<'client_id' | 'client_secret', string>>('POST', '/v1/realms/default/agents', {
    ...{ name: 'Slow', allowed_scopes: scopes, audiences: '*', rate_limit_rpm: 3 },
  })
  const { data } = await server.api<{ data: { id: string; client_id: string }[] }>(
    'GET',
    `/v1/realms/default/clients?client_id=${made.client_id}`,
  )
  const id = data[0]?.id ?? assert.fail()
  await server.api('PATCH', `/v1/realms/default/clients/${id}`, {
    ...{ grant_types: ['authorization_code'], redirect_uris: [REDIRECT_URI], first_party: true },
  })
  await allow(id)
  const basic = `Basic ${btoa(`${made.client_id}:${made.client_secret}`)}`
  const slow = { id, clientId: made.client_id, secret: made.client_secret, basic }
  const token = await tokenFor(here, 'vault:read', undefined, { client: slow })
  assert.equal((await fetchToken(token)).status, 200)
  assert.equal((await fetchToken(token)).status, 200)
  const late = await fetchToken(token)
  assert.deepEqual([late.status, late.body.error], [429, 'rate_limited'], JSON.stringify(late.body))
  assert.ok(Number(late.headers.get('retry-after')) >= 1)
  await allow(agent.id)
})

test('weakness 4: who has not passed the second factor connects nothing and sees nothing', async () => {
  await server.api('PATCH', '/v1/realms/default', { min_aal: 2 })
  const half = new UserAgent(server.url)
  const page = await half.follow(await half.request(`${server.url}/account`))
  const next = await half.submit(page, { ...other })
  assert.match(next.url, /sign-in\/authenticator/)
  assert.equal((await asPerson(half, 'GET', `${BASE}/connections`)).status, 401)
  const start = await half.request(`${server.url}${BASE}/connect/up`)
  assert.ok(start.status === 303 && !String(start.headers.get('location')).startsWith(upstream.url))
  await server.api('PATCH', '/v1/realms/default', { min_aal: 1 })
})

test('DELETE /api/v1/admin/vault/connections/{id}: ends it, also at the provider, and agents get no more tokens', async () => {
  const token = await tokenFor(here)
  const { body } = await fetchToken(token)
  const { data } = (await ask('GET', '/api/v1/admin/vault/connections')).body as { data: Json[] }
  const [connection] = data.filter(({ user_id }) => user_id === here.id)
  const at = `/api/v1/admin/vault/connections/${connection?.id}`
  assert.deepEqual(await ask('DELETE', at), {
    status: 200,
    body: { disconnected: true, connection_id: connection?.id },
  })
  assert.equal((await fetchToken(token)).body.error, 'reauth_required')
  assert.deepEqual(await connectionsOf(signedIn), [])
  assert.equal(
    (
      await ask(
        'DELETE',
        at.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      )
    ).status,
    404,
  )
  const userinfo = await fetch(`${upstream.url}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${body.access_token}` },
  })
  assert.ok([200, 401].includes(userinfo.status))
})

test('weakness 12: the addresses of a provider may not be private ones where they are forbidden', async () => {
  const reply = await ask('POST', `${BASE}/providers`, {
    ...{ name: 'inside', client_id: 'x', client_secret: 'y' },
    ...{ auth_url: 'http://169.254.169.254/a', token_url: 'http://169.254.169.254/t' },
  })
  assert.equal(reply.status, 400, JSON.stringify(reply.body))
})
