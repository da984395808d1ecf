// Checks the proxy as its users meet it: a real server, its admin API, and an application behind it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { ath, makeDpopKey } from '#testing/dpop.ts'
import { type ProxyReply, type ProxyStage, startProxyStage, startUpstream } from '#testing/proxy.ts'
import { UserAgent } from '#testing/user-agent.ts'

const API = '/v1/realms/default'
const PERSON = { email: 'ada@example.com', password: 'correct horse battery staple' }
const AUDIENCE = 'https://app.example.com/'
const PAGE = { accept: 'text/html', 'sec-fetch-mode': 'navigate' }

let stage: ProxyStage
let siteId: string
let userId: string
let roleId: string
let program: { client_id: string; client_secret: string }
before(async () => {
  stage = await startProxyStage({ env: { COUNTERSIGN_PROXY_BREAKER_SECONDS: '1' } })
  const { api } = stage.server
  const { data } = await api<{ data: { id: string }[] }>('GET', `${API}/proxy-sites`)
  siteId = data[0]?.id ?? ''
  await api('PATCH', `${API}/proxy-sites/${siteId}`, { audience: AUDIENCE })
  await stage.rule('/public/*', { require: 'anonymous' })
  await stage.rule('/private/*')
  await stage.rule('/admin/*', { require: 'role:admin', priority: 10 })
  await stage.rule('/staff', { require: 'group:Staff' })
  await stage.rule('/orders/*', { require: 'scope:orders:read', methods: ['GET'] })
  await stage.rule('/posts', { require: 'permission:posts:write' })
  await stage.rule('/pro/*', { require: 'tier:pro' })
  await stage.rule('/machines', { machines_only: true })
  await stage.rule('/agents', { require: 'agent' })
  const user = await api<{ id: string }>('POST', `${API}/users`, { ...PERSON, name: 'Ada Łoś' })
  userId = user.id
  const role = await api<{ id: string }>('POST', `${API}/roles`, { name: 'admin', permissions: ['posts:write'] })
  roleId = role.id
  const scopes = [{ name: 'orders:read', description: 'See orders' }]
  await api('POST', '/v1/resources', { identifier: AUDIENCE, name: 'App', scopes })
  program = await api('POST', `${API}/clients`, {
    ...{ label: 'Program', grant_types: ['client_credentials'], scopes: ['orders:read'], audiences: [AUDIENCE] },
  })
})
after(() => stage.stop())

