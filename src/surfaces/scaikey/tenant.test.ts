// Checks the routes for tenants.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ControlPlane, eventsOf, startControlPlane } from '#testing/control-plane.ts'

// ScaiKey, “Tenants”: written by super_admin, read by the other two within their scope.

let plane: ControlPlane

before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const TENANTS = '/api/v1/admin/tenants'
const NOBODY = 'tnt_00000000000000000000000000'

interface Tenant {
  readonly id: string
  readonly slug: string
  readonly [field: string]: unknown
}

interface List {
  readonly data: Tenant[]
  readonly pagination: object
}

/** Default caller: super_admin. */
async function ask<T = Tenant>(method: string, path: string, body?: unknown, key = plane.superAdmin) {
  const reply = await plane.server.call(method, path, { key, body })
  return { status: reply.status, body: reply.body as T }
}

let count = 0
async function makeTenant(more: object = {}): Promise<Tenant> {
  const slug = `made-${++count}`
  const { status, body } = await ask('POST', TENANTS, { name: 'Made', slug, ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

const DENIED = { detail: 'Access denied' }

/** That only a super_admin may, for a tenant that each of the others administers or reads too. */
async function assertPlatformWrites(method: string, path: string, body?: unknown): Promise<void> {
  for (const key of [plane.acme.admin, plane.shop.admin, plane.shop.program]) {
    const reply = await ask(method, path, body, key)
    assert.deepEqual([reply.status, reply.body], [403, DENIED])
  }
  const nobody = await plane.server.call(method, path, { key: null, body })
  assert.deepEqual([nobody.status, nobody.body], [401, { detail: 'Not authenticated' }])
}

test('GET /api/v1/admin/tenants: each tier sees its own, filtered and by numbered pages', async () => {
  const slugs = async (query: string, key?: string) =>
    (await ask<List>('GET', `${TENANTS}${query}`, undefined, key)).body.data.map(({ slug }) => slug)
  const three = ['shop', 'bank', 'sibling']
  assert.deepEqual((await slugs('?per_page=100')).slice(0, 4), ['default', ...three])
  assert.deepEqual(await slugs('', plane.acme.admin), ['shop', 'bank'])
  assert.deepEqual(await slugs('/', plane.shop.admin), ['shop'])
  assert.deepEqual(await slugs('', plane.sibling.program), ['sibling'])
  assert.deepEqual(await slugs('?search=SIB'), ['sibling'])
  assert.deepEqual(await slugs('?search=sib', plane.acme.admin), [])
  assert.deepEqual(await slugs(`?partner_id=${plane.acme.id}`), ['shop', 'bank'])
  const page = await ask<List>('GET', `${TENANTS}?page=2&per_page=1`, undefined, plane.acme.admin)
  assert.deepEqual(
    page.body.data.map(({ id }) => id),
    [plane.bank.id],
  )
  assert.deepEqual(page.body.pagination, { page: 2, per_page: 1, total: 2, total_pages: 2 })
  const made = await makeTenant({ status: 'SUSPENDED' })
  assert.deepEqual(await slugs('?status=SUSPENDED'), [made.slug])
  for (const key of [plane.acme.admin, plane.shop.admin]) {
    const foreign = await ask('GET', `${TENANTS}?partner_id=${plane.sibling.partnerId}`, undefined, key)
    assert.deepEqual([foreign.status, foreign.body], [403, DENIED])
  }
  const flawed = await ask<{ detail: { loc: string[] }[] }>('GET', `${TENANTS}?partner_id=x&per_page=101&status=off`)
  assert.equal(flawed.status, 422)
  assert.deepEqual(flawed.body.detail.map(({ loc }) => loc.join('.')).sort(), [
    'query.partner_id',
    'query.per_page',
    'query.status',
  ])
})

test('POST /api/v1/admin/tenants: makes one for a partner that has room, and a slug is one tenant’s', async () => {
  const given = {
    name: 'Widgets',
    slug: 'widgets',
    contact_email: 'it@widgets.example',
    partner_id: plane.acme.id,
    settings: { mfa: { required: false }, session_timeout: 3600 },
    branding: { color: '#123456' },
  }
  const { status, body } = await ask('POST', TENANTS, given)
  assert.equal(status, 201, JSON.stringify(body))
  const { data, ...top } = body
  assert.deepEqual(data, top)
  const { id, created_at, updated_at, ...fields } = top
  assert.match(id, /^tnt_[0-9a-z]{26}$/)
  assert.ok(created_at === updated_at && Date.parse(String(created_at)) > 0)
  assert.deepEqual(fields, { ...given, status: 'ACTIVE' })
  const [event] = await eventsOf(plane.server, id, 'tenant.created')
  assert.deepEqual([event?.subject.id, event?.surface], [id, 'scaikey'])

  const again = await ask('POST', TENANTS, given)
  assert.deepEqual([again.status, again.body], [409, { detail: 'Another tenant has this slug.' }])
  const partner = { name: 'Small', slug: 'small', max_tenants: 0 }
  const small = await ask('POST', '/api/v1/admin/partners', partner)
  const full = await ask('POST', TENANTS, { name: 'X', slug: 'x-1', partner_id: small.body.id })
  assert.deepEqual([full.status, full.body], [409, { detail: 'The partner may have 0 tenants.' }])
  const flawed = await ask<{ detail: { loc: string[] }[] }>('POST', TENANTS, { slug: 'A b', settings: [] })
  assert.equal(flawed.status, 422)
  assert.deepEqual(flawed.body.detail.map(({ loc }) => loc.join('.')).sort(), [
    'body.name',
    'body.settings',
    'body.slug',
  ])
  await assertPlatformWrites('POST', TENANTS, { name: 'Mine', slug: 'mine', partner_id: plane.acme.id })
})

test('GET /api/v1/admin/tenants/{id}: within the caller’s scope; beyond it is denied, and what is not there is not found', async () => {
  const { shop, bank, sibling, acme } = plane
  const reads: [key: string, id: string, status: number][] = [
    [acme.admin, shop.id, 200],
    [acme.admin, bank.id, 200],
    [acme.admin, sibling.id, 403],
    [shop.admin, shop.id, 200],
    [shop.admin, bank.id, 403],
    [shop.program, shop.id, 200],
    [shop.program, sibling.id, 403],
    [acme.admin, NOBODY, 404],
    [shop.admin, NOBODY, 404],
    [plane.superAdmin, NOBODY, 404],
    [plane.superAdmin, acme.id, 404],
  ]
  for (const [key, id, status] of reads) {
    const reply = await ask<Tenant & { data: object }>('GET', `${TENANTS}/${id}`, undefined, key)
    assert.equal(reply.status, status)
    const { data, ...top } = reply.body
    if (status === 200) assert.deepEqual([top.id, data], [id, top])
    else assert.deepEqual(reply.body, status === 403 ? DENIED : { detail: 'Tenant not found' })
  }
})

test('PATCH /api/v1/admin/tenants/{id}: exactly what the document lists, settings and branding member by member', async () => {
  const made = await makeTenant({ settings: { a: 1, b: { c: 2 } }, branding: { logo: 'data:image/png;base64,AAAA' } })
  const path = `${TENANTS}/${made.id}`
  const { body, status } = await ask('PATCH', path, {
    name: 'Changed',
    slug: 'changed',
    contact_email: 'new@example.com',
    settings: { b: null, d: [3] },
    branding: { color: '#aa0000' },
    created_at: '2000-01-01T00:00:00Z',
    id: plane.shop.id,
  })
  assert.equal(status, 200)
  const { name, slug, contact_email, settings, branding, id, created_at } = body
  assert.deepEqual([name, slug, contact_email, id], ['Changed', 'changed', 'new@example.com', made.id])
  assert.deepEqual(
    [settings, branding],
    [
      { a: 1, d: [3] },
      { logo: 'data:image/png;base64,AAAA', color: '#aa0000' },
    ],
  )
  assert.equal(created_at, made.created_at)
  const [event] = await eventsOf(plane.server, made.id, 'tenant.updated')
  assert.deepEqual(event?.data.changed, ['name', 'slug', 'contact_email', 'settings', 'branding'])

  const flawed = await ask<{ detail: { loc: string[] }[] }>('PATCH', path, { branding: { color: 'red' } })
  assert.deepEqual([flawed.status, flawed.body.detail[0]?.loc], [422, ['body', 'branding', 'color']])
  const taken = await ask('PATCH', path, { slug: 'shop' })
  assert.deepEqual([taken.status, taken.body], [409, { detail: 'Another tenant has this slug.' }])
  const large = await ask<{ detail: { loc: string[] }[] }>('PATCH', path, { settings: { text: 'x'.repeat(17_000) } })
  assert.deepEqual([large.status, large.body.detail[0]?.loc], [422, ['body', 'settings']])
  assert.deepEqual((await ask('PATCH', `${TENANTS}/${NOBODY}`, { name: 'x' })).body, { detail: 'Tenant not found' })
  await assertPlatformWrites('PATCH', `${TENANTS}/${plane.shop.id}`, { name: 'Mine' })
})

test('PATCH /api/v1/admin/tenants/{id}: a suspended tenant’s tokens are worth nothing until it is active again', async () => {
  const path = `${TENANTS}/${plane.bank.id}`
  const asBank = async () => (await ask('GET', path, undefined, plane.bank.admin)).status
  assert.equal(await asBank(), 200)
  assert.equal((await ask('PATCH', path, { status: 'SUSPENDED' })).body.status, 'SUSPENDED')
  assert.equal(await asBank(), 401)
  assert.equal((await ask('PATCH', path, { status: 'ACTIVE' })).body.status, 'ACTIVE')
  assert.equal(await asBank(), 200)
  const types = ['tenant.suspended', 'tenant.reactivated']
  for (const type of types) assert.equal((await eventsOf(plane.server, plane.bank.id, type)).length, 1, type)
  const first = await ask<List>('GET', `${TENANTS}?search=default`)
  const kept = await ask('PATCH', `${TENANTS}/${first.body.data[0]?.id}`, { status: 'SUSPENDED' })
  assert.deepEqual([kept.status, kept.body], [409, { detail: 'The first tenant cannot be suspended.' }])
})

test('PATCH /api/v1/admin/tenants/{id}: with partner_id it goes to another partner, whose administrators reach it at once', async () => {
  const made = await makeTenant()
  const path = `${TENANTS}/${made.id}`
  const asAcme = async () => (await ask('GET', path, undefined, plane.acme.admin)).status
  assert.equal(await asAcme(), 403)
  const moved = await ask('PATCH', path, { partner_id: plane.acme.id })
  assert.deepEqual([moved.status, moved.body.partner_id], [200, plane.acme.id])
  assert.equal(await asAcme(), 200)
  const [event] = await eventsOf(plane.server, made.id, 'tenant.transferred')
  const { before: from, after: to } = (event?.data ?? {}) as Record<string, { partner_id?: string }>
  assert.ok(from?.partner_id && to?.partner_id && from.partner_id !== to.partner_id)
  const limited = { name: 'Limited', slug: 'limited', max_tenants: 0 }
  const full = await ask('POST', '/api/v1/admin/partners', limited)
  const refused = await ask('PATCH', path, { partner_id: full.body.id })
  assert.deepEqual([refused.status, refused.body], [409, { detail: 'The partner may have 0 tenants.' }])
  const gone = await ask('PATCH', path, { partner_id: 'prt_00000000000000000000000000' })
  assert.deepEqual([gone.status, gone.body], [404, { detail: 'The partner does not exist.' }])
  assert.equal((await ask('PATCH', path, { partner_id: 'x' })).status, 422)
  await assertPlatformWrites('PATCH', `${TENANTS}/${plane.shop.id}`, { partner_id: plane.sibling.partnerId })
})

test('DELETE /api/v1/admin/tenants/{id}: what its people and programs had ends at once, and its slug is free', async () => {
  const { id, slug } = await makeTenant()
  const query = `?tenant_id=${id}`
  const { key } = await plane.server.api<{ key: string }>('POST', `/v1/api-keys${query}`, {
    name: 'k',
    permissions: ['*'],
    reach: 'tenant',
  })
  assert.equal((await plane.server.call('GET', '/v1/realms', { key })).status, 200)
  assert.deepEqual(await ask('DELETE', `${TENANTS}/${id}`), { status: 204, body: undefined })
  assert.equal((await plane.server.call('GET', '/v1/realms', { key })).status, 401)
  for (const method of ['GET', 'DELETE']) {
    const reply = await ask(method, `${TENANTS}/${id}`)
    assert.deepEqual([reply.status, reply.body], [404, { detail: 'Tenant not found' }])
  }
  await makeTenant({ slug })
  const first = await ask<List>('GET', `${TENANTS}?search=default`)
  assert.equal((await ask('DELETE', `${TENANTS}/${first.body.data[0]?.id}`)).status, 409)
  await assertPlatformWrites('DELETE', `${TENANTS}/${plane.shop.id}`)
})
