// Checks the routes for organizations.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { type ControlPlane, eventsOf, startControlPlane } from '#testing/control-plane.ts'
import { type Answered, assertProblem } from '#testing/problem.ts'

// Zautha, “Organizations”, “Members”, “Invitations”: every route, as the tenant’s administrator and as somebody else’s.

let plane: ControlPlane
before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const ORGANIZATIONS = '/v1/admin/organizations'
const NOWHERE = '018f0000-0000-7000-8000-000000000000'
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

interface Thing {
  readonly id: string
  readonly [field: string]: unknown
}
interface Pagination {
  readonly page: number
  readonly limit: number
  readonly total: number
}
type Reply<T> = Omit<Answered, 'body'> & { readonly body: T }

/** Default caller: the administrator of the tenant `shop`. */
async function ask<T = Thing>(method: string, path: string, body?: unknown, key?: string): Promise<Reply<T>> {
  return (await plane.server.call(method, path, { key: key ?? plane.shop.admin, body })) as Reply<T>
}

let count = 0
async function make(more: object = {}): Promise<Thing> {
  const { status, body } = await ask('POST', ORGANIZATIONS, { name: `Team ${++count}`, ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

/** A user of a tenant, by another surface; the id as this one writes it. */
async function makeUser(place = plane.shop): Promise<{ id: string; email: string }> {
  const email = `member-${++count}@example.com`
  await plane.server.api('POST', `/v1/realms/${place.issuerId}/users`, { email })
  const { body } = await ask<{ users: Thing[] }>('GET', `/v1/admin/users?search=${email}`, undefined, place.admin)
  return { id: String(body.users[0]?.id), email }
}

const about = async (type: string, id: string) => {
  const events = await eventsOf(plane.server, plane.shop.id, type)
  return events.find(
    ({ subject, data }) =>
      subject.id === renderId('organization', id) || data.organization_id === renderId('organization', id),
  )
}

/** That who administers another tenant, or nothing, gets nothing and changes nothing. */
async function assertOwnOnly(method: string, path: string, body?: unknown): Promise<void> {
  const asPath = path.split('?')[0] ?? path
  for (const key of [plane.bank.admin, plane.sibling.program]) {
    assertProblem(await ask(method, path, body, key), 404, asPath)
  }
  assertProblem(await plane.server.call(method, path, { key: null, body }), 401, asPath)
  assertProblem(await ask(method, path, body, plane.acme.admin), 403, asPath)
}

test('POST /v1/admin/organizations: makes one, with a slug from its name unless told, which is one’s in the tenant', async () => {
  const given = {
    name: 'Café Zürich',
    logo_url: 'https://cafe.example/logo.png',
    settings_json: { seats: [1, { a: 2 }] },
  }
  const { status, body } = await ask('POST', ORGANIZATIONS, { ...given, tenant_id: plane.bank.id })
  assert.equal(status, 201, JSON.stringify(body))
  const { id, tenant_id, created_at, updated_at, ...fields } = body
  assert.match(id, UUID)
  assert.equal(renderId('tenant', String(tenant_id)), plane.shop.id)
  assert.match(String(created_at), TIME)
  assert.equal(created_at, updated_at)
  assert.deepEqual(fields, { ...given, slug: 'cafe-zurich' })
  assert.equal((await about('organization.created', id))?.surface, 'zautha')
  assertProblem(await ask('POST', ORGANIZATIONS, { name: 'Cafe Zurich' }), 409, ORGANIZATIONS)
  assertProblem(await ask('POST', ORGANIZATIONS, { name: 'Another', slug: 'cafe-zurich' }), 409, ORGANIZATIONS)
  assert.equal((await ask('POST', ORGANIZATIONS, given, plane.bank.admin)).status, 201, 'another tenant has its own')
  const unnamed = await ask('POST', ORGANIZATIONS, { name: '日本' })
  assert.match(String(unnamed.body.slug), /^organization-[a-z0-9]{8}$/)
  const flawed = { name: ' ', slug: 'No Slug', logo_url: 'http://cafe.example/', settings_json: [] }
  const refused = await ask('POST', ORGANIZATIONS, flawed)
  assertProblem(refused, 400, ORGANIZATIONS, ['name', 'slug', 'logo_url', 'settings_json'])
  assertProblem(await plane.server.call('POST', ORGANIZATIONS, { key: null, body: given }), 401, ORGANIZATIONS)
  assertProblem(await ask('POST', ORGANIZATIONS, given, plane.acme.admin), 403, ORGANIZATIONS)
})

test('GET /v1/admin/organizations: numbered pages of the tenant’s own', async () => {
  await make()
  await make()
  const whole = await ask<{ organizations: Thing[]; pagination: Pagination }>('GET', `${ORGANIZATIONS}?limit=100`)
  assert.equal(whole.status, 200)
  const total = whole.body.organizations.length
  assert.deepEqual(whole.body.pagination, { page: 1, limit: 100, total })
  const second = await ask<typeof whole.body>('GET', `${ORGANIZATIONS}?page=2&limit=1`)
  assert.deepEqual(second.body, {
    organizations: [whole.body.organizations[1]],
    pagination: { page: 2, limit: 1, total },
  })
  assert.deepEqual((await ask<typeof whole.body>('GET', ORGANIZATIONS)).body.pagination.limit, 50)
  const beyond = await ask<typeof whole.body>('GET', `${ORGANIZATIONS}?page=1000`)
  assert.deepEqual(beyond.body, { organizations: [], pagination: { page: 1000, limit: 50, total } })
  const foreign = await ask<typeof whole.body>('GET', ORGANIZATIONS, undefined, plane.sibling.admin)
  assert.deepEqual(foreign.body, { organizations: [], pagination: { page: 1, limit: 50, total: 0 } })
  assertProblem(await ask('GET', `${ORGANIZATIONS}?page=0&limit=101`), 400, ORGANIZATIONS, ['page', 'limit'])
})

test('GET /v1/admin/organizations/{id}: shows one, and hides another tenant’s', async () => {
  const made = await make()
  const path = `${ORGANIZATIONS}/${made.id}`
  const { status, body } = await ask('GET', path)
  assert.deepEqual([status, body], [200, made])
  for (const id of [NOWHERE, 'x', renderId('user', NOWHERE)]) {
    assertProblem(await ask('GET', `${ORGANIZATIONS}/${id}`), 404, `${ORGANIZATIONS}/${id}`)
  }
  await assertOwnOnly('GET', path)
})

test('PATCH /v1/admin/organizations/{id}: changes what is given, settings whole', async () => {
  const made = await make({ logo_url: 'https://a.example/l.png', settings_json: { a: 1, b: 2 } })
  const taken = await make()
  const path = `${ORGANIZATIONS}/${made.id}`
  const { status, body } = await ask('PATCH', path, { name: 'Renamed', settings_json: { b: 3 } })
  assert.equal(status, 200)
  assert.deepEqual({ ...body, updated_at: made.updated_at }, { ...made, name: 'Renamed', settings_json: { b: 3 } })
  assert.deepEqual((await about('organization.updated', made.id))?.data.changed, ['name', 'settings'])
  assert.equal((await ask('PATCH', path, { logo_url: null })).body.logo_url, null)
  assertProblem(await ask('PATCH', path, { slug: taken.slug }), 409, path)
  assertProblem(await ask('PATCH', path, { slug: '-', name: 'Not this' }), 400, path, ['slug'])
  assertProblem(await ask('PATCH', path, { tenant_id: plane.bank.id }), 400, path, ['body'])
  await assertOwnOnly('PATCH', path, { name: 'Mine' })
  assert.equal((await ask('GET', path)).body.name, 'Renamed')
})

test('DELETE /v1/admin/organizations/{id}: its memberships and pending invitations end; its slug is free, its people stay', async () => {
  const made = await make()
  const path = `${ORGANIZATIONS}/${made.id}`
  const ann = await makeUser()
  assert.equal((await ask('POST', `${path}/members`, { user_id: ann.id, role: 'admin' })).status, 201)
  const bob = await makeUser()
  const { body: invitation } = await ask('POST', `${path}/invitations`, { email: bob.email })
  await assertOwnOnly('DELETE', path)
  const { status, body } = await ask('DELETE', path)
  assert.deepEqual([status, body], [204, undefined])
  for (const [method, at] of [
    ['GET', path],
    ['DELETE', path],
    ['GET', `${path}/members`],
    ['GET', `${path}/invitations`],
  ] as const) {
    assertProblem(await ask(method, at), 404, at)
  }
  assert.ok(await about('organization.deleted', made.id))
  assert.equal(await accept(tokenOf(invitation), bob.id), 404)
  const person = await ask<{ organizations: object[] }>('GET', `/v1/admin/users/${ann.id}`)
  assert.deepEqual([person.status, person.body.organizations], [200, []])
  await make({ slug: made.slug })
})

test('GET /v1/admin/organizations/{id}/members: numbered pages of who is what', async () => {
  const path = `${ORGANIZATIONS}/${(await make()).id}/members`
  const people = [await makeUser(), await makeUser(), await makeUser()]
  const made: unknown[] = []
  for (const { id } of people) made.push((await ask('POST', path, { user_id: id })).body)
  const whole = await ask('GET', path)
  assert.deepEqual(whole.body, { members: made, pagination: { page: 1, limit: 50, total: 3 } })
  const second = await ask('GET', `${path}?page=2&limit=2`)
  assert.deepEqual(second.body, { members: made.slice(2), pagination: { page: 2, limit: 2, total: 3 } })
  const empty = `${ORGANIZATIONS}/${(await make()).id}/members`
  assert.deepEqual((await ask('GET', empty)).body, { members: [], pagination: { page: 1, limit: 50, total: 0 } })
  assert.equal((await ask('DELETE', `/v1/admin/users/${people[0]?.id}`)).status, 204)
  const left = await ask<{ members: Thing[]; pagination: Pagination }>('GET', path)
  assert.deepEqual([left.body.members, left.body.pagination.total], [made.slice(1), 2])
  assertProblem(await ask('GET', `${path}?limit=0`), 400, path, ['limit'])
  await assertOwnOnly('GET', path)
})

test('POST /v1/admin/organizations/{id}/members: a user of the tenant becomes a member, once', async () => {
  const { id } = await make()
  const path = `${ORGANIZATIONS}/${id}/members`
  const [ann, bob] = [await makeUser(), await makeUser()]
  const { status, body } = await ask('POST', path, { user_id: ann.id })
  assert.equal(status, 201, JSON.stringify(body))
  const { joined_at, ...fields } = body
  assert.deepEqual(fields, { user_id: ann.id, email: ann.email, role: 'member', permissions: [] })
  assert.match(String(joined_at), TIME)
  const told = await about('organization.member_added', id)
  assert.deepEqual([told?.data.user_id, told?.data.role, told?.surface], [renderId('user', ann.id), 'member', 'zautha'])
  assertProblem(await ask('POST', path, { user_id: ann.id, role: 'admin' }), 409, path)
  const custom = await ask('POST', path, {
    user_id: renderId('user', bob.id),
    role: 'billing',
    permissions: ['bills:*'],
  })
  assert.deepEqual([custom.body.role, custom.body.permissions], ['billing', ['bills:*']])
  const person = await ask<{ organizations: Thing[] }>('GET', `/v1/admin/users/${bob.id}`)
  assert.deepEqual(
    person.body.organizations.map(({ id, role }) => [id, role]),
    [[id, 'billing']],
  )
  assertProblem(await ask('POST', path, { user_id: NOWHERE }), 404, path)
  assertProblem(await ask('POST', path, { user_id: (await makeUser(plane.bank)).id }), 404, path)
  assertProblem(await ask('POST', path, { role: 'A B', permissions: 'all' }), 400, path, [
    'user_id',
    'role',
    'permissions',
  ])
  assertProblem(await ask('POST', path, { user_id: 'nobody' }), 400, path, ['user_id'])
  await assertOwnOnly('POST', path, { user_id: ann.id })
})

test('PATCH /v1/admin/organizations/{id}/members/{user_id}: changes role and permissions; the last admin stays one', async () => {
  const { id } = await make()
  const members = `${ORGANIZATIONS}/${id}/members`
  const [ann, bob, stranger] = [await makeUser(), await makeUser(), await makeUser()]
  const { body: made } = await ask('POST', members, { user_id: ann.id, role: 'admin' })
  await ask('POST', members, { user_id: bob.id })
  const path = `${members}/${ann.id}`
  assertProblem(await ask('PATCH', path, { role: 'member' }), 409, path)
  assert.deepEqual((await ask('PATCH', path, { permissions: ['docs:read'] })).body, {
    ...made,
    permissions: ['docs:read'],
  })
  const promoted = await ask('PATCH', `${members}/${bob.id}`, { role: 'admin' })
  assert.deepEqual([promoted.status, promoted.body.role], [200, 'admin'])
  assert.equal((await ask('PATCH', path, { role: 'viewer' })).body.role, 'viewer')
  const told = await about('organization.member_updated', id)
  assert.deepEqual([told?.data.user_id, told?.data.role], [renderId('user', ann.id), 'viewer'])
  assertProblem(await ask('PATCH', path, { role: 7 }), 400, path, ['role'])
  assertProblem(await ask('PATCH', path, { email: 'else@example.com' }), 400, path, ['body'])
  for (const userId of [stranger.id, NOWHERE, 'x']) {
    assertProblem(await ask('PATCH', `${members}/${userId}`, { role: 'viewer' }), 404, `${members}/${userId}`)
  }
  await assertOwnOnly('PATCH', path, { role: 'admin' })
})

test('DELETE /v1/admin/organizations/{id}/members/{user_id}: takes a member out, but the last admin', async () => {
  const { id } = await make()
  const members = `${ORGANIZATIONS}/${id}/members`
  const [ann, bob] = [await makeUser(), await makeUser()]
  await ask('POST', members, { user_id: ann.id, role: 'admin' })
  await ask('POST', members, { user_id: bob.id })
  const path = `${members}/${bob.id}`
  await assertOwnOnly('DELETE', path)
  const { status, body } = await ask('DELETE', path)
  assert.deepEqual([status, body], [204, undefined])
  assertProblem(await ask('DELETE', path), 404, path)
  assert.equal((await about('organization.member_removed', id))?.data.user_id, renderId('user', bob.id))
  assertProblem(await ask('DELETE', `${members}/${ann.id}`), 409, `${members}/${ann.id}`)
  const left = await ask<{ members: Thing[] }>('GET', members)
  assert.deepEqual(
    left.body.members.map(({ user_id }) => user_id),
    [ann.id],
  )
  assertProblem(await ask('DELETE', `${members}/x`), 404, `${members}/x`)
})

/** The token in the address that an invitation’s answer has. */
const tokenOf = (invitation: Thing) => new URL(String(invitation.accept_url)).searchParams.get('invitation') ?? ''

/** Accepts for a user, as the application’s server does over the native API. */
async function accept(token: string, userId: string): Promise<number> {
  const path = `/v1/realms/${plane.shop.issuerId}/invitations/accept`
  return (await plane.server.call('POST', path, { body: { token, user_id: userId } })).status
}

test('POST /v1/admin/organizations/{id}/invitations: invites an address once; its link makes it a member', async () => {
  const { id } = await make()
  const path = `${ORGANIZATIONS}/${id}/invitations`
  const ann = await makeUser()
  const { status, body } = await ask('POST', path, { email: ann.email, role: 'admin' })
  assert.equal(status, 201, JSON.stringify(body))
  const { id: invitationId, created_at, expires_at, accept_url, ...fields } = body
  assert.match(invitationId, UUID)
  assert.match(String(created_at), TIME)
  assert.ok(Date.parse(String(expires_at)) > Date.parse(String(created_at)))
  assert.deepEqual(fields, { email: ann.email, role: 'admin', status: 'pending', accepted_at: null })
  assert.ok(String(accept_url).startsWith(`${plane.server.url}/realms/${plane.shop.issuerId}/`))
  const told = await about('invitation.created', id)
  assert.deepEqual([told?.data.email, told?.surface], [ann.email, 'zautha'])
  assert.ok(!JSON.stringify(told).includes(tokenOf(body)))
  assertProblem(await ask('POST', path, { email: ann.email.toUpperCase() }), 409, path)
  assert.equal(await accept(tokenOf(body), ann.id), 200)
  const [member] = (await ask<{ members: Thing[] }>('GET', `${ORGANIZATIONS}/${id}/members`)).body.members
  assert.deepEqual([member?.user_id, member?.role], [ann.id, 'admin'])
  assert.equal(await accept(tokenOf(body), ann.id), 410, 'a link is good for once')

  const own = { email: 'guest@example.com', accept_url: 'https://app.example/join?from=zautha' }
  const led = await ask('POST', path, own)
  assert.equal(led.body.role, 'member')
  assert.match(String(led.body.accept_url), /^https:\/\/app\.example\/join\?from=zautha&invitation=[\w-]{43}$/)
  assertProblem(await ask('POST', path, { email: 'nobody', role: 'A B' }), 400, path, ['email', 'role'])
  await assertOwnOnly('POST', path, { email: 'mine@example.com' })
})

test('GET /v1/admin/organizations/{id}/invitations: numbered pages, and no token', async () => {
  const path = `${ORGANIZATIONS}/${(await make()).id}/invitations`
  const ann = await makeUser()
  const first = (await ask('POST', path, { email: ann.email })).body
  const later = (await ask('POST', path, { email: 'later@example.com' })).body
  assert.equal(await accept(tokenOf(first), ann.id), 200)
  const whole = await ask<{ invitations: Thing[]; pagination: Pagination }>('GET', path)
  assert.deepEqual([whole.status, whole.body.pagination], [200, { page: 1, limit: 50, total: 2 }])
  const [accepted, pending] = whole.body.invitations
  const { accept_url: _, ...shown } = later
  assert.deepEqual(pending, shown)
  assert.equal(accepted?.status, 'accepted')
  assert.match(String(accepted?.accepted_at), TIME)
  for (const made of [first, later]) assert.ok(!JSON.stringify(whole.body).includes(tokenOf(made)))
  const second = await ask<typeof whole.body>('GET', `${path}?page=2&limit=1`)
  assert.deepEqual(second.body, { invitations: [pending], pagination: { page: 2, limit: 1, total: 2 } })
  assertProblem(await ask('GET', `${path}?limit=101`), 400, path, ['limit'])
  await assertOwnOnly('GET', path)
})

test('DELETE /v1/admin/organizations/{id}/invitations/{inv_id}: its link is worth nothing any more', async () => {
  const organization = await make()
  const invitations = `${ORGANIZATIONS}/${organization.id}/invitations`
  const ann = await makeUser()
  const { body: made } = await ask('POST', invitations, { email: ann.email })
  const path = `${invitations}/${made.id}`
  await assertOwnOnly('DELETE', path)
  const elsewhere = `${ORGANIZATIONS}/${(await make()).id}/invitations/${made.id}`
  assertProblem(await ask('DELETE', elsewhere), 404, elsewhere)
  const { status, body } = await ask('DELETE', path)
  assert.deepEqual([status, body], [204, undefined])
  assertProblem(await ask('DELETE', path), 404, path)
  assert.ok(await about('invitation.revoked', organization.id))
  assert.equal(await accept(tokenOf(made), ann.id), 410)
  assert.equal((await ask('POST', invitations, { email: ann.email })).status, 201, 'the address is free for another')
  for (const nobody of [NOWHERE, 'x']) {
    assertProblem(await ask('DELETE', `${invitations}/${nobody}`), 404, `${invitations}/${nobody}`)
  }
})
