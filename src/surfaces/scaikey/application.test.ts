// Checks the routes for applications.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { post } from '#testing/admin-realm.ts'
import { type ControlPlane, eventsOf, startControlPlane } from '#testing/control-plane.ts'

// ScaiKey, “Applications”: offered to all, to a partner’s tenants or to one; changed by who stands above what they are
// offered to.

let plane: ControlPlane

before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const APPLICATIONS = '/api/v1/admin/applications'
const DENIED = { detail: 'Access denied' }
const CALLBACK = 'https://app.example/callback'

interface Application {
  readonly id: string
  readonly name: string
  readonly client_id: string
  readonly client_secret?: string
  readonly [field: string]: unknown
}

interface Flawed {
  readonly detail: readonly { readonly loc: readonly string[] }[]
}

/** Default caller: super_admin. */
async function ask<T = Application>(method: string, path: string, body?: unknown, key = plane.superAdmin) {
  const reply = await plane.server.call(method, path, { key, body })
  return { status: reply.status, body: reply.body as T }
}

let count = 0
async function register(given: object, key?: string): Promise<Application> {
  const { status, body } = await ask('POST', APPLICATIONS, { name: `Made ${++count}`, ...given }, key)
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

const ofShop = (given: object = {}) => register({ tenant_id: plane.shop.id, application_type: 'SERVICE', ...given })

/** A token of an application for itself, from the realm that its tenant came with. */
function tokenOf({ client_id: id, client_secret: secret }: Application, fields: Record<string, string> = {}) {
  const endpoint = `${plane.server.url}/realms/${plane.shop.issuerId}/oauth/token`
  return post(endpoint, { grant_type: 'client_credentials', ...fields }, `Basic ${btoa(`${id}:${secret}`)}`)
}

/** A gateway: a client that can introspect every token of the realm. */
const makeWatcher = () =>
  plane.server.api<Application>('POST', `/v1/realms/${plane.shop.issuerId}/clients`, {
    label: 'Gateway',
    grant_types: ['client_credentials'],
    introspect_all_tokens: true,
  })

async function isActive({ client_id: id, client_secret: secret }: Application, token: string): Promise<unknown> {
  const endpoint = `${plane.server.url}/realms/${plane.shop.issuerId}/oauth/introspect`
  return (await post(endpoint, { token }, `Basic ${btoa(`${id}:${secret}`)}`)).body.active
}

const locations = (body: unknown) => (body as Flawed).detail.map(({ loc }) => loc.join('.')).sort()

test('POST /api/v1/admin/applications: makes an application with its client; who can keep a secret gets one, once', async () => {
  const given = {
    name: 'Storefront',
    description: 'Where people buy.',
    application_type: 'WEB',
    scope: 'TENANT',
    redirect_uris: [CALLBACK],
    post_logout_redirect_uris: ['https://app.example/bye'],
    allowed_origins: ['https://app.example'],
    allowed_scopes: ['openid', 'orders:read'],
    token_lifetime: 600,
    refresh_token_lifetime: 86_400,
    token_exchange_allowed: true,
  }
  const { status, body } = await ask('POST', APPLICATIONS, { ...given, tenant_id: plane.shop.id })
  assert.equal(status, 201, JSON.stringify(body))
  const { data, ...top } = body
  assert.deepEqual(data, top)
  const { id, client_id, client_secret: secret, created_at, updated_at, ...fields } = top
  assert.match(id, /^app_[0-9a-z]{26}$/)
  assert.ok(created_at === updated_at && Date.parse(String(created_at)) > 0)
  assert.deepEqual(fields, { ...given, tenant_id: plane.shop.id, partner_id: null, status: 'ACTIVE' })
  assert.ok(secret)
  const read = await ask('GET', `${APPLICATIONS}/${id}`)
  assert.ok(!JSON.stringify(read.body).includes(secret) && !('client_secret' in read.body))
  assert.equal((await tokenOf(body)).body.expires_in, 600)
  for (const type of ['application.created', 'client.created']) {
    const [event] = await eventsOf(plane.server, plane.shop.id, type)
    assert.equal(event?.surface, 'scaikey')
    assert.ok(!JSON.stringify(event).includes(secret))
  }

  const bare = await register({}, plane.shop.admin)
  assert.deepEqual(
    [bare.application_type, bare.scope, bare.tenant_id, bare.token_lifetime, bare.token_exchange_allowed],
    ['WEB', 'TENANT', plane.shop.id, 3600, false],
  )
  for (const application_type of ['SPA', 'NATIVE']) {
    const open = await register({ application_type, redirect_uris: [CALLBACK] }, plane.shop.admin)
    assert.ok(open.client_id && !('client_secret' in open))
    const form = { grant_type: 'client_credentials', client_id: open.client_id }
    const refused = await post(`${plane.server.url}/realms/${plane.shop.issuerId}/oauth/token`, form)
    assert.deepEqual([refused.status, refused.body.error], [400, 'unauthorized_client'])
  }
  const again = await ask('POST', APPLICATIONS, { ...given, tenant_id: plane.shop.id })
  assert.equal(again.status, 409)
})

test('POST /api/v1/admin/applications: nothing is made of what does not fit, half of it neither', async () => {
  const before = await ask<{ pagination: { total: number } }>('GET', APPLICATIONS)
  const wrong = {
    name: '',
    application_type: 'TABLE',
    scope: 'WORLD',
    redirect_uris: ['https://*.example/'],
    allowed_origins: ['https://app.example/path'],
    token_lifetime: 0,
  }
  const { status, body } = await ask('POST', APPLICATIONS, { ...wrong, tenant_id: plane.shop.id })
  assert.equal(status, 422)
  assert.deepEqual(locations(body), [
    'body.allowed_origins.0',
    'body.application_type',
    'body.name',
    'body.redirect_uris.0',
    'body.scope',
    'body.token_lifetime',
  ])
  const homeless = await ask('POST', APPLICATIONS, { name: 'Of nobody' })
  assert.deepEqual([homeless.status, locations(homeless.body)], [422, ['body.tenant_id']])
  const spa = await ask('POST', APPLICATIONS, { name: 'Nowhere', application_type: 'SPA', tenant_id: plane.shop.id })
  assert.deepEqual([spa.status, locations(spa.body)], [422, ['body.redirect_uris']])
  for (const scope of ['TENANT', 'PARTNER']) {
    const given = { name: `Reaching ${scope}`, scope, application_type: 'SERVICE', allowed_scopes: ['admin:write'] }
    const reaching = await ask('POST', APPLICATIONS, { ...given, tenant_id: plane.shop.id, partner_id: plane.acme.id })
    assert.deepEqual([reaching.status, locations(reaching.body)], [422, ['body.allowed_scopes']])
  }
  const web = { name: 'Reaching pages', scope: 'GLOBAL', application_type: 'WEB', allowed_scopes: ['admin:read'] }
  assert.equal((await ask('POST', APPLICATIONS, web)).status, 422)
  const after = await ask<{ pagination: { total: number } }>('GET', APPLICATIONS)
  assert.equal(after.body.pagination.total, before.body.pagination.total)
})

test('POST /api/v1/admin/applications: nobody makes what stands above them, and a partner’s limit holds', async () => {
  const { acme, shop, bank, sibling } = plane
  const global = { name: 'Above all', scope: 'GLOBAL' }
  const partner = { name: 'Above tenants', scope: 'PARTNER', partner_id: acme.id }
  const refusals: [key: string, body: object][] = [
    [acme.admin, global],
    [shop.admin, global],
    [shop.program, global],
    [shop.admin, partner],
    [acme.admin, { ...partner, partner_id: sibling.partnerId }],
    [acme.admin, { name: 'Foreign', tenant_id: sibling.id }],
    [shop.admin, { name: 'Foreign', tenant_id: bank.id }],
  ]
  for (const [key, body] of refusals) {
    const reply = await ask('POST', APPLICATIONS, body, key)
    assert.deepEqual([reply.status, reply.body], [403, DENIED], JSON.stringify(body))
  }
  const nobody = await plane.server.call('POST', APPLICATIONS, { key: null, body: global })
  assert.deepEqual([nobody.status, nobody.body], [401, { detail: 'Not authenticated' }])
  assert.equal(
    (await ask('POST', APPLICATIONS, { ...partner, partner_id: 'prt_00000000000000000000000000' })).status,
    404,
  )
  assert.deepEqual(locations((await ask('POST', APPLICATIONS, { name: 'Whose', scope: 'PARTNER' })).body), [
    'body.partner_id',
  ])
  const made = await register({ scope: 'PARTNER' }, acme.admin)
  assert.deepEqual([made.scope, made.tenant_id, made.partner_id], ['PARTNER', null, acme.id])

  const small = { name: 'Small', slug: 'small-apps', max_applications_per_tenant: 1 }
  const { body: limited } = await ask('POST', '/api/v1/admin/partners', small)
  const smallTenant = { name: 'House', slug: 'house-apps', partner_id: limited.id }
  const tenant = (await ask('POST', '/api/v1/admin/tenants', smallTenant)).body
  await register({ tenant_id: tenant.id })
  const full = await ask<{ detail: string }>('POST', APPLICATIONS, { name: 'One more', tenant_id: tenant.id })
  assert.deepEqual([full.status, /max_applications_per_tenant/.test(full.body.detail)], [409, true])
  const agent = await ask('POST', '/api/v1/admin/agents', { name: 'Clerk', tenant_id: tenant.id })
  assert.equal(agent.status, 201, 'agents are no applications')
})

test('GET /api/v1/admin/applications: each tier sees what is offered to it, filtered and by numbered pages', async () => {
  const { acme, shop, bank, sibling } = plane
  const mark = 'Listed'
  const global = await register({ name: `${mark} for all`, scope: 'GLOBAL', application_type: 'SERVICE' })
  const partners = await register({ name: `${mark} for Acme`, scope: 'PARTNER', partner_id: acme.id })
  const theirs = await register({ name: `${mark} for others`, scope: 'PARTNER', partner_id: sibling.partnerId })
  const own = await register({ name: `${mark} for shop`, tenant_id: shop.id, application_type: 'SERVICE' })
  const banks = await register({ name: `${mark} for bank`, tenant_id: bank.id })
  const siblings = await register({ name: `${mark} for sibling`, tenant_id: sibling.id })
  const agent = await ask('POST', '/api/v1/admin/agents', { name: `${mark} agent`, tenant_id: shop.id })
  assert.equal(agent.status, 201)
  interface List {
    readonly data: Application[]
    readonly pagination: object
  }
  const list = async (query: string, key?: string) =>
    (await ask<List>('GET', `${APPLICATIONS}${query}`, undefined, key)).body
  const seen = async (query: string, key?: string) =>
    (await list(`?search=listed&per_page=100${query}`, key)).data.map(({ id }) => id)
  const ids = (...applications: Application[]) => applications.map(({ id }) => id)
  assert.deepEqual(await seen(''), ids(global, partners, theirs, own, banks, siblings))
  assert.deepEqual(await seen('', acme.admin), ids(global, partners, own, banks))
  assert.deepEqual(await seen('', shop.admin), ids(global, partners, own))
  assert.deepEqual(await seen('', shop.program), ids(global, partners, own))
  assert.deepEqual(await seen('', sibling.admin), ids(global, theirs, siblings))
  assert.deepEqual(await seen('&scope=GLOBAL', shop.admin), ids(global))
  assert.deepEqual(await seen('&scope=partner'), ids(partners, theirs))
  assert.deepEqual(await seen('&application_type=SERVICE', acme.admin), ids(global, own))
  assert.deepEqual(await seen(`&tenant_id=${bank.id}`, acme.admin), ids(banks))
  assert.deepEqual(await seen(`&partner_id=${acme.id}`), ids(partners, own, banks))
  assert.deepEqual(await seen(`&partner_id=${acme.id}`, shop.admin), ids(partners, own))
  const byClient = await list(`?search=${own.client_id.slice(0, 12)}`, shop.admin)
  assert.deepEqual(
    byClient.data.map(({ id }) => id),
    [own.id],
  )
  const page = await list('/?search=listed&page=2&per_page=2', acme.admin)
  assert.deepEqual(
    page.data.map(({ id }) => id),
    ids(own, banks),
  )
  assert.deepEqual(page.pagination, { page: 2, per_page: 2, total: 4, total_pages: 2 })
  assert.doesNotMatch(JSON.stringify(await list('?per_page=100')), /client_secret/)
  for (const [key, query] of [
    [shop.admin, `tenant_id=${bank.id}`],
    [acme.admin, `tenant_id=${sibling.id}`],
    [acme.admin, `partner_id=${sibling.partnerId}`],
  ] as const) {
    const foreign = await ask('GET', `${APPLICATIONS}?${query}`, undefined, key)
    assert.deepEqual([foreign.status, foreign.body], [403, DENIED])
  }
  const flawed = await ask('GET', `${APPLICATIONS}?per_page=101&scope=x`)
  assert.deepEqual([flawed.status, locations(flawed.body)], [422, ['query.per_page', 'query.scope']])
})

test('GET /api/v1/admin/applications: one that was put together elsewhere is shown with its first client', async () => {
  const realm = `/v1/realms/${plane.shop.issuerId}`
  const client = { application: 'Put together', label: 'Pages', auth_method: 'none', redirect_uris: [CALLBACK] }
  const first = await plane.server.api<{ client_id: string }>('POST', `${realm}/clients`, client)
  await plane.server.api('POST', `${realm}/clients`, { ...client, auth_method: 'client_secret' })
  await plane.server.api('POST', `${realm}/applications`, { name: 'Put together, empty' })
  const path = `${APPLICATIONS}?search=put%20together&tenant_id=${plane.shop.id}`
  const { body } = await ask<{ data: Application[] }>('GET', path, undefined, plane.shop.admin)
  assert.deepEqual(
    body.data.map(({ client_id: id, application_type: type }) => [id, type]),
    [
      [first.client_id, 'SPA'],
      [null, 'WEB'],
    ],
  )
  const pages = await ask<{ data: Application[] }>('GET', `${path}&application_type=SPA`)
  assert.equal(pages.body.data.length, 1)
})

test('GET /api/v1/admin/applications/{id}: what is offered to the caller; the rest is denied, and what is not there is not found', async () => {
  const { acme, shop, bank, sibling, superAdmin } = plane
  const global = await register({ scope: 'GLOBAL' })
  const partners = await register({ scope: 'PARTNER', partner_id: acme.id })
  const own = await ofShop()
  const reads: [key: string, id: string, status: number][] = [
    [shop.admin, global.id, 200],
    [sibling.program, global.id, 200],
    [acme.admin, global.id, 200],
    [shop.admin, partners.id, 200],
    [sibling.admin, partners.id, 403],
    [acme.admin, own.id, 200],
    [bank.admin, own.id, 403],
    [sibling.admin, own.id, 403],
    [shop.admin, 'app_00000000000000000000000000', 404],
    [superAdmin, shop.id, 404],
  ]
  for (const [key, id, status] of reads) {
    const reply = await ask('GET', `${APPLICATIONS}/${id}`, undefined, key)
    assert.equal(reply.status, status, id)
    if (status === 200) assert.deepEqual([reply.body.id, (reply.body.data as Application).id], [id, id])
    if (status === 403) assert.deepEqual(reply.body, DENIED)
    if (status === 404) assert.deepEqual(reply.body, { detail: 'Application not found' })
  }
})

test('PATCH /api/v1/admin/applications/{id}: what is given is replaced; the next token has the new scopes', async () => {
  const made = await ofShop({ allowed_scopes: ['orders:read', 'orders:write'] })
  const path = `${APPLICATIONS}/${made.id}`
  assert.equal((await tokenOf(made)).body.scope, 'orders:read orders:write')
  const change = { name: 'Renamed', description: 'x', allowed_scopes: ['stock:read'], token_lifetime: 60 }
  const { status, body } = await ask('PATCH', path, change, plane.shop.admin)
  assert.equal(status, 200, JSON.stringify(body))
  const { data, ...top } = body
  assert.deepEqual(data, top)
  const { client_secret: _, data: __, ...before } = made
  assert.deepEqual(top, { ...before, ...change, updated_at: top.updated_at })
  const next = await tokenOf(made)
  assert.deepEqual([next.body.scope, next.body.expires_in], ['stock:read', 60])
  assert.equal((await tokenOf(made, { scope: 'orders:read' })).body.error, 'invalid_scope')
  const [event] = await eventsOf(plane.server, plane.shop.id, 'application.updated')
  assert.deepEqual([event?.subject.id, event?.data.changed], [made.id, ['name', 'description']])
  assert.deepEqual((await eventsOf(plane.server, plane.shop.id, 'client.updated'))[0]?.data.changed, [
    'label',
    'scopes',
    'access_token_lifetime',
  ])

  await ofShop({ name: 'Taken' })
  const taken = await ask('PATCH', path, { name: 'Taken', allowed_scopes: ['never'] })
  assert.equal(taken.status, 409)
  const reaching = await ask('PATCH', path, { description: 'y', allowed_scopes: ['admin:read'] })
  assert.deepEqual([reaching.status, locations(reaching.body)], [422, ['body.allowed_scopes']])
  const moved = await ask('PATCH', path, { tenant_id: plane.bank.id })
  assert.deepEqual([moved.status, locations(moved.body)], [422, ['body.tenant_id']])
  const read = await ask('GET', path)
  assert.deepEqual([read.body.name, read.body.description, read.body.allowed_scopes], ['Renamed', 'x', ['stock:read']])
  const same = await ask('PATCH', path, read.body)
  assert.equal(same.status, 200, 'what was read can be sent back')
})

test('PATCH /api/v1/admin/applications/{id}: a suspended one gets no tokens and has none that hold, until it is active', async () => {
  const made = await ofShop()
  const watcher = await makeWatcher()
  const token = String((await tokenOf(made)).body.access_token)
  assert.equal(await isActive(watcher, token), true)
  const suspended = await ask('PATCH', `${APPLICATIONS}/${made.id}`, { status: 'SUSPENDED' })
  assert.equal(suspended.body.status, 'SUSPENDED')
  assert.deepEqual([(await tokenOf(made)).status, await isActive(watcher, token)], [401, false])
  await ask('PATCH', `${APPLICATIONS}/${made.id}`, { status: 'ACTIVE' })
  assert.equal((await tokenOf(made)).status, 200)
})

test('PATCH /api/v1/admin/applications/{id}: who sees what stands above them may not change it, here or elsewhere', async () => {
  const { acme, shop, bank, sibling } = plane
  const first = await plane.server.api<{ data: { id: string; slug: string }[] }>('GET', '/v1/tenants')
  const tenantId = first.data.find(({ slug }) => slug === 'default')?.id
  const keeper = { name: 'Of the first tenant', permissions: ['*', 'credentials:write'], reach: 'tenant' }
  const { key } = await plane.server.api<{ key: string }>('POST', `/v1/api-keys?tenant_id=${tenantId}`, keeper)
  const global = await register({ scope: 'GLOBAL', application_type: 'SERVICE', allowed_scopes: ['admin:write'] })
  const partners = await register({ scope: 'PARTNER', partner_id: acme.id })
  const own = await ofShop()
  const refusals: [key: string, id: string][] = [
    [acme.admin, global.id],
    [shop.admin, global.id],
    [shop.admin, partners.id],
    [sibling.admin, partners.id],
    [bank.admin, own.id],
  ]
  for (const [caller, id] of refusals) {
    for (const method of ['PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { description: 'mine' } : undefined
      const reply = await ask(method, `${APPLICATIONS}/${id}`, body, caller)
      assert.deepEqual([reply.status, reply.body], [403, DENIED], `${method} ${id}`)
    }
  }
  assert.equal((await ask('PATCH', `${APPLICATIONS}/${partners.id}`, { description: 'ours' }, acme.admin)).status, 200)
  assert.equal((await ask('PATCH', `${APPLICATIONS}/${own.id}`, { description: 'ours' }, acme.admin)).status, 200)

  // Its row lies in the first tenant, whose own administrators are no more than that.
  const { data } = await plane.server.api<{ data: { id: string; client_id: string }[] }>(
    'GET',
    '/v1/realms/default/clients?limit=200',
  )
  const client = data.find((known) => known.client_id === global.client_id)?.id
  const realm = '/v1/realms/default'
  const redirect_uris = [CALLBACK]
  const attempts: [method: string, path: string, body?: object][] = [
    ['POST', `${realm}/clients/${client}/rotate-secret`],
    ['PATCH', `${realm}/clients/${client}`, { label: 'Mine' }],
    ['POST', `${realm}/clients/${client}/suspend`],
    ['DELETE', `${realm}/clients/${client}`],
    ['PATCH', `${realm}/applications/${global.id}`, { description: 'Mine' }],
    ['DELETE', `${realm}/applications/${global.id}`],
    ['POST', `${realm}/clients`, { label: 'Mine', application: global.id, redirect_uris }],
    ['POST', `${realm}/clients`, { label: 'Mine', application: global.name, redirect_uris }],
  ]
  for (const [method, path, body] of attempts) {
    const { status } = await plane.server.call(method, path, { key, body })
    assert.equal(status, 403, `${method} ${path}`)
  }
  const reaching = { label: 'Mine', grant_types: ['client_credentials'], scopes: ['admin:write'] }
  for (const caller of [key, plane.server.adminKey]) {
    const refused = await plane.server.call('POST', `${realm}/clients`, { key: caller, body: reaching })
    assert.equal(refused.status, 400)
  }
})

test('DELETE /api/v1/admin/applications/{id}: it goes with its client and what that was issued, and its name is free', async () => {
  const made = await ofShop({ name: 'Short-lived' })
  const watcher = await makeWatcher()
  const token = String((await tokenOf(made)).body.access_token)
  const path = `${APPLICATIONS}/${made.id}`
  const gone = await ask('DELETE', path, undefined, plane.shop.admin)
  assert.deepEqual([gone.status, gone.body], [204, undefined])
  assert.deepEqual([(await tokenOf(made)).body.error, await isActive(watcher, token)], ['invalid_client', false])
  for (const method of ['GET', 'DELETE']) {
    const again = await ask(method, path)
    assert.deepEqual([again.status, again.body], [404, { detail: 'Application not found' }])
  }
  for (const type of ['application.deleted', 'client.deleted']) {
    assert.equal((await eventsOf(plane.server, plane.shop.id, type)).length, 1)
  }
  await ofShop({ name: 'Short-lived' })
})

test('pages of other origins than the allowed ones do not use a client', async () => {
  const made = await ofShop({ allowed_origins: ['https://app.example'] })
  const ask = (origin: string) =>
    fetch(`${plane.server.url}/realms/${plane.shop.issuerId}/oauth/token`, {
      method: 'POST',
      headers: { origin, authorization: `Basic ${btoa(`${made.client_id}:${made.client_secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
  assert.equal((await ask('https://app.example')).status, 200)
  const refused = await ask('https://other.example')
  assert.equal(refused.status, 400)
  assert.equal(((await refused.json()) as { error: string }).error, 'invalid_request')
  assert.equal((await tokenOf(made)).status, 200, 'a program is no page')
})
