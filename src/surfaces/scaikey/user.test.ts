// Checks the routes for users.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { post } from '#testing/admin-realm.ts'
import { type ControlPlane, eventsOf, type PlacedTenant, startControlPlane } from '#testing/control-plane.ts'
import { proofKey, REDIRECT_URI } from '#testing/realm.ts'
import { startReceiver } from '#testing/receiver.ts'
import { until } from '#testing/until.ts'
import { UserAgent } from '#testing/user-agent.ts'

// ScaiKey, “Users”: every route for each tier, and what it does to people who are signed in.

let plane: ControlPlane

before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const USERS = '/api/v1/admin/users'
const NOBODY = 'usr_00000000000000000000000000'
const PASSWORD = 'correct horse battery staple'
const DENIED = { detail: 'Access denied' }

interface User {
  readonly id: string
  readonly email: string
  readonly [field: string]: unknown
}

interface List {
  readonly data: User[]
  readonly pagination: { readonly total: number }
}

interface Flawed {
  readonly detail: { readonly loc: string[]; readonly msg: string }[]
}

/** Default caller: super_admin. */
async function ask<T = User>(method: string, path: string, body?: unknown, key = plane.superAdmin) {
  const reply = await plane.server.call(method, path, { key, body })
  return { status: reply.status, body: reply.body as T, headers: reply.headers }
}

