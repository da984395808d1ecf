// Checks the routes for users.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { type ControlPlane, eventsOf, startControlPlane } from '#testing/control-plane.ts'
import { type Answered, assertProblem } from '#testing/problem.ts'
import { UserAgent } from '#testing/user-agent.ts'

// Zautha, “Users”: every route, as the tenant’s administrator and as somebody else’s.

let plane: ControlPlane
/** A client of the tenant’s first realm, to sign in for. */
let clientId: string
before(async () => {
  plane = await startControlPlane()
  const made = await plane.server.api<{ client_id: string }>('POST', `${realm()}/clients`, {
    label: 'Web',
    redirect_uris: [CALLBACK],
  })
  clientId = made.client_id
})
after(() => plane.server.stop())

const USERS = '/v1/admin/users'
const CALLBACK = 'https://app.example/callback'
const NOWHERE = '018f0000-0000-7000-8000-000000000000'
const PASSWORD = 'correct horse battery staple'
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const realm = () => `/v1/realms/${plane.shop.issuerId}`

interface User {
  readonly id: string
  readonly email: string
  readonly sessions: readonly { readonly id: string; readonly [field: string]: unknown }[]
  readonly organizations: readonly object[]
  readonly [field: string]: unknown
}

type Reply<T> = Omit<Answered, 'body'> & { readonly body: T }

/** Default caller: the administrator of the tenant `shop`. */
async function ask<T = User>(method: string, path: string, body?: unknown, key?: string): Promise<Reply<T>> {
  return (await plane.server.call(method, path, { key: key ?? plane.shop.admin, body })) as Reply<T>
}

let count = 0
/** A user of the tenant, by another surface, which also tells that they are the same. */
async function makeUser(more: object = {}): Promise<{ id: string; email: string }> {
  const email = `person-${++count}@example.com`
  const { id } = await plane.server.api<{ id: string }>('POST', `${realm()}/users`, { email, ...more })
  const { body } = await ask<{ users: User[] }>('GET', `${USERS}?search=${id}`)
  return { id: String(body.users[0]?.id), email }
}

/** Whether a browser that signed in still is. */
async function signIn(email: string): Promise<() => Promise<boolean>> {
  const issuer = `${plane.server.url}/realms/${plane.shop.issuerId}`
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: CALLBACK,
    scope: 'openid',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  })
  const agent = new UserAgent(plane.server.url)
  await agent.authorize(`${issuer}/oauth/authorize?${query}`, { email, password: PASSWORD })
  return async () => {
    const silent = await agent.follow(await agent.request(`${issuer}/oauth/authorize?${query}&prompt=none`))
    return silent.away?.searchParams.get('error') !== 'login_required'
  }
}

async function assertOwnOnly(method: string, path: string, body?: unknown): Promise<void> {
  for (const key of [plane.bank.admin, plane.sibling.program, plane.superAdmin]) {
    assertProblem(await ask(method, path, body, key), 404, path)
  }
  await assertAdministratorsOnly(method, path, body)
}

async function assertAdministratorsOnly(method: string, path: string, body?: unknown): Promise<void> {
  assertProblem(await ask(method, path, body, plane.acme.admin), 403, path)
  assertProblem(await plane.server.call(method, path, { key: null, body }), 401, path)
}

interface List {
  readonly users: readonly User[]
  readonly pagination: { readonly page: number; readonly limit: number; readonly total: number }
}

test('GET /v1/admin/users: numbered pages, searched and by status, of the tenant’s own', async () => {
  const one = await makeUser({ name: 'Zoë Quist', attributes: { plan: 'gold' } })
  const two = await makeUser({ status: 'suspended' })
  const { status, body } = await ask<List>('GET', `${USERS}?limit=100`)
  assert.equal(status, 200)
  const { total } = body.pagination
  assert.deepEqual(body.pagination, { page: 1, limit: 100, total })
  assert.equal(body.users.length, total)
  const found = body.users.find(({ id }) => id === one.id)
  const { created_at, updated_at, tenant_id, ...rest } = (found ?? {}) as Partial<User>
  assert.deepEqual(rest, {
    ...one,
    email_verified: false,
    name: 'Zoë Quist',
    given_name: null,
    family_name: null,
    status: 'active',
    metadata: { plan: 'gold' },
    last_sign_in_at: null,
  })
  assert.match(String(created_at), TIME)
  assert.equal(updated_at, created_at)
  assert.equal(renderId('tenant', String(tenant_id)), plane.shop.id)

  const page = await ask<List>('GET', `${USERS}?page=2&limit=1`)
  assert.deepEqual(page.body, { users: [body.users[1]], pagination: { page: 2, limit: 1, total } })
  for (const [search, expected] of [
    [one.email.toUpperCase(), one],
    ['zoë', one],
    [one.id, one],
    [renderId('user', two.id), two],
    [`${two.email}&status=suspended`, two],
  ] as const) {
    const { body } = await ask<List>('GET', `${USERS}?search=${search}`)
    assert.deepEqual([body.users.map(({ id }) => id), body.pagination.total], [[expected.id], 1], search)
  }
  const suspended = await ask<List>('GET', `${USERS}?status=suspended`)
  assert.ok(suspended.body.users.some(({ id }) => id === two.id))
  assert.ok(suspended.body.users.every(({ status }) => status === 'suspended'))
  const nobody = await ask<List>('GET', `${USERS}?search=${NOWHERE}`)
  assert.deepEqual(nobody.body, { users: [], pagination: { page: 1, limit: 50, total: 0 } })
  assertProblem(await ask('GET', `${USERS}?limit=0&status=gone`), 400, USERS, ['limit', 'status'])
  for (const key of [plane.bank.admin, plane.sibling.admin]) {
    const { body } = await ask<List>('GET', `${USERS}?search=${one.email}`, undefined, key)
    assert.equal(body.pagination.total, 0)
    const named = await ask('GET', `${USERS}?tenant_id=${plane.shop.id}`, undefined, key)
    assertProblem(named, 400, USERS, ['tenant_id'])
  }
  await assertAdministratorsOnly('GET', USERS)
})

