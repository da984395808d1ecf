// Checks the routes for groups.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ControlPlane, eventsOf, startControlPlane } from '#testing/control-plane.ts'

// ScaiKey, “Groups”: every route, by each tier within and beyond its scope.

let plane: ControlPlane

before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const GROUPS = '/api/v1/admin/groups'
const NOBODY = 'grp_00000000000000000000000000'

interface Group {
  readonly id: string
  readonly [field: string]: unknown
}
interface List {
  readonly data: Group[]
  readonly pagination: Readonly<Record<string, number>>
}

/** Default caller: the tenant_admin of `shop`. */
async function ask<T = Group>(method: string, path: string, body?: unknown, key: string | null = plane.shop.admin) {
  const reply = await plane.server.call(method, path, { key, body })
  return { status: reply.status, body: reply.body as T }
}

let count = 0
async function makeGroup(more: object = {}, key = plane.shop.admin): Promise<Group> {
  const { status, body } = await ask('POST', GROUPS, { name: `Group ${++count}`, ...more }, key)
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

async function makeUser(key = plane.shop.admin): Promise<string> {
  const email = `member-${++count}@example.com`
  const { status, body } = await ask('POST', '/api/v1/admin/users', { email, password: 'correct horse battery' }, key)
  assert.equal(status, 201, JSON.stringify(body))
  return body.id
}

const DENIED = { status: 403, body: { detail: 'Access denied' } }
const MISSING = { status: 404, body: { detail: 'Group not found' } }

/** That a neighbour, and who is nobody, may not, and that a group which is not there is not there. */
async function assertKeptApart(method: string, path: (group: string) => string, id: string, body?: unknown) {
  for (const key of [plane.bank.admin, plane.bank.program, plane.sibling.admin]) {
    assert.deepEqual(await ask(method, path(id), body, key), DENIED)
  }
  assert.equal((await ask(method, path(id), body, null)).status, 401)
  for (const missing of [NOBODY, 'x', plane.shop.id]) assert.deepEqual(await ask(method, path(missing), body), MISSING)
}

test('GET /api/v1/admin/groups: each tier sees its own, searched, by type and tenant, and counted', async () => {
  const { bank, sibling } = plane
  const staff = await makeGroup({ name: 'Staff of the shop' })
  await makeGroup({ name: 'Newsletter', group_type: 'DISTRIBUTION_LIST' })
  const tellers = await makeGroup({ name: 'Tellers' }, bank.admin)
  const theirs = await makeGroup({ name: 'Siblings' }, sibling.admin)
  const names = async (query: string, key?: string) =>
    (await ask<List>('GET', `${GROUPS}${query}`, undefined, key)).body.data.map(({ name }) => name)
  assert.deepEqual((await names('', bank.admin)).includes('Tellers'), true)
  assert.deepEqual(await names('?search=STAFF'), ['Staff of the shop'])
  assert.deepEqual(await names('?group_type=distribution_list'), ['Newsletter'])
  assert.deepEqual(await names('?group_type=DISTRIBUTION_LIST&search=staff'), [])
  assert.deepEqual(await names(`?tenant_id=${bank.id}`, plane.acme.admin), ['Tellers'])
  assert.deepEqual(await names(`?partner_id=${sibling.partnerId}&search=sib`, plane.superAdmin), ['Siblings'])
  const whole = await ask<List>('GET', `${GROUPS}/?per_page=100`, undefined, plane.superAdmin)
  const ids = whole.body.data.map(({ id }) => id)
  for (const { id } of [staff, tellers, theirs]) assert.ok(ids.includes(id))
  const partners = await ask<List>('GET', `${GROUPS}?per_page=1`, undefined, plane.acme.admin)
  const { total } = partners.body.pagination as { total: number }
  assert.deepEqual(partners.body.pagination, { page: 1, per_page: 1, total, total_pages: total })
  assert.equal(total, ids.length - 1, 'all but the sibling’s')
  for (const query of [`tenant_id=${bank.id}`, `partner_id=${sibling.partnerId}`]) {
    assert.deepEqual(await ask('GET', `${GROUPS}?${query}`), DENIED)
  }
  assert.deepEqual(await ask('GET', `${GROUPS}?tenant_id=${sibling.id}`, undefined, plane.acme.admin), DENIED)
  assert.equal((await ask('GET', `${GROUPS}?group_type=OTHER`)).status, 422)
})

test('POST /api/v1/admin/groups: makes one, in one’s own tenant or in one that is named', async () => {
  const given = { name: 'Cashiers', description: 'Who take money', group_type: 'DISTRIBUTION_LIST' }
  const { status, body } = await ask('POST', GROUPS, { ...given, unknown: 'is passed over' })
  assert.equal(status, 201)
  const { data, ...top } = body
  assert.deepEqual(data, top, 'readers of either form find it')
  const { id, created_at, updated_at, ...fields } = top
  assert.match(id, /^grp_[0-9a-z]{26}$/)
  assert.deepEqual(fields, { ...given, tenant_id: plane.shop.id, member_count: 0 })
  assert.ok(Date.parse(String(created_at)) > 0 && created_at === updated_at)
  const [event] = await eventsOf(plane.server, plane.shop.id, 'group.created')
  assert.deepEqual([event?.subject.id, event?.surface], [id, 'scaikey'])
  const named = await makeGroup({ tenant_id: plane.bank.id }, plane.acme.admin)
  assert.deepEqual([named.tenant_id, named.group_type], [plane.bank.id, 'SECURITY'])
  assert.equal((await ask('POST', GROUPS, given)).status, 409)
  assert.equal((await ask('POST', GROUPS, { ...given, name: ' ' })).status, 422)
  assert.equal((await ask('POST', GROUPS, given, plane.superAdmin)).status, 422, 'which tenant?')
  assert.deepEqual(await ask('POST', GROUPS, { ...given, tenant_id: plane.sibling.id }, plane.acme.admin), DENIED)
  assert.equal((await ask('POST', GROUPS, given, null)).status, 401)
})

test('GET /api/v1/admin/groups/{id}: shows one', async () => {
  const made = await makeGroup()
  for (const key of [plane.shop.admin, plane.shop.program, plane.acme.admin, plane.superAdmin]) {
    assert.deepEqual(await ask('GET', `${GROUPS}/${made.id}`, undefined, key), { status: 200, body: made })
  }
  await assertKeptApart('GET', (id) => `${GROUPS}/${id}`, made.id)
})

test('PATCH /api/v1/admin/groups/{id}: changes what is given', async () => {
  const made = await makeGroup({ description: 'before' })
  const { status, body } = await ask('PATCH', `${GROUPS}/${made.id}`, {
    name: 'Renamed',
    group_type: 'distribution_list',
  })
  assert.equal(status, 200)
  assert.deepEqual(
    [body.name, body.description, body.group_type, body.tenant_id],
    ['Renamed', 'before', 'DISTRIBUTION_LIST', plane.shop.id],
  )
  const [event] = await eventsOf(plane.server, plane.shop.id, 'group.updated')
  assert.deepEqual([event?.subject.id, event?.data.changed], [made.id, ['name', 'group_type']])
  assert.equal((await ask('PATCH', `${GROUPS}/${made.id}`, { name: '' })).status, 422)
  assert.equal((await ask('PATCH', `${GROUPS}/${made.id}`, { name: 'Staff' })).status, 200)
  assert.equal((await ask('PATCH', `${GROUPS}/${(await makeGroup()).id}`, { name: 'STAFF' })).status, 409)
  await assertKeptApart('PATCH', (id) => `${GROUPS}/${id}`, made.id, { name: 'Mine' })
})

test('DELETE /api/v1/admin/groups/{id}: takes it away, and its name is free', async () => {
  const made = await makeGroup({ name: 'Short-lived' })
  await assertKeptApart('DELETE', (id) => `${GROUPS}/${id}`, made.id)
  assert.deepEqual(await ask('DELETE', `${GROUPS}/${made.id}`), { status: 204, body: undefined })
  assert.deepEqual(await ask('GET', `${GROUPS}/${made.id}`), MISSING)
  assert.deepEqual(await ask('DELETE', `${GROUPS}/${made.id}`), MISSING)
  const [event] = await eventsOf(plane.server, plane.shop.id, 'group.deleted')
  assert.equal(event?.subject.id, made.id)
  await makeGroup({ name: 'SHORT-LIVED' })
})

test('POST /api/v1/admin/groups/{id}/members: one or several users of the same tenant, again and again', async () => {
  const { id } = await makeGroup()
  const [ann, bob, eve] = [await makeUser(), await makeUser(), await makeUser(plane.bank.admin)]
  const members = `${GROUPS}/${id}/members`
  const one = await ask('POST', members, { user_id: ann })
  assert.deepEqual([one.status, one.body.member_count], [201, 1])
  const both = await ask('POST', members, { user_ids: [ann, bob] })
  assert.deepEqual([both.status, both.body.member_count], [201, 2])
  assert.deepEqual((await ask('POST', members, { user_id: bob })).body.member_count, 2, 'idempotent')
  const added = await eventsOf(plane.server, plane.shop.id, 'group.members_added')
  assert.deepEqual(
    added.filter(({ subject }) => subject.id === id).map(({ data }) => data.added),
    [1, 1],
  )
  for (const stranger of [eve, 'usr_00000000000000000000000000']) {
    const refused = await ask<{ detail: string }>('POST', members, { user_ids: [ann, stranger] })
    assert.deepEqual([refused.status, typeof refused.body.detail], [400, 'string'])
  }
  for (const flawed of [{}, { user_ids: [] }, { user_id: id }, { user_id: 7 }]) {
    assert.equal((await ask('POST', members, flawed)).status, 422, JSON.stringify(flawed))
  }
  assert.equal((await ask('GET', `${GROUPS}/${id}`)).body.member_count, 2)
  await assertKeptApart('POST', (group) => `${GROUPS}/${group}/members`, id, { user_id: eve })
})

test('DELETE /api/v1/admin/groups/{id}/members/{user_id}: takes a user out', async () => {
  const { id } = await makeGroup()
  const ann = await makeUser()
  await ask('POST', `${GROUPS}/${id}/members`, { user_id: ann })
  await assertKeptApart('DELETE', (group) => `${GROUPS}/${group}/members/${ann}`, id)
  assert.deepEqual(await ask('DELETE', `${GROUPS}/${id}/members/${ann}`), { status: 204, body: undefined })
  assert.equal((await ask('GET', `${GROUPS}/${id}`)).body.member_count, 0)
  for (const nobody of [ann, 'x']) assert.equal((await ask('DELETE', `${GROUPS}/${id}/members/${nobody}`)).status, 404)
  const [event] = await eventsOf(plane.server, plane.shop.id, 'group.member_removed')
  assert.equal(event?.subject.id, id)
})

test('POST /api/v1/admin/groups/{id}/nested: a group in a group, and never in itself however far', async () => {
  const [top, middle, bottom] = [await makeGroup(), await makeGroup(), await makeGroup()]
  const nest = (parent: Group, child: Group, key?: string) =>
    ask<{ id: string; detail?: string }>('POST', `${GROUPS}/${parent.id}/nested`, { child_group_id: child.id }, key)
  const nested = await nest(top, middle)
  assert.deepEqual([nested.status, nested.body.id], [201, top.id])
  assert.equal((await nest(middle, bottom)).status, 201)
  assert.equal((await nest(middle, bottom)).status, 201, 'idempotent')
  for (const [parent, child] of [
    [top, top],
    [bottom, top],
    [bottom, middle],
  ] as const) {
    const { status, body } = await nest(parent, child)
    assert.equal(status, 400)
    assert.match(body.detail ?? '', /circular nesting/i)
  }
  const foreign = await makeGroup({}, plane.bank.admin)
  assert.deepEqual((await nest(top, foreign, plane.acme.admin)).status, 404)
  assert.equal((await ask('POST', `${GROUPS}/${top.id}/nested`, { child_group_id: 'x' })).status, 422)
  const ann = await makeUser()
  await ask('POST', `${GROUPS}/${bottom.id}/members`, { user_id: ann })
  const path = `/v1/realms/${plane.shop.issuerId}/users/${ann}/groups`
  const { data } = await plane.server.api<{ data: { id: string; membership: string }[] }>('GET', path)
  assert.deepEqual(Object.fromEntries(data.map(({ id, membership }) => [id, membership])), {
    [top.id]: 'inherited',
    [middle.id]: 'inherited',
    [bottom.id]: 'direct',
  })
  const [event] = await eventsOf(plane.server, plane.shop.id, 'group.nested')
  assert.equal(event?.subject.id, middle.id)
  await assertKeptApart('POST', (id) => `${GROUPS}/${id}/nested`, top.id, { child_group_id: bottom.id })
})

test('DELETE /api/v1/admin/groups/{id}/nested/{child_group_id}: takes it out again', async () => {
  const [parent, child] = [await makeGroup(), await makeGroup()]
  await ask('POST', `${GROUPS}/${parent.id}/nested`, { child_group_id: child.id })
  const path = `${GROUPS}/${parent.id}/nested/${child.id}`
  await assertKeptApart('DELETE', (id) => `${GROUPS}/${id}/nested/${child.id}`, parent.id)
  assert.deepEqual(await ask('DELETE', path), { status: 204, body: undefined })
  assert.deepEqual(await ask('DELETE', path), MISSING)
  const [event] = await eventsOf(plane.server, plane.shop.id, 'group.unnested')
  assert.equal(event?.subject.id, parent.id)
  assert.equal((await ask('POST', `${GROUPS}/${child.id}/nested`, { child_group_id: parent.id })).status, 201)
})