let count = 0
async function makeUser(tenant: PlacedTenant = plane.shop, more: object = {}): Promise<User> {
  const email = `user-${++count}@example.com`
  const { status, body } = await ask('POST', USERS, { email, tenant_id: tenant.id, password: PASSWORD, ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

/** That nobody else than its tenant’s administrator and those above reach a user of `shop` with this. */
async function assertWithin(method: string, path: string, body?: unknown): Promise<void> {
  for (const key of [plane.bank.admin, plane.sibling.admin, plane.sibling.program]) {
    const reply = await ask(method, path, body, key)
    assert.deepEqual([reply.status, reply.body], [403, DENIED])
  }
  const nobody = await plane.server.call(method, path, { key: null, body })
  assert.deepEqual([nobody.status, nobody.body], [401, { detail: 'Not authenticated' }])
}

const emails = ({ body }: { body: List }) => body.data.map(({ email }) => email)

test('GET /api/v1/admin/users: each tier sees its tenants’ people and no administrators, filtered and searched', async () => {
  const zoe = await makeUser(plane.bank, { email: 'zoe@list.example', display_name: 'Needle One' })
  const ann = await makeUser(plane.bank, { email: 'Needle@list.example', status: 'SUSPENDED' })
  const bob = await makeUser(plane.sibling, { email: 'bob@list.example', first_name: 'Needle', last_name: 'Two' })
  const list = (query = '', key?: string) => ask<List>('GET', `${USERS}${query}`, undefined, key)
  assert.deepEqual(emails(await list('?search=NEEDLE')), [ann.email, zoe.email, bob.email])
  assert.deepEqual(emails(await list('?search=needle', plane.acme.admin)), [ann.email, zoe.email])
  assert.deepEqual(emails(await list('/?search=needle', plane.sibling.admin)), [bob.email])
  assert.deepEqual(emails(await list('', plane.bank.program)), [zoe.email, ann.email])
  assert.deepEqual(emails(await list(`?tenant_id=${plane.bank.id}`)), [zoe.email, ann.email])
  assert.deepEqual(emails(await list(`?partner_id=${plane.acme.id}&status=SUSPENDED`)), [ann.email])
  assert.deepEqual(emails(await list('?search=administrator-')), [])
  const everybody = (await list('?per_page=100')).body
  assert.equal(everybody.data.length, everybody.pagination.total)
  const page = await list('?search=needle&page=2&per_page=2')
  assert.deepEqual(
    [emails(page), page.body.pagination],
    [[bob.email], { page: 2, per_page: 2, total: 3, total_pages: 2 }],
  )
  const foreign: [string, string][] = [
    [plane.acme.admin, `?tenant_id=${plane.sibling.id}`],
    [plane.acme.admin, `?partner_id=${plane.sibling.partnerId}`],
    [plane.bank.admin, `?tenant_id=${plane.shop.id}`],
  ]
  for (const [key, query] of foreign) {
    const reply = await list(query, key)
    assert.deepEqual([reply.status, reply.body], [403, DENIED])
  }
  const flawed = await ask<Flawed>('GET', `${USERS}?per_page=101&tenant_id=x&status=gone`)
  assert.equal(flawed.status, 422)
  assert.equal(flawed.body.detail.length, 3)
})

test('POST /api/v1/admin/users: makes one in a tenant, with custom attributes that come back as they were', async () => {
  const custom = {
    badges: [1, 'two', { three: [null, true] }],
    'msDS-cloudExtensionAttribute1': 'x',
    nested: { a: {} },
  }
  const boss = await makeUser()
  const given = {
    email: 'Grace@Example.com',
    username: 'grace.h',
    first_name: 'Grace',
    last_name: 'Hopper',
    display_name: 'Grace Hopper',
    status: 'ACTIVE',
    email_verified: true,
    title: 'Rear Admiral',
    department: 'Compilers',
    manager_id: boss.id,
    phone: '+1 555 0100',
    employee_id: 'E-1906',
    custom_attributes: custom,
  }
  const { status, body } = await ask('POST', USERS, { ...given, tenant_id: plane.shop.id, unknown: 1 })
  assert.equal(status, 201, JSON.stringify(body))
  const { data, ...top } = body
  assert.deepEqual(data, top)
  const { id, created_at, updated_at, ...fields } = top
  assert.match(id, /^usr_[0-9a-z]{26}$/)
  assert.ok(created_at === updated_at && Date.parse(String(created_at)) > 0)
  const rest = { mfa_enabled: false, identity_source: 'LOCAL', phone_verified: false, role: null, last_login_at: null }
  const unsaid = ['middle_name', 'nickname', 'profile_url', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo']
  const claims = Object.fromEntries([...unsaid, 'locale', 'address'].map((name) => [name, null]))
  assert.deepEqual(fields, { ...claims, ...given, tenant_id: plane.shop.id, ...rest })
  const [event] = await eventsOf(plane.server, plane.shop.id, 'user.created')
  assert.deepEqual([event?.subject.id, event?.surface], [id, 'scaikey'])

  const own = await ask('POST', USERS, { email: 'own@example.com' }, plane.bank.admin)
  assert.deepEqual([own.status, own.body.tenant_id], [201, plane.bank.id])
  const again = await ask('POST', USERS, { email: 'GRACE@example.com', tenant_id: plane.shop.id })
  assert.deepEqual(
    [again.status, again.body],
    [409, { detail: 'A user exists with this e-mail address or user name, or with one that looks the same.' }],
  )
  const named = { email: 'other@example.com', username: 'GRACE.H', tenant_id: plane.shop.id }
  assert.equal((await ask('POST', USERS, named)).status, 409)
  assert.equal((await ask('POST', USERS, { ...named, tenant_id: plane.bank.id })).status, 201)
})

test('POST /api/v1/admin/users: says what is wrong, and who may not', async () => {
  const flaws = async (body: unknown, key?: string) => {
    const reply = await ask<Flawed>('POST', USERS, body, key)
    assert.equal(reply.status, 422, JSON.stringify(reply.body))
    return reply.body.detail.map(({ loc }) => loc.join('.')).sort()
  }
  const email = 'new@example.com'
  const { shop, acme } = plane
  assert.deepEqual(await flaws({ email }), ['body.tenant_id'])
  assert.deepEqual(await flaws({ email }, acme.admin), ['body.tenant_id'])
  assert.deepEqual(await flaws({ email, tenant_id: 'shop' }), ['body.tenant_id'])
  assert.deepEqual(await flaws({ email: 'x', title: 7, tenant_id: shop.id }), ['body.email', 'body.title'])
  assert.deepEqual(await flaws({ tenant_id: shop.id }), ['body.email'])
  assert.deepEqual(await flaws({ email, tenant_id: shop.id, password: 'short' }), ['body.password'])
  assert.deepEqual(await flaws({ manager_id: NOBODY, email, tenant_id: shop.id }), ['body.manager_id'])
  assert.deepEqual(await flaws({ email, tenant_id: shop.id, custom_attributes: [] }), ['body.custom_attributes'])
  assert.deepEqual(await flaws({ email, tenant_id: shop.id, status: 'PENDING' }), ['body.status'])
  const gone = await ask('POST', USERS, { email, tenant_id: 'tnt_00000000000000000000000000' })
  assert.deepEqual([gone.status, gone.body], [404, { detail: 'Tenant not found' }])
  for (const key of [plane.bank.admin, plane.bank.program]) {
    const foreign = await ask('POST', USERS, { email, tenant_id: shop.id }, key)
    assert.deepEqual([foreign.status, foreign.body], [403, DENIED])
  }
  const foreign = await ask('POST', USERS, { email, tenant_id: plane.sibling.id }, acme.admin)
  assert.deepEqual([foreign.status, foreign.body], [403, DENIED])

  const partner = await ask('POST', '/api/v1/admin/partners', { name: 'Small', slug: 'small', max_users_per_tenant: 1 })
  const tenant = { name: 'T', slug: 'small-tenant', partner_id: partner.body.id }
  const { id: tenant_id } = (await ask('POST', '/api/v1/admin/tenants', tenant)).body
  for (const name of ['first', 'second']) {
    const administrator = { email: `${name}-admin@example.com` }
    await plane.server.api('POST', `/v1/administrators?tenant_id=${tenant_id}`, administrator)
  }
  assert.equal((await ask('POST', USERS, { email, tenant_id })).status, 201, 'administrators do not count')
  const full = await ask('POST', USERS, { email: 'second@example.com', tenant_id })
  assert.deepEqual([full.status, full.body], [409, { detail: 'The tenant may have 1 users.' }])
})

test('GET /api/v1/admin/users/{id}: within the caller’s scope; beyond it is denied, and what is not there is not found', async () => {
  const user = await makeUser()
  const path = `${USERS}/${user.id}`
  for (const key of [plane.superAdmin, plane.acme.admin, plane.shop.admin, plane.shop.program]) {
    const reply = await ask('GET', path, undefined, key)
    assert.deepEqual([reply.status, reply.body], [200, user])
  }
  for (const id of [NOBODY, plane.shop.id, 'x']) {
    const reply = await ask('GET', `${USERS}/${id}`)
    assert.deepEqual([reply.status, reply.body], [404, { detail: 'User not found' }], id)
  }
  const { data } = await plane.server.api<{ data: User[] }>('GET', `/v1/administrators?tenant_id=${plane.shop.id}`)
  assert.equal((await ask('GET', `${USERS}/${data[0]?.id}`)).status, 404, 'administrators are no users')
  await assertWithin('GET', path)
})

test('PATCH /api/v1/admin/users/{id}: changes what is given, never a password, and moves nobody', async () => {
  const user = await makeUser(plane.shop, { title: 'Clerk', department: 'Post', custom_attributes: { a: 1 } })
  const path = `${USERS}/${user.id}`
  const { status, body } = await ask('PATCH', path, {
    title: 'Chief',
    department: null,
    last_name: 'Lee',
    custom_attributes: { b: [2] },
    tenant_id: plane.shop.id,
    role: 'super_admin',
    last_login_at: '2000-01-01T00:00:00Z',
  })
  assert.equal(status, 200, JSON.stringify(body))
  const { title, department, last_name, custom_attributes, role, last_login_at, email } = body
  assert.deepEqual([title, department, last_name, email], ['Chief', null, 'Lee', user.email])
  assert.deepEqual([custom_attributes, role, last_login_at], [{ b: [2] }, null, null])
  const [event] = await eventsOf(plane.server, plane.shop.id, 'user.updated')
  assert.deepEqual(event?.subject.id, user.id)
  const loc = async (change: object) => (await ask<Flawed>('PATCH', path, change)).body.detail.map((flaw) => flaw.loc)
  assert.deepEqual(await loc({ password: 'another password' }), [['body', 'password']])
  assert.deepEqual(await loc({ tenant_id: plane.bank.id }), [['body', 'tenant_id']])
  assert.deepEqual(await loc({ manager_id: user.id }), [['body', 'manager_id']])
  const moved = await ask('PATCH', path, { tenant_id: plane.bank.id }, plane.shop.admin)
  assert.deepEqual([moved.status, moved.body], [403, DENIED])
  const other = await makeUser()
  assert.equal((await ask('PATCH', path, { email: other.email })).status, 409)
  assert.deepEqual((await ask('GET', path)).body, body)
  await assertWithin('PATCH', path, { title: 'Mine' })
})

/** A user of `shop` who is signed in with a browser and has tokens of a client of its own. */
async function signedIn(user: User, password = PASSWORD) {
  const realm = `/v1/realms/${plane.shop.issuerId}`
  const client = await plane.server.api<{ client_id: string }>('POST', `${realm}/clients`, {
    label: 'App',
    auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    scopes: ['openid', 'offline_access'],
    redirect_uris: [REDIRECT_URI],
  })
  const { verifier, challenge } = proofKey()
  const issuer = `${plane.server.url}/realms/${plane.shop.issuerId}`
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: REDIRECT_URI,
    scope: 'openid offline_access',
    state: 'a state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })
  const agent = new UserAgent(plane.server.url)
  const away = await agent.authorize(`${issuer}/oauth/authorize?${request}`, { email: user.email, password })
  const code = away.searchParams.get('code') ?? ''
  const ask = (fields: Record<string, string>) =>
    post(`${issuer}/oauth/token`, { client_id: client.client_id, redirect_uri: REDIRECT_URI, ...fields })
  const { status, body } = await ask({ grant_type: 'authorization_code', code, code_verifier: verifier })
  assert.equal(status, 200, JSON.stringify(body))
  return {
    /** Whether its refresh token still works; it does once. */
    refreshes: async () =>
      (await ask({ grant_type: 'refresh_token', refresh_token: String(body.refresh_token) })).status === 200,
    /** Whether its access token opens the userinfo endpoint. */
    knows: async () => {
      const headers = { authorization: `Bearer ${body.access_token}` }
      return (await fetch(`${issuer}/oauth/userinfo`, { headers })).status === 200
    },
    sessions: async () =>
      (await plane.server.api<{ data: unknown[] }>('GET', `${realm}/sessions?user_id=${user.id}`)).data.length,
  }
}

test('PATCH /api/v1/admin/users/{id}: suspending ends sessions and tokens at once, and tells webhooks', async () => {
  const user = await makeUser()
  const path = `${USERS}/${user.id}`
  const session = await signedIn(user)
  assert.deepEqual([await session.knows(), await session.sessions()], [true, 1])
  assert.ok(Date.parse(String((await ask('GET', path)).body.last_login_at)) > 0)
  await using receiver = await startReceiver()
  await plane.server.api('POST', `/v1/webhooks?tenant_id=${plane.shop.id}`, { url: receiver.url, events: ['user.*'] })
  assert.equal((await ask('PATCH', path, { status: 'INACTIVE' }, plane.shop.admin)).body.status, 'SUSPENDED')
  assert.deepEqual([await session.knows(), await session.refreshes(), await session.sessions()], [false, false, 0])
  await until(() => receiver.received.length > 0)
  assert.equal(JSON.parse(receiver.received[0]?.body ?? '{}').type, 'user.suspended')
  assert.equal((await ask('PATCH', path, { status: 'ACTIVE' })).body.status, 'ACTIVE')
  assert.equal(await (await signedIn(user)).knows(), true)
})

test('DELETE /api/v1/admin/users/{id}: is gone with everything, and the address is free', async () => {
  const user = await makeUser(plane.shop, { username: 'gone' })
  const path = `${USERS}/${user.id}`
  const session = await signedIn(user)
  await assertWithin('DELETE', path)
  const { status, body } = await ask('DELETE', path, undefined, plane.shop.admin)
  assert.deepEqual([status, body], [204, undefined])
  assert.deepEqual([await session.knows(), await session.refreshes()], [false, false])
  for (const method of ['GET', 'DELETE']) {
    const reply = await ask(method, path)
    assert.deepEqual([reply.status, reply.body], [404, { detail: 'User not found' }])
  }
  const [event] = await eventsOf(plane.server, plane.shop.id, 'user.deleted')
  assert.equal(event?.subject.id, user.id)
  await makeUser(plane.shop, { email: user.email, username: 'gone' })
})

test('POST /api/v1/admin/users/{id}/reset-password: the old password, sessions and refresh tokens end', async () => {
  const user = await makeUser()
  const path = `${USERS}/${user.id}/reset-password`
  const first = await signedIn(user)
  const given = await ask('POST', path, { new_password: 'a second password', temporary: false }, plane.shop.admin)
  assert.deepEqual([given.status, given.body], [200, { message: 'Password reset' }])
  assert.deepEqual([await first.refreshes(), await first.sessions()], [false, 0])
  const second = await signedIn(user, 'a second password')
  assert.equal((await ask('POST', path, { password: 'a third password' })).status, 200)
  assert.equal(await second.refreshes(), false)
  await signedIn(user, 'a third password')

  const made = await ask<{ temporary_password: string }>('POST', path)
  assert.equal(made.status, 200)
  assert.equal(made.headers.get('cache-control'), 'no-store')
  assert.match(made.body.temporary_password, /^[a-zA-Z0-9]{20}$/)
  await signedIn(user, made.body.temporary_password)
  const log = JSON.stringify(await plane.server.api('GET', `/v1/events?tenant_id=${plane.shop.id}`))
  assert.ok(!log.includes(made.body.temporary_password) && !plane.server.output().includes('third password'))
  const events = await eventsOf(plane.server, plane.shop.id, 'user.password_set')
  assert.equal(events.filter(({ subject }) => subject.id === user.id).length, 3)

  for (const body of [{ password: 'short' }, { password: user.email }, { temporary: true }, { password: 7 }]) {
    const flawed = await ask<Flawed>('POST', path, body)
    assert.equal(flawed.status, 422, JSON.stringify(body))
    assert.equal(flawed.body.detail[0]?.loc[0], 'body')
  }
  const nobody = await ask('POST', `${USERS}/${NOBODY}/reset-password`, {})
  assert.deepEqual([nobody.status, nobody.body], [404, { detail: 'User not found' }])
  await assertWithin('POST', path, {})
})

test('POST /api/v1/admin/users/{id}/mfa/disable: the password is enough from then on, however often it is asked', async () => {
  const user = await makeUser()
  const path = `${USERS}/${user.id}/mfa/disable`
  for (let time = 0; time < 2; time++) {
    const { status, body } = await ask('POST', path, undefined, plane.shop.admin)
    assert.deepEqual([status, body], [200, { message: 'MFA disabled', ...user }])
    assert.equal(body.mfa_enabled, false)
  }
  const events = await eventsOf(plane.server, plane.shop.id, 'user.mfa_disabled')
  assert.deepEqual(
    events.map(({ subject }) => subject.id),
    [user.id, user.id],
  )
  const nobody = await ask('POST', `${USERS}/${NOBODY}/mfa/disable`)
  assert.deepEqual([nobody.status, nobody.body], [404, { detail: 'User not found' }])
  await assertWithin('POST', path)
})