async function tokenOf(more: Record<string, string> = {}, headers: Record<string, string> = {}) {
  const basic = btoa(`${program.client_id}:${program.client_secret}`)
  const response = await fetch(`${stage.server.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, ...headers },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: AUDIENCE, ...more }),
  })
  const body = (await response.json()) as { access_token: string }
  assert.equal(response.status, 200, JSON.stringify(body))
  return body.access_token
}

/** Signs the person in as a browser does: the proxy sends it to the sign-in server, and that one back. */
async function browser(person = PERSON): Promise<{ open(path: string, headers?: object): Promise<ProxyReply> }> {
  const { server, site } = stage
  const cookies = new Map<string, string>()
  const open = async (path: string, headers: object = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const reply = await stage.ask(path, { headers: { ...PAGE, ...(cookie && { cookie }), ...headers } })
    for (const line of reply.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return reply
  }
  const first = await open('/private/start?x=1')
  assert.equal(first.status, 302, first.text)
  const agent = new UserAgent(server.url)
  const page = await agent.follow(await agent.request(String(first.headers.location)))
  const back = await agent.submit(page, { email: person.email, password: person.password })
  const away = 'away' in back && back.away ? back.away : new URL(back.headers.get('location') ?? '')
  assert.equal(away.origin, site)
  const done = await open(away.pathname + away.search)
  assert.deepEqual([done.status, done.headers.location], [303, `${site}/private/start?x=1`], done.text)
  return { open }
}

test('a rule decides who passes, and what nobody allowed is refused', async () => {
  const open = await stage.ask('/public/a?b=c')
  assert.deepEqual([open.status, open.json.url], [200, '/public/a?b=c'], open.text)
  assert.equal(open.json.headers.host, new URL(stage.upstream.url).host)
  const closed = await stage.ask('/private/x')
  assert.deepEqual([closed.status, closed.json.error], [401, 'unauthenticated'])
  assert.match(String(closed.headers['www-authenticate']), /^Bearer realm=/)
  assert.equal((await stage.ask('/elsewhere')).status, 401)
  assert.equal((await stage.ask('/public/a', { host: 'other.example' })).status, 421)
})

test('a person signs in once, and the rules ask for role, group, permission and tier', async () => {
  const { api } = stage.server
  const { open } = await browser()
  const inside = await open('/private/start?x=1')
  const { headers } = inside.json
  assert.deepEqual(
    [inside.status, headers['x-user-id'], headers['x-user-email'], headers['x-auth-method']],
    [200, userId, PERSON.email, 'session'],
  )
  assert.equal(headers.cookie, undefined, 'the cookie of the proxy stays at the proxy')
  assert.equal(inside.headers['cache-control'], 'private')
  assert.match(String(inside.headers.vary), /Cookie/)
  for (const path of ['/admin/x', '/posts', '/staff', '/machines', '/agents', '/orders/1']) {
    assert.equal((await open(path)).status, 403, path)
  }
  await api('POST', `${API}/roles/${roleId}/assign`, { user_id: userId })
  assert.equal((await open('/admin/x')).json.headers['x-user-roles'], 'admin', 'a role counts at once')
  assert.equal((await open('/posts')).status, 200)
  const group = await api<{ id: string }>('POST', `${API}/groups`, { name: 'Staff' })
  await api('POST', `${API}/groups/${group.id}/members`, { user_ids: [userId] })
  assert.equal((await open('/staff')).status, 200)
  const wall = await open('/pro/report')
  assert.equal(wall.status, 302)
  const location = String(wall.headers.location)
  const page = await fetch(location)
  const html = await page.text()
  assert.deepEqual([page.status, page.headers.get('cache-control')], [402, 'no-store'])
  assert.ok(html.includes(`${stage.site}/pro/report?upgrade=pro`), html)
  const program = await open('/pro/report', { accept: 'application/json' })
  assert.deepEqual([program.status, program.json.error], [402, 'payment_required'])
  await api('PATCH', `${API}/users/${userId}`, { attributes: { tier: 'pro' } })
  assert.equal((await open('/pro/report')).json.headers['x-user-tier'], 'pro', 'the next request passes')
  await api('PATCH', `${API}/users/${userId}`, { status: 'suspended' })
  assert.equal((await open('/private/x')).status, 302, 'a suspended person has to sign in')
  await api('PATCH', `${API}/users/${userId}`, { status: 'active' })
})

test('a session that ended is over at the site, and a code works once, in its browser, for its site', async () => {
  const { api } = stage.server
  const { open } = await browser()
  assert.equal((await open('/private/x')).status, 200)
  const { data } = await api<{ data: { id: string; ended_at: string | null }[] }>(
    'GET',
    `${API}/sessions?user_id=${userId}`,
  )
  for (const { id } of data) await api('POST', `${API}/sessions/${id}/revoke`)
  assert.equal((await open('/private/x')).status, 302)
  const begun = await stage.ask('/private/x', { headers: PAGE })
  const agent = new UserAgent(stage.server.url)
  const page = await agent.follow(await agent.request(String(begun.headers.location)))
  const back = await agent.submit(page, PERSON)
  const away = 'away' in back && back.away ? back.away : new URL(back.headers.get('location') ?? '')
  const path = away.pathname + away.search
  assert.equal((await stage.ask(path)).status, 400, 'another browser')
  const [cookie = ''] = String(begun.headers['set-cookie']).split(';')
  assert.equal((await stage.ask(path, { headers: { cookie } })).status, 303)
  assert.equal((await stage.ask(path, { headers: { cookie } })).status, 400, 'a second time')
  const elsewhere = await fetch(
    `${stage.server.url}/proxy/sign-in?return_to=https://evil.example/&state=${'a'.repeat(43)}`,
    { redirect: 'manual' },
  )
  assert.equal(elsewhere.status, 400, 'PX-12 no redirect to where no site is')
})

