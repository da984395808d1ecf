// Checks requests that an administrator’s browser sends.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { type ControlPlane, startControlPlane } from '#testing/control-plane.ts'
import { assertProblem } from '#testing/problem.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

// Zautha lets administrators call with the cookie of their session, and the CSRF token besides for what changes something.

let plane: ControlPlane
before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const PROJECTS = '/v1/admin/projects'
const ORIGIN = 'https://console.example'

let made = 0
async function makeAdministrator(role: object, tenantId?: string): Promise<Person & { id: string }> {
  const person = { email: `in-a-browser-${++made}@example.com`, password: 'correct horse battery staple' }
  const query = tenantId ? `?tenant_id=${tenantId}` : ''
  const { id } = await plane.server.api<{ id: string }>('POST', `/v1/administrators${query}`, { ...person, ...role })
  return { ...person, id }
}

/** The issuer that a token is of. */
const issuerOf = (token: string) => String(decodeJwt(token).iss)

/** Signs in at an admin realm. */
async function signIn(issuer: string, person: Person, agent = new UserAgent(plane.server.url)): Promise<UserAgent> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'semauth-cli',
    redirect_uri: 'http://127.0.0.1:49321/callback',
    scope: 'openid',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  })
  const away = await agent.authorize(`${issuer}/oauth/authorize?${query}`, person)
  assert.ok(away.searchParams.has('code'))
  return agent
}

const csrfOf = ({ cookies }: UserAgent): string => [...cookies].find(([name]) => name.startsWith('csrf-'))?.[1] ?? ''
const cookieOf = ({ cookies }: UserAgent) => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')

/** As a page in the browser does. */
function ask(agent: UserAgent, method: string, body?: object, csrf?: string, path = PROJECTS) {
  const headers = { cookie: cookieOf(agent), ...(csrf !== undefined && { 'x-csrf-token': csrf }) }
  return plane.server.call(method, path, { key: null, body, headers })
}

test('an administrator’s browser reads with its cookie, and writes with its CSRF token as well', async () => {
  const agent = await signIn(
    issuerOf(plane.shop.admin),
    await makeAdministrator({ role: 'tenant_admin' }, plane.shop.id),
  )
  assert.equal((await ask(agent, 'GET')).status, 200)
  const mine = { name: 'From a browser' }
  const other = await signIn(
    issuerOf(plane.shop.admin),
    await makeAdministrator({ role: 'tenant_admin' }, plane.shop.id),
  )
  for (const csrf of [undefined, '', 'wrong', csrfOf(other)]) {
    assertProblem(await ask(agent, 'POST', mine, csrf), 403, PROJECTS)
  }
  const { status, body } = await ask(agent, 'POST', mine, csrfOf(agent))
  assert.equal(status, 201)
  const own = await plane.server.call('GET', PROJECTS, { key: plane.shop.admin })
  assert.deepEqual((own.body as { projects: object[] }).projects, [body])
  const others = await plane.server.call('GET', PROJECTS, { key: plane.bank.admin })
  assert.deepEqual((others.body as { projects: object[] }).projects, [])
})

test('a request that another site sent with the cookie is refused, with the CSRF token and without', async () => {
  const agent = await signIn(
    issuerOf(plane.shop.admin),
    await makeAdministrator({ role: 'tenant_admin' }, plane.shop.id),
  )
  const own = new URL(plane.server.adminUrl).origin
  const cookie = cookieOf(agent)
  const call = (headers: Record<string, string>) =>
    plane.server.call('GET', PROJECTS, { key: null, headers: { cookie, 'x-csrf-token': csrfOf(agent), ...headers } })
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: own, 'sec-fetch-site': 'cross-site' },
  ]) {
    assertProblem(await call(headers), 403, PROJECTS)
  }
  for (const headers of [{ origin: own }, { 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }]) {
    assert.equal((await call(headers)).status, 200)
  }
})

