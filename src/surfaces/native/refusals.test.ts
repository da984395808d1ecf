// Calls every row without a credential and without its permission.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type CallOptions, startServer, type TestServer } from '#testing/server.ts'
import type { Route } from '../surface.ts'
import { nativeRoutes } from './native.routes.ts'

// Every row is called as everybody who may not call it would: the table says which rows there are, so none is left out.

let server: TestServer
let foreign: { tenantId: string; issuerId: string; keys: Record<'all' | 'readOnly' | 'nothing' | 'realm', string> }
const own: Record<string, string> = {}

interface Key {
  key: string
}

before(async () => {
  server = await startServer()
  const tenant = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Foreign', slug: 'foreign' })
  const query = `?tenant_id=${tenant.id}`
  const realm = await server.api<{ issuer_id: string }>('POST', `/v1/realms${query}`, { name: 'Theirs' })
  const make = async (name: string, permissions: string[], reach: object) => {
    const { key } = await server.api<Key>('POST', `/v1/api-keys${query}`, { name, permissions, ...reach })
    return key
  }
  foreign = {
    tenantId: tenant.id,
    issuerId: realm.issuer_id,
    keys: {
      all: await make('all', ['*', 'credentials:write'], { reach: 'tenant' }),
      readOnly: await make('read only', ['*:read'], { reach: 'tenant' }),
      nothing: await make('nothing', ['permissions:read'], { reach: 'tenant' }),
      realm: await make('realm', ['*', 'credentials:write'], { reach: 'realm', realm: realm.issuer_id }),
    },
  }
  await fillOwn()
})
after(() => server.stop())

/** One of everything in the default tenant, so that a foreign caller has something real to fail at. */
async function fillOwn(): Promise<void> {
  const realm = '/v1/realms/default'
  const create = async (noun: string, path: string, body: object) => {
    own[noun] = (await server.api<{ id: string }>('POST', path, body)).id
  }
  await create('partners', '/v1/partners', { name: 'Own', slug: 'own' })
  await create('resources', '/v1/resources', { identifier: 'https://api.example/', slug: 'api', name: 'API' })
  await create('projects', '/v1/projects', { name: 'Own project' })
  await create('keys', `/v1/projects/${own.projects}/keys`, { name: 'Own key of the project' })
  await create('users', `${realm}/users`, { email: 'own@example.com', password: 'correct horse battery' })
  await create('groups', `${realm}/groups`, { name: 'Own group' })
  await create('organizations', `${realm}/organizations`, { name: 'Own organization', slug: 'own' })
  await create('invitations', `${realm}/organizations/${own.organizations}/invitations`, {
    email: 'guest@example.com',
    accept_url: 'https://app.example/join',
  })
  await create('roles', `${realm}/roles`, { name: 'Own role', permissions: ['docs:read'] })
  await create('applications', `${realm}/applications`, { name: 'Own application' })
  await create('clients', `${realm}/clients`, { label: 'Own client', grant_types: ['client_credentials'] })
  await create('identity-providers', `${realm}/identity-providers`, {
    provider_type: 'oidc',
    name: 'Own provider',
    issuer: 'https://idp.example.com',
    client_id: 'own',
    client_secret: 'own secret',
    authorization_endpoint: 'https://idp.example.com/authorize',
    token_endpoint: 'https://idp.example.com/token',
    jwks_uri: 'https://idp.example.com/jwks',
  })
  await create('agents', `${realm}/agents`, { name: 'Own agent' })
  await create('api-clients', '/v1/api-clients', { label: 'Own program' })
  await create('administrators', '/v1/administrators', { email: 'own-admin@example.com' })
  await create('webhooks', '/v1/webhooks', { url: 'https://hooks.example.com/', events: ['user.*'] })
  await create('api-keys', '/v1/api-keys', { name: 'Own key', permissions: ['users:read'] })
  const [tenants, directories, events] = await Promise.all(
    ['/v1/tenants', '/v1/directories', '/v1/events'].map((path) =>
      server.api<{ data: { id: string; slug?: string }[] }>('GET', path),
    ),
  )
  own.tenants = tenants?.data.find(({ slug }) => slug === 'default')?.id ?? ''
  own.directories = directories?.data[0]?.id ?? ''
  own.events = events?.data[0]?.id ?? ''
  own.decisions = (await fetch(`${server.url}/oauth/authorize`)).headers.get('x-request-id') ?? ''
}

