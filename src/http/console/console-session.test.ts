// Signing in at the console, and what its session lets other pages do: nothing.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'

const PERSON = { email: 'root@example.com', password: 'correct horse battery staple' }
const GROUPS = '/v1/realms/default/groups'

let server: TestServer
before(async () => {
  server = await startServer({ env: { COUNTERSIGN_CONSOLE: 'true' } })
  await server.api('POST', '/v1/administrators', { ...PERSON, role: 'super_admin' })
})
after(() => server.stop())

/** Somebody's browser: the hosted pages and the console are two origins on one host. */
class Visitor {
  readonly agent = new UserAgent(server.url)

  /** Begins at the console. @returns where the hosted pages send the browser back to, and what they showed on the way */
  async begin(query = ''): Promise<URL> {
    const start = await this.agent.request(`${server.adminUrl}/admin/ui/sign-in/start${query}`)
    assert.equal(start.status, 303)
    const page = await this.agent.follow(await this.agent.request(start.headers.get('location') ?? ''))
    if (page.away) return page.away
    const { away } = await this.agent.follow(await this.agent.submit(page, PERSON))
    return away ?? assert.fail('The sign-in did not lead back to the console.')
  }

  async signIn(query = ''): Promise<string> {
    const reply = await this.agent.request((await this.begin(query)).href)
    return reply.headers.get('location') ?? ''
  }

  async session(): Promise<{ signed_in: boolean; csrf_token: string }> {
    return JSON.parse((await this.agent.request(`${server.adminUrl}/admin/ui/session`)).text)
  }

