// Checks the routes for partners.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ControlPlane, eventsOf, startControlPlane } from '#testing/control-plane.ts'

// ScaiKey, “Partners”: every route, as super_admin, and as everybody else who may not.

let plane: ControlPlane

before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const PARTNERS = '/api/v1/admin/partners'

interface Partner {
  readonly id: string
  readonly [field: string]: unknown
}

/** As super_admin. */
async function ask<T = Partner>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  const reply = await plane.server.call(method, path, { key: plane.superAdmin, body })
  return { status: reply.status, body: reply.body as T }
}

let count = 0
async function makePartner(more: object = {}): Promise<Partner> {
  const slug = `partner-${++count}`
  const { status, body } = await ask('POST', PARTNERS, { name: 'A partner', slug, ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

const DENIED = { detail: 'Access denied' }

/** That nobody below a super_admin is let in, whatever they ask. */
async function assertPlatformOnly(method: string, path: string, body?: unknown): Promise<void> {
  for (const key of [plane.acme.admin, plane.shop.admin, plane.shop.program]) {
    const reply = await plane.server.call(method, path, { key, body })
    assert.deepEqual([reply.status, reply.body], [403, DENIED])
  }
  const nobody = await plane.server.call(method, path, { key: null, body })
  assert.deepEqual([nobody.status, nobody.body], [401, { detail: 'Not authenticated' }])
  assert.equal(nobody.headers.get('www-authenticate'), 'Bearer')
}

test('GET /api/v1/admin/partners: numbered pages, searched and by status, for a super_admin only', async () => {
  const made = await makePartner({ name: 'Pagination Ltd', status: 'SUSPENDED' })
  const whole = await ask<{ data: Partner[]; pagination: Record<string, number> }>('GET', `${PARTNERS}?per_page=100`)
  assert.equal(whole.status, 200)
  const { total } = whole.body.pagination as { total: number }
  assert.equal(whole.body.data.length, total)
  assert.deepEqual(whole.body.pagination, { page: 1, per_page: 100, total, total_pages: 1 })
  const second = await ask<{ data: Partner[]; pagination: object }>('GET', `${PARTNERS}?page=2&per_page=1`)
  assert.deepEqual(second.body.data, [whole.body.data[1]])
  assert.deepEqual(second.body.pagination, { page: 2, per_page: 1, total, total_pages: total })
  for (const filter of ['search=PAGINATION', 'status=suspended&search=pagination', 'status=SUSPENDED']) {
    const { body } = await ask<{ data: Partner[] }>('GET', `${PARTNERS}/?${filter}`)
    assert.deepEqual(
      body.data.map(({ id }) => id),
      [made.id],
      filter,
    )
  }
  const none = await ask<{ pagination: object }>('GET', `${PARTNERS}?search=nobody-has-this`)
  assert.deepEqual(none.body, { data: [], pagination: { page: 1, per_page: 20, total: 0, total_pages: 0 } })
  const flawed = await ask<{ detail: { loc: string[] }[] }>('GET', `${PARTNERS}?per_page=101&page=0`)
  assert.equal(flawed.status, 422)
  assert.deepEqual(
    flawed.body.detail.map(({ loc }) => loc),
    [
      ['query', 'page'],
      ['query', 'per_page'],
    ],
  )
  await assertPlatformOnly('GET', PARTNERS)
})

test('POST /api/v1/admin/partners: makes one with its limits, and a slug is one partner’s', async () => {
  const given = {
    name: 'Globex',
    slug: 'globex',
    contact_email: 'ops@globex.example',
    max_tenants: 2,
    max_users_per_tenant: 5,
    max_applications_per_tenant: null,
  }
  const { status, body } = await ask('POST', PARTNERS, { ...given, unknown: 'is passed over' })
  assert.equal(status, 201)
  const { data, ...top } = body
  assert.deepEqual(data, top, 'readers of either form find it')
  assert.match(body.id, /^prt_[0-9a-z]{26}$/)
  const { id, created_at, updated_at, ...fields } = top
  assert.deepEqual(fields, { ...given, status: 'ACTIVE' })
  assert.ok(Date.parse(String(created_at)) > 0 && created_at === updated_at)
  const again = await ask('POST', PARTNERS, given)
  assert.deepEqual([again.status, again.body], [409, { detail: 'Another partner has this slug.' }])
  const flawed = await ask<{ detail: { loc: string[]; msg: string; type: string }[] }>('POST', PARTNERS, {
    name: ' ',
    max_tenants: 1.5,
  })
  assert.equal(flawed.status, 422)
  assert.deepEqual(flawed.body.detail.map(({ loc }) => loc.join('.')).sort(), [
    'body.max_tenants',
    'body.name',
    'body.slug',
  ])
  assert.ok(flawed.body.detail.every(({ msg, type }) => msg.length > 0 && type.length > 0))
  const [event] = await eventsOf(plane.server, 'platform', 'partner.created')
  assert.deepEqual([event?.subject.id, event?.surface], [id, 'scaikey'])
  await assertPlatformOnly('POST', PARTNERS, { name: 'Mine', slug: 'mine' })
})

test('GET /api/v1/admin/partners/{id}: shows one', async () => {
  const made = await makePartner()
  assert.deepEqual(await ask('GET', `${PARTNERS}/${made.id}`), { status: 200, body: made })
  assert.deepEqual((await ask('GET', `${PARTNERS}/${made.id}/`)).status, 200)
  for (const nobody of ['prt_00000000000000000000000000', plane.shop.id, 'x']) {
    const { status, body } = await ask('GET', `${PARTNERS}/${nobody}`)
    assert.deepEqual([status, body], [404, { detail: 'Partner not found' }], nobody)
  }
  assert.deepEqual((await ask('GET', `${PARTNERS}/${made.id}/tenants`)).body, { detail: 'Not Found' })
  assert.equal((await ask('PUT', `${PARTNERS}/${made.id}`, {})).status, 405)
  await assertPlatformOnly('GET', `${PARTNERS}/${plane.acme.id}`)
})

test('PATCH /api/v1/admin/partners/{id}: changes what is given; a limit holds from then on, a suspended partner stands still', async () => {
  const made = await makePartner({ max_tenants: 5 })
  const changed = await ask('PATCH', `${PARTNERS}/${made.id}`, { name: 'Renamed', max_tenants: 0, id: plane.acme.id })
  assert.equal(changed.status, 200)
  const { name, slug, max_tenants, id } = changed.body
  assert.deepEqual([name, slug, max_tenants, id], ['Renamed', made.slug, 0, made.id])
  const [event] = await eventsOf(plane.server, 'platform', 'partner.updated')
  assert.deepEqual([event?.subject.id, event?.data.changed], [made.id, ['name', 'max_tenants']])
  const tenant = { name: 'T', slug: 'one-too-many', partner_id: made.id }
  const refused = await plane.server.call('POST', '/v1/tenants', { body: tenant })
  assert.deepEqual([refused.status, (refused.body as { error: string }).error], [409, 'limit_reached'])
  assert.equal((await ask('PATCH', `${PARTNERS}/${made.id}`, { max_tenants: null })).body.max_tenants, null)
  const suspended = await ask('PATCH', `${PARTNERS}/${made.id}`, { status: 'SUSPENDED' })
  assert.equal(suspended.body.status, 'SUSPENDED')
  assert.equal((await plane.server.call('POST', '/v1/tenants', { body: tenant })).status, 409)
  assert.equal((await ask('PATCH', `${PARTNERS}/${made.id}`, { slug: 'acme' })).status, 409)
  assert.equal((await ask('PATCH', `${PARTNERS}/${made.id}`, { status: 'GONE' })).status, 422)
  await assertPlatformOnly('PATCH', `${PARTNERS}/${plane.acme.id}`, { name: 'Mine' })
})

test('DELETE /api/v1/admin/partners/{id}: only one without tenants, whose slug is free again', async () => {
  const made = await makePartner()
  const kept = await ask('DELETE', `${PARTNERS}/${plane.acme.id}`)
  assert.deepEqual([kept.status, kept.body], [409, { detail: 'The partner still has tenants.' }])
  assert.deepEqual(await ask('DELETE', `${PARTNERS}/${made.id}`), { status: 204, body: undefined })
  assert.deepEqual((await ask('GET', `${PARTNERS}/${made.id}`)).body, { detail: 'Partner not found' })
  assert.equal((await ask('DELETE', `${PARTNERS}/${made.id}`)).status, 404)
  const [event] = await eventsOf(plane.server, 'platform', 'partner.deleted')
  assert.equal(event?.subject.id, made.id)
  await makePartner({ slug: made.slug })
  await assertPlatformOnly('DELETE', `${PARTNERS}/${plane.acme.id}`)
})