function pathOf({ path }: Route, issuerId: string): string {
  const noun = path.split('/{id}')[0]?.split('/').at(-1) ?? ''
  const prefixes: Record<string, string> = {
    'backchannel-authentications': 'bca',
    sessions: 'ses',
    grants: 'gnt',
    issuances: 'iss',
    authenticators: 'aut',
    linked_accounts: 'lac',
    'remembered-devices': 'rdv',
    remembered_devices: 'rdv',
  }
  const id = own[noun] ?? `${prefixes[noun]}_${'0'.repeat(26)}`
  const further = (name: string) => {
    const noun = `${name.replace(/^child_/, '')}s`
    return own[noun] ?? `${prefixes[noun]}_${'0'.repeat(26)}`
  }
  return path
    .replace('{issuer_id}', issuerId)
    .replace('{id}', id)
    .replace(/\{(\w+)_id\}/g, (_, name: string) => further(name))
}

// What is parsed before an id is looked up.
const NEEDED: Readonly<Record<string, object>> = {
  'administrator.set_password': { password: 'correct horse battery' },
  'project_key.create': { name: 'A key' },
  'resource.add_exchange_client': { client_id: `cli_${'0'.repeat(26)}` },
  'resource.add_runtime_client': { client_id: `cli_${'0'.repeat(26)}` },
  'resource.add_return_url': { url: 'https://app.example.com/' },
}

const NEEDED_QUERY: Readonly<Record<string, string>> = {
  'resource.remove_return_url': '?url=https://app.example.com/',
}

function call(route: Route, issuerId: string, options: CallOptions) {
  const reads = route.method === 'GET' || route.method === 'DELETE'
  const body = reads ? {} : { body: NEEDED[route.operation.name] ?? {} }
  const query = NEEDED_QUERY[route.operation.name] ?? ''
  return server.call(route.method, `${pathOf(route, issuerId)}${query}`, { ...body, ...options })
}

interface Refusal {
  error: string
  error_description: string
}

for (const route of nativeRoutes) {
  const name = `${route.method} ${route.path}`
  const { operation } = route

  test(`${name} needs a credential`, async () => {
    for (const key of [null, 'sk_live_wrong', 'not a key']) {
      const { status, headers, body } = await call(route, 'default', { key })
      assert.equal(status, 401)
      assert.equal((body as Refusal).error, 'invalid_token')
      assert.match(headers.get('www-authenticate') ?? '', /^Bearer .*error="invalid_token"/)
    }
  })

  test(`${name} needs its permission`, async () => {
    if (['permissions:read', 'me:read'].includes(operation.permission)) return
    const issuerId = foreign.issuerId
    const key = operation.permission.endsWith(':read') ? foreign.keys.nothing : foreign.keys.readOnly
    const { status, body } = await call(route, issuerId, { key })
    assert.equal(status, 403, JSON.stringify(body))
    assert.equal((body as Refusal).error, 'insufficient_scope')
  })

  test(`${name} hides another tenant`, async () => {
    const inRealm = route.path.includes('{issuer_id}')
    const withId = route.path.includes('{id}')
    const { status, body } = await call(route, 'default', { key: foreign.keys.all })
    if (operation.reach === 'platform') assert.equal(status, 403, JSON.stringify(body))
    else if (inRealm || withId) assert.equal(status, 404, JSON.stringify(body))
    else assert.doesNotMatch(JSON.stringify(body ?? ''), new RegExp(Object.values(own).join('|')))
  })

  test(`${name} does not take another tenant's id in the query`, async () => {
    if (route.path.includes('{issuer_id}')) return
    const { data } = await server.api<{ data: { id: string; slug: string }[] }>('GET', '/v1/tenants')
    const ours = data.find(({ slug }) => slug === 'default')?.id
    const body = route.method === 'GET' || route.method === 'DELETE' ? {} : { body: {} }
    const path = `${pathOf(route, 'default')}?tenant_id=${ours}`
    const { status } = await server.call(route.method, path, { ...body, key: foreign.keys.all })
    assert.equal(status, 404)
  })

  test(`${name} keeps a realm's key in its realm`, async () => {
    const { status, body } = await call(route, 'default', { key: foreign.keys.realm })
    const expected = route.path.includes('{issuer_id}') ? 404 : operation.reach === 'realm' ? 200 : 403
    assert.equal(status, expected, JSON.stringify(body))
  })
}