test('a session’s end is that of its cookie, and so is the administrator’s', async () => {
  const issuer = issuerOf(plane.shop.admin)
  const person = await makeAdministrator({ role: 'tenant_admin' }, plane.shop.id)
  const agent = await signIn(issuer, person)
  const path = `/v1/administrators/${person.id}?tenant_id=${plane.shop.id}`
  await plane.server.api('PATCH', path, { status: 'suspended' })
  assertProblem(await ask(agent, 'GET'), 401, PROJECTS)
  await plane.server.api('PATCH', path, { status: 'active' })
  assertProblem(await ask(agent, 'GET'), 401, PROJECTS)
  const again = await signIn(issuer, person, agent)
  assert.equal((await ask(again, 'GET')).status, 200)
  const page = await again.follow(await again.request(`${issuer}/oauth/logout`))
  await again.submit(page, { decision: 'sign_out' })
  assert.equal(csrfOf(again), '')
  assertProblem(await ask(again, 'GET'), 401, PROJECTS)
})

test('nobody else’s session opens it: no user’s, no partner’s, nor two administrators’ at once', async () => {
  const people = await signInUser()
  assertProblem(await ask(people, 'GET'), 401, PROJECTS)

  const role = { role: 'partner_admin', partner_id: plane.acme.id }
  const partner = await signIn(issuerOf(plane.superAdmin), await makeAdministrator(role))
  assertProblem(await ask(partner, 'GET'), 403, PROJECTS)

  const agent = await signIn(
    issuerOf(plane.shop.admin),
    await makeAdministrator({ role: 'tenant_admin' }, plane.shop.id),
  )
  await signIn(issuerOf(plane.bank.admin), await makeAdministrator({ role: 'tenant_admin' }, plane.bank.id), agent)
  assertProblem(await ask(agent, 'GET'), 401, PROJECTS)
  const headers = { cookie: cookieOf(agent) }
  const withToken = await plane.server.call('GET', PROJECTS, { key: plane.bank.admin, headers })
  assert.equal(withToken.status, 200)
  assertProblem(await plane.server.call('GET', PROJECTS, { key: 'wrong', headers }), 401, PROJECTS)
})

async function signInUser(): Promise<UserAgent> {
  const realm = `/v1/realms/${plane.shop.issuerId}`
  const person = { email: 'somebody@example.com', password: 'correct horse battery staple' }
  await plane.server.api('POST', `${realm}/users`, person)
  const redirectUri = 'https://app.example/callback'
  const client = { label: 'Web', redirect_uris: [redirectUri] }
  const { client_id } = await plane.server.api<{ client_id: string }>('POST', `${realm}/clients`, client)
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri: redirectUri,
    scope: 'openid',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  })
  const agent = new UserAgent(plane.server.url)
  await agent.authorize(`${plane.server.url}/realms/${plane.shop.issuerId}/oauth/authorize?${query}`, person)
  assert.equal(csrfOf(agent), '')
  return agent
}

test('the native API and ScaiKey’s take no cookies, and pages of other origins are not let in with them', async () => {
  const agent = await signIn(
    issuerOf(plane.shop.admin),
    await makeAdministrator({ role: 'tenant_admin' }, plane.shop.id),
  )
  for (const path of ['/v1/realms', '/api/v1/admin/users']) {
    assert.equal((await ask(agent, 'GET', undefined, csrfOf(agent), path)).status, 401, path)
  }
  for (const method of ['GET', 'OPTIONS']) {
    const { headers } = await plane.server.call(method, PROJECTS, {
      key: null,
      headers: { cookie: cookieOf(agent), origin: ORIGIN, 'access-control-request-method': 'POST' },
    })
    assert.equal(headers.get('access-control-allow-credentials'), null)
    assert.equal(headers.get('access-control-allow-origin'), null)
    assert.doesNotMatch(headers.get('access-control-allow-headers') ?? '', /csrf/i)
  }
})