  /** Calls the API with the cookies, as a page would. */
  async call(method: string, path: string, headers: Record<string, string> = {}, body?: object): Promise<number> {
    const cookie = [...this.agent.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(server.adminUrl + path, {
      method,
      headers: { cookie, ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    })
    await response.body?.cancel()
    return response.status
  }
}

const countOfGroups = async () => (await server.api<{ data: unknown[] }>('GET', GROUPS)).data.length

test('an administrator signs in by the hosted pages and comes back to the page of the console that was asked for', async () => {
  const visitor = new Visitor()
  assert.equal((await visitor.session()).signed_in, false)
  assert.equal(await visitor.signIn('?to=users%3Fstatus%3Dactive'), '/admin/ui/users?status=active')
  const cookie = [...visitor.agent.cookies.keys()].find((name) => name.startsWith('console-session'))
  assert.ok(cookie)
  assert.equal((await visitor.session()).signed_in, true)
  assert.equal(await visitor.call('GET', '/v1/me'), 200)
})

test('the cookie of the session is for this site and for no script', async () => {
  const visitor = new Visitor()
  const back = await visitor.begin()
  const reply = await visitor.agent.request(back.href)
  const [line] = reply.headers.getSetCookie().filter((one) => one.startsWith('console-session'))
  assert.match(line ?? '', /; Path=\/; HttpOnly; SameSite=Strict$/)
})

test('a change needs the token of the session, and nothing is changed without it', async () => {
  const visitor = new Visitor()
  await visitor.signIn()
  const { csrf_token: token } = await visitor.session()
  const other = new Visitor()
  await other.signIn()
  const before = await countOfGroups()
  const create = (headers: Record<string, string>) => visitor.call('POST', GROUPS, headers, { name: 'Ridden' })
  assert.equal(await create({}), 403)
  assert.equal(await create({ 'x-csrf-token': 'made-up' }), 403)
  assert.equal(await create({ 'x-csrf-token': (await other.session()).csrf_token }), 403)
  assert.equal(await countOfGroups(), before)
  assert.equal(await create({ 'x-csrf-token': token }), 201)
})

test('a page of another origin rides no session, also where it knows the token', async () => {
  const visitor = new Visitor()
  await visitor.signIn()
  const { csrf_token: token } = await visitor.session()
  const before = await countOfGroups()
  const elsewhere: Record<string, string>[] = [
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    // Another port of the host is the same site, so that SameSite keeps it out of nothing.
    { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' },
    { origin: server.url },
    { origin: 'null' },
    { 'sec-fetch-site': 'same-site' },
  ]
  for (const headers of elsewhere) {
    assert.equal(await visitor.call('POST', GROUPS, { ...headers, 'x-csrf-token': token }, { name: 'Ridden' }), 403)
    assert.equal(await visitor.call('GET', '/v1/me', headers), 403)
    assert.equal(await visitor.call('DELETE', '/admin/ui/session', { ...headers, 'x-csrf-token': token }), 403)
  }
  assert.equal(await countOfGroups(), before)
  assert.equal((await visitor.session()).signed_in, true)
})

test('an API key goes before the cookie', async () => {
  const visitor = new Visitor()
  await visitor.signIn()
  assert.equal(await visitor.call('GET', '/v1/me', { authorization: 'Bearer sk_live_wrong' }), 401)
})

test('a code works once, and only in the browser that began', async () => {
  const victim = new Visitor()
  const attacker = new Visitor()
  const back = await attacker.begin()
  // Somebody who is sent to the end of another person's sign-in does not become that person.
  await victim.agent.request(`${server.adminUrl}/admin/ui/sign-in/start`)
  const planted = await victim.agent.request(back.href)
  assert.equal(planted.headers.get('location'), '/admin/ui/sign-in?failed=1')
  assert.equal((await victim.session()).signed_in, false)
  const begun = [...attacker.agent.cookies].find(([name]) => name.startsWith('console-begun')) ?? assert.fail()
  assert.equal((await attacker.agent.request(back.href)).headers.get('location'), '/admin/ui/')
  const again = await fetch(back, { redirect: 'manual', headers: { cookie: begun.join('=') } })
  assert.equal(again.headers.get('location'), '/admin/ui/sign-in?failed=1')
  assert.ok(!again.headers.getSetCookie().some((line) => line.startsWith('console-session')))
})

test('a cookie that somebody made up, or of another session, opens nothing', async () => {
  const visitor = new Visitor()
  await visitor.signIn()
  const [name, value] = [...visitor.agent.cookies].find(([one]) => one.startsWith('console-session')) ?? assert.fail()
  const [realm, , proof] = value.split('.')
  for (const forged of [
    `${realm}.00000000-0000-7000-8000-000000000000.${proof}`,
    `default.${value.split('.')[1]}.${proof}`,
    'x',
    '..',
  ]) {
    const { status } = await fetch(`${server.adminUrl}/v1/me`, { headers: { cookie: `${name}=${forged}` } })
    assert.equal(status, 401, forged)
  }
})

test('the console leads to no other site after a sign-in', async () => {
  for (const to of ['//evil.example', 'https://evil.example', '\\\\evil.example', 'javascript:alert(1)']) {
    const location = await new Visitor().signIn(`?to=${encodeURIComponent(to)}`)
    assert.equal(new URL(location, server.adminUrl).origin, server.adminUrl, to)
    assert.match(location, /^\/admin\/ui\//)
  }
})

test('signing out ends the session in the browser, and that of the hosted pages', async () => {
  const visitor = new Visitor()
  await visitor.signIn()
  const kept = [...visitor.agent.cookies].find(([one]) => one.startsWith('console-session')) ?? assert.fail()
  const { csrf_token: token } = await visitor.session()
  assert.equal(await visitor.call('DELETE', '/admin/ui/session'), 403)
  assert.equal(await visitor.call('DELETE', '/admin/ui/session', { 'x-csrf-token': token }), 204)
  const { status } = await fetch(`${server.adminUrl}/v1/me`, { headers: { cookie: kept.join('=') } })
  assert.equal(status, 401)
})

test('a session that is ended elsewhere, or an administrator who is removed, administers nothing more', async () => {
  const person = { email: 'second@example.com', password: PERSON.password }
  const { id } = await server.api<{ id: string }>('POST', '/v1/administrators', { ...person, role: 'super_admin' })
  const visitor = new Visitor()
  const start = await visitor.agent.request(`${server.adminUrl}/admin/ui/sign-in/start`)
  const page = await visitor.agent.follow(await visitor.agent.request(start.headers.get('location') ?? ''))
  const { away } = await visitor.agent.follow(await visitor.agent.submit(page, person))
  await visitor.agent.request(away?.href ?? '')
  assert.equal(await visitor.call('GET', '/v1/me'), 200)
  await server.api('DELETE', `/v1/administrators/${id}`)
  assert.equal(await visitor.call('GET', '/v1/me'), 401)
  assert.equal((await visitor.session()).signed_in, false)
})

test('the page that hands over is one of admin realms only, and asks for a state', async () => {
  const state = 'a'.repeat(43)
  assert.equal((await fetch(`${server.url}/console?state=${state}`, { redirect: 'manual' })).status, 404)
  const start = await new UserAgent(server.url).request(`${server.adminUrl}/admin/ui/sign-in/start`)
  const page = new URL(start.headers.get('location') ?? '')
  page.search = '?state=short'
  assert.equal((await fetch(page, { redirect: 'manual' })).status, 400)
})

test('who may do what is told to every credential', async () => {
  const { key } = await server.api<{ key: string }>('POST', '/v1/api-keys', {
    name: 'Readers',
    permissions: ['users:read'],
    reach: 'realm',
    realm: 'default',
  })
  const { status, body } = await server.call('GET', '/v1/me', { key })
  assert.equal(status, 200)
  const { kind, name, reach, permissions, realms } = body as Record<string, unknown>
  assert.deepEqual(
    { kind, name, reach, permissions },
    { kind: 'api_key', name: 'Readers', reach: 'realm', permissions: ['users:read'] },
  )
  assert.deepEqual(
    (realms as { issuer_id: string }[]).map((one) => one.issuer_id),
    ['default'],
  )
})