test('what was refused for want of a permission is in the event log', async () => {
  const fresh = { name: 'Fresh', permissions: ['users:read'] }
  const { status, body } = await server.call('POST', '/v1/api-keys', { body: fresh, key: foreign.keys.all })
  assert.equal(status, 201, JSON.stringify(body))
  await server.call('POST', '/v1/partners', { body: {}, key: (body as { key: string }).key })
  const { data } = await server.api<{ data: { type: string; data: { permission: string } }[] }>(
    'GET',
    `/v1/events?type=access.denied&tenant_id=${foreign.tenantId}`,
  )
  assert.ok(data.some(({ data: { permission } }) => permission === 'partners:write'))
})

test('a key that is refused again and again leaves a few events, which count the refusals', async () => {
  const { key } = await server.api<{ key: string }>('POST', '/v1/api-keys', {
    name: 'Few',
    permissions: ['users:read'],
  })
  for (let refusal = 0; refusal < 100; refusal++) {
    assert.equal((await server.call('GET', '/v1/webhooks', { key })).status, 403)
  }
  assert.equal((await server.call('GET', '/v1/partners', { key })).status, 403)
  const { data } = await server.api<{ data: { subject: { id: string }; data: { count?: number } }[] }>(
    'GET',
    '/v1/events?type=access.denied&limit=200',
  )
  const counted = (operation: string) =>
    data.filter(({ subject }) => subject.id === operation).map((event) => event.data.count)
  assert.deepEqual(counted('webhook.list'), [100, 10, 1])
  assert.deepEqual(counted('partner.list'), [1])
})

test('a key of a tenant purges the log only where its permission is named', async () => {
  const query = `?tenant_id=${foreign.tenantId}`
  const purge = async (permissions: string[]) => {
    const given = { name: permissions.join(' '), permissions, reach: 'tenant' }
    const { key } = await server.api<Key>('POST', `/v1/api-keys${query}`, given)
    const body = { before: '2020-01-01T00:00:00Z' }
    return (await server.call('POST', '/v1/events/purge', { key, body })).status
  }
  const statuses = [await purge(['*', 'credentials:write']), await purge(['*:write']), await purge(['purges:write'])]
  assert.deepEqual(statuses, [403, 403, 200])
  const { status } = await server.call('POST', `/v1/events/purge${query}`, { body: { before: '2020-01-01T00:00:00Z' } })
  assert.equal(status, 200, 'the operator needs no name')
})

test('a key of a tenant that may do everything does not give the name of a permission to itself or to another key', async () => {
  const query = `?tenant_id=${foreign.tenantId}`
  const all = { permissions: ['*', 'credentials:write'], reach: 'tenant' }
  const made = await server.api<Key & { id: string }>('POST', `/v1/api-keys${query}`, { name: 'All', ...all })
  const asked = (method: string, path: string, permissions: string[]) =>
    server.call(method, path, { key: made.key, body: { name: 'More', permissions } })
  for (const named of ['purges:write', 'purges:*']) {
    assert.equal((await asked('PATCH', `/v1/api-keys/${made.id}`, [...all.permissions, named])).status, 403, named)
    assert.equal((await asked('POST', '/v1/api-keys', [named])).status, 403, named)
  }
  assert.equal((await asked('POST', '/v1/api-keys', ['*'])).status, 201)
  const body = { before: '2020-01-01T00:00:00Z' }
  assert.equal((await server.call('POST', '/v1/events/purge', { key: made.key, body })).status, 403)
})