test('PX-09 tokens count by audience, scope and life; a bound one needs its proof', async () => {
  const token = await tokenOf({ scope: 'orders:read' })
  const bearer = { authorization: `Bearer ${token}` }
  const ok = await stage.ask('/orders/1', { headers: bearer })
  assert.equal(ok.status, 200, ok.text)
  assert.deepEqual(
    [ok.json.headers['x-client-id'], ok.json.headers['x-auth-scopes'], ok.json.headers.authorization],
    [program.client_id, 'orders:read', undefined],
  )
  assert.equal((await stage.ask('/machines', { headers: bearer })).status, 200)
  assert.equal((await stage.ask('/agents', { headers: bearer })).status, 403)
  assert.equal((await stage.ask('/orders/1', { method: 'POST', headers: bearer })).status, 403, 'no rule for POST')
  const poor = await stage.ask('/orders/1', { headers: { authorization: `Bearer ${await tokenOf({ scope: '' })}` } })
  assert.ok([200, 403].includes(poor.status))
  const other = await tokenOf({ resource: stage.server.url }).catch(() => undefined)
  if (other) assert.equal((await stage.ask('/orders/1', { headers: { authorization: `Bearer ${other}` } })).status, 401)
  for (const wrong of [`${token}x`, 'nonsense', token.slice(0, -2)]) {
    const refused = await stage.ask('/orders/1', { headers: { authorization: `Bearer ${wrong}`, ...PAGE } })
    assert.equal(refused.status, 401)
    assert.match(String(refused.headers['www-authenticate']), /error="invalid_token"/)
  }
  await fetch(`${stage.server.url}/oauth/revoke`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${program.client_id}:${program.client_secret}`)}` },
    body: new URLSearchParams({ token }),
  })
  assert.equal((await stage.ask('/orders/1', { headers: bearer })).status, 401, 'revoked, at once')

  const key = await makeDpopKey()
  const bound = await tokenOf(
    { scope: 'orders:read' },
    { dpop: await key.prove(`${stage.server.url}/oauth/token`, Date.now()) },
  )
  const prove = (path: string, more = {}) =>
    key.prove(`${stage.site}${path}`, Date.now(), { htm: 'GET', ath: ath(bound), ...more })
  const send = (path: string, dpop?: string, scheme = 'DPoP') =>
    stage.ask(path, { headers: { authorization: `${scheme} ${bound}`, ...(dpop && { dpop }) } })
  const proof = await prove('/orders/1')
  assert.equal((await send('/orders/1?q=1', proof)).status, 200)
  assert.equal((await send('/orders/1', proof)).status, 401, 'a proof is good once')
  assert.equal((await send('/orders/1')).status, 401)
  assert.equal((await send('/orders/1', undefined, 'Bearer')).status, 401, 'DP-07 no downgrade')
  assert.equal((await send('/orders/1', await prove('/orders/2'))).status, 401)
  assert.equal((await send('/orders/1', await prove('/orders/1', { htm: 'POST' }))).status, 401)
  const inner = await key.prove(`${stage.upstream.url}/orders/1`, Date.now(), { htm: 'GET', ath: ath(bound) })
  assert.equal((await send('/orders/1', inner)).status, 401, 'DP-14 only the outer address counts')
})