test('GET /v1/admin/users/{id}: with the sessions that hold and the organizations', async () => {
  const user = await makeUser({ password: PASSWORD })
  const path = `${USERS}/${user.id}`
  const before = await ask('GET', path)
  assert.deepEqual([before.status, before.body.sessions, before.body.organizations], [200, [], []])
  await signIn(user.email)
  const team = await plane.server.api<{ id: string }>('POST', `${realm()}/organizations`, {
    name: 'Acme',
    slug: 'acme',
  })
  const member = { user_id: user.id, role: 'admin' }
  await plane.server.api('POST', `${realm()}/organizations/${team.id}/members`, member)
  const { body } = await ask('GET', path)
  const [session] = body.sessions
  assert.equal(body.sessions.length, 1)
  for (const time of ['created_at', 'last_active_at', 'expires_at']) assert.match(String(session?.[time]), TIME)
  assert.equal(session?.ip_address, '127.0.0.1')
  assert.deepEqual(
    body.organizations.map((organization) => ({ ...organization, id: '' })),
    [{ id: '', name: 'Acme', slug: 'acme', role: 'admin' }],
  )
  assert.match(String(body.last_sign_in_at), TIME)
  for (const id of [NOWHERE, 'nonsense', renderId('session', user.id)]) {
    assertProblem(await ask('GET', `${USERS}/${id}`), 404, `${USERS}/${id}`)
  }
  await assertOwnOnly('GET', path)
})

test('PATCH /v1/admin/users/{id}: status and metadata only; who is suspended is signed out', async () => {
  const user = await makeUser({ password: PASSWORD, attributes: { a: 1 } })
  const path = `${USERS}/${user.id}`
  const isSignedIn = await signIn(user.email)
  assert.equal(await isSignedIn(), true)
  const { status, body } = await ask('PATCH', path, { status: 'suspended', metadata: { b: 2 } })
  assert.equal(status, 200)
  assert.deepEqual([body.status, body.metadata, body.email], ['suspended', { b: 2 }, user.email])
  assert.equal(await isSignedIn(), false)
  assert.deepEqual((await ask('GET', path)).body.sessions, [])
  for (const type of ['user.suspended', 'user.updated']) {
    const [event] = await eventsOf(plane.server, plane.shop.id, type)
    assert.equal(event?.subject.id, renderId('user', user.id))
  }
  assert.equal((await ask('PATCH', path, { status: 'active' })).body.status, 'active')
  for (const more of [{ email: 'other@example.com' }, { password: PASSWORD }, { admin_role: 'super_admin' }]) {
    assertProblem(await ask('PATCH', path, { status: 'suspended', ...more }), 400, path, ['body'])
  }
  assertProblem(await ask('PATCH', path, { status: 'deleted', metadata: [] }), 400, path, ['status', 'metadata'])
  assert.deepEqual((await ask('GET', path)).body.status, 'active')
  await assertOwnOnly('PATCH', path, { status: 'suspended' })
})

test('DELETE /v1/admin/users/{id}: with sessions and memberships', async () => {
  const user = await makeUser({ password: PASSWORD })
  const path = `${USERS}/${user.id}`
  const isSignedIn = await signIn(user.email)
  const team = await plane.server.api<{ id: string }>('POST', `${realm()}/organizations`, {
    name: 'Gone',
    slug: 'gone',
  })
  await plane.server.api('POST', `${realm()}/organizations/${team.id}/members`, { user_id: user.id })
  await assertOwnOnly('DELETE', path)
  const { status, body } = await ask('DELETE', path)
  assert.deepEqual([status, body], [204, undefined])
  assert.equal(await isSignedIn(), false)
  const members = await plane.server.api<{ data: object[] }>('GET', `${realm()}/organizations/${team.id}/members`)
  assert.deepEqual(members.data, [])
  for (const method of ['GET', 'DELETE']) assertProblem(await ask(method, path), 404, path)
  const [event] = await eventsOf(plane.server, plane.shop.id, 'user.deleted')
  assert.equal(event?.subject.id, renderId('user', user.id))
})