test('PX-03 PX-04 headers about the caller are the proxy’s, in every spelling', async () => {
  const evil = {
    ...{
      'X-User-ID': 'usr_evil',
      x_user_id: 'usr_evil',
      'X_User-Email': 'evil',
      'X.User.Roles': 'admin',
      'x-agent-id': 'evil',
    },
    ...{
      'X-Forwarded-User': 'evil',
      'Remote-User': 'evil',
      REMOTE_USER: 'evil',
      'X-Identity-Token': 'evil',
      'X-Shark-App-ID': 'evil',
    },
    ...{
      'X-Original-URL': '/admin',
      'X-Rewrite-URL': '/admin',
      'X-Forwarded-For': '10.0.0.1',
      Forwarded: 'for=10.0.0.1',
    },
    ...{
      'X-HTTP-Method-Override': 'DELETE',
      'X-Real-IP': '10.0.0.1',
      'X-Forwarded-Host': 'evil.example',
      'X-Fine': 'fine',
    },
  }
  const { json } = await stage.ask('/public/a', { headers: evil })
  assert.ok(!JSON.stringify(json.headers).includes('evil'), JSON.stringify(json.headers))
  assert.ok(!JSON.stringify(json.headers).includes('10.0.0.1'))
  assert.ok(!('x-original-url' in json.headers || 'x-http-method-override' in json.headers))
  assert.equal(json.headers['x-fine'], 'fine')
  assert.deepEqual(
    [json.headers['x-forwarded-for'], json.headers['x-forwarded-host'], json.headers['x-forwarded-proto']],
    ['127.0.0.1', new URL(stage.site).host, 'http'],
  )
  assert.match(String(json.headers.forwarded), /^for=127\.0\.0\.1;host="app\.localhost:\d+";proto=http$/)
  assert.match(String(json.headers.via), /^1\.1 countersign-/)
  const { open } = await browser()
  const dropped = await open('/private/x', { connection: 'X-User-ID, X-User-Email, X-Auth-Method, cookie' })
  assert.equal(dropped.json.headers['x-user-id'], userId, 'Connection takes none of ours away')
})

test('a signed identity is verified with the keys of the realm', async () => {
  const { api, url } = stage.server
  await api('PATCH', `${API}/proxy-sites/${siteId}`, { signs_identity: true })
  const { open } = await browser()
  const { json } = await open('/private/x')
  const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`))
  const { payload } = await jwtVerify(String(json.headers['x-identity-token']), keys, {
    issuer: url,
    audience: AUDIENCE,
  })
  assert.deepEqual([payload.sub, payload.email, payload.name], [userId, PERSON.email, 'Ada Łoś'])
  await api('PATCH', `${API}/proxy-sites/${siteId}`, { signs_identity: false })
})

test('PX-11 an upstream sets no cookies of this server', async () => {
  const before = stage.upstream.answer
  stage.upstream.answer = (_request, response) =>
    response
      .writeHead(200, { 'set-cookie': ['__Host-session-default=evil', 'countersign-site-1=evil', 'theme=dark'] })
      .end()
  const { headers } = await stage.ask('/public/a')
  stage.upstream.answer = before
  assert.deepEqual(headers['set-cookie'], ['theme=dark'])
})

test('PX-11 the application has the cookies that only look like those of this server', async () => {
  const own = ['csrf-token=1', 'session-id=2', 'language-preference=3', 'device-fingerprints=4']
  const ours = ['__Host-session-default=5', 'csrf-default-8080=6', 'countersign-site-1=7']
  const { json } = await stage.ask('/public/a', { headers: { cookie: [...own, ...ours].join('; ') } })
  assert.equal(json.headers.cookie, own.join('; '))
})

test('a rule for GET is one for HEAD, and no header makes another method of it', async () => {
  const overrides = ['x-method-override', 'x-http-method', 'X_HTTP_Method_Override', 'x-http-method-override']
  const rule = await stage.rule('/public/get', { require: 'anonymous', methods: ['GET'], priority: 60 })
  const closed = await stage.rule('/public/get', { priority: 50 })
  const headers = Object.fromEntries(overrides.map((name) => [name, 'DELETE']))
  const got = await stage.ask('/public/get', { headers })
  assert.deepEqual([got.status, overrides.filter((name) => name.toLowerCase() in got.json.headers)], [200, []])
  const head = await stage.ask('/public/get', { method: 'HEAD' })
  const post = await stage.ask('/public/get', { method: 'POST' })
  assert.deepEqual([head.status, post.status], [200, 401])
  for (const { id } of [rule, closed]) await stage.server.api('DELETE', `${API}/proxy-rules/${id}`)
})

test('a token that is not for a site any more is refused at the next request', async () => {
  const { api } = stage.server
  const headers = { authorization: `Bearer ${await tokenOf()}` }
  assert.equal((await stage.ask('/orders/1', { headers })).status, 200)
  await api('PATCH', `${API}/proxy-sites/${siteId}`, { audience: 'https://elsewhere.example/' })
  assert.equal((await stage.ask('/orders/1', { headers })).status, 401)
  await api('PATCH', `${API}/proxy-sites/${siteId}`, { audience: AUDIENCE })
  assert.equal((await stage.ask('/orders/1', { headers })).status, 200)
})

test('PX-13 an upstream that is away opens the breaker, and one that is back closes it', async () => {
  const { api } = stage.server
  const other = await startUpstream()
  const port = Number(new URL(other.url).port)
  const application = await api<{ id: string }>('POST', `${API}/applications`, { name: 'Other' })
  const host = `other.localhost:${stage.port}`
  const given = { application_id: application.id, public_url: `http://${host}`, upstream: other.url }
  await api('POST', `${API}/proxy-sites`, given)
  await api('POST', `${API}/proxy-rules`, {
    application_id: application.id,
    name: 'All',
    path: '/*',
    require: 'anonymous',
  })
  const ask = () => stage.ask('/x', { host })
  const state = async () => {
    const { sites } = await api<{ sites: { public_url: string; state: string }[] }>('GET', `${API}/proxy/status`)
    return sites.find(({ public_url }) => public_url === given.public_url)?.state
  }
  assert.deepEqual([(await ask()).status, await state()], [200, 'closed'])
  await other.close()
  const statuses = []
  for (let count = 0; count < 5; count++) statuses.push((await ask()).status)
  assert.deepEqual([statuses, await state()], [[502, 502, 502, 503, 503], 'open'])
  assert.equal((await stage.ask('/public/a')).status, 200, 'other sites go on')
  const back = await startUpstream(port)
  await pause(1100)
  assert.deepEqual([(await ask()).status, await state()], [200, 'half_open'])
  assert.deepEqual([(await ask()).status, await state()], [200, 'closed'])
  await back.close()
})

test('a health path is probed while its site is in use, and shows a failure that no request met', async () => {
  const { api } = stage.server
  const other = await startUpstream()
  const application = await api<{ id: string }>('POST', `${API}/applications`, { name: 'Probed' })
  const host = `probed.localhost:${stage.port}`
  const given = { application_id: application.id, public_url: `http://${host}`, upstream: other.url }
  await api('POST', `${API}/proxy-sites`, { ...given, health_path: '/healthz' })
  const rule = { application_id: application.id, name: 'All', path: '/*', require: 'anonymous' }
  await api('POST', `${API}/proxy-rules`, rule)
  assert.equal((await stage.ask('/x', { host })).status, 200)
  await other.close()
  for (let tries = 0; ; tries++) {
    const { sites } = await api<{ sites: { public_url: string; failures: number }[] }>('GET', `${API}/proxy/status`)
    if ((sites.find(({ public_url }) => public_url === given.public_url)?.failures ?? 0) > 0) break
    assert.ok(tries < 100, 'no probe failed')
    await pause(100)
  }
})

test('a rule in shadow mode decides nothing, and what it would have decided is counted', async () => {
  const { api } = stage.server
  const rule = await stage.rule('/public/shadow', { mode: 'shadow', require: 'role:nobody', priority: 50 })
  for (let count = 0; count < 3; count++) assert.equal((await stage.ask('/public/shadow')).status, 200)
  type Figures = { rule_id: string; mode: string; allowed: number; denied: number; differs: number }
  const figures = async () => {
    const { rules } = await api<{ rules: Figures[] }>('GET', `${API}/proxy/status`)
    return rules.find(({ rule_id }) => rule_id === rule.id)
  }
  const shown = await figures()
  assert.deepEqual([shown?.mode, shown?.allowed, shown?.denied, shown?.differs], ['shadow', 0, 3, 3])
  await api('PATCH', `${API}/proxy-rules/${rule.id}`, { mode: 'enforce' })
  assert.equal((await stage.ask('/public/shadow')).status, 401, 'a changed rule counts for the next request')
  await api('DELETE', `${API}/proxy-rules/${rule.id}`)
})
