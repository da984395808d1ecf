// Sends members that a caller must not set.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'
import { nativeRoutes } from './native.routes.ts'

// AD-01: what a caller may not set is refused by every row that takes a body, and nothing else of that body is done.

let server: TestServer
before(async () => {
  server = await startServer({ env: { COUNTERSIGN_LOG_LEVEL: 'error' } })
})
after(() => server.stop())

/** What somebody would like to be able to set somewhere. A row that declares one of them is left out of it. */
const COVETED = [
  ...['tenant_id', 'partner_id', 'directory_id', 'realm_id', 'application_id', 'issuer_id', 'owner_id', 'kind', 'seq'],
  ...['role', 'roles', 'admin_role', 'is_admin', 'tier', 'permissions', 'reach', 'groups', 'mfa_enabled', 'aal', 'acr'],
  ...['email_verified', 'email_key', 'password_hash', 'password_set_at', 'has_password', 'last_sign_in_at', 'password'],
  ...['client_id', 'client_secret', 'secret', 'secret_hash', 'key', 'prefix', 'private_key', 'handle', 'token_hash'],
  ...['version', 'created_at', 'updated_at', 'deleted_at', 'revoked_at', 'expires_at', 'issued_at', 'hash', 'state'],
  ...[
    'status',
    'enabled',
    'auth_method',
    'identifier',
    'algorithm',
    'first_party',
    'issuer',
    'constructor',
    'toString',
  ],
  ...['tenantId', 'adminRole', 'passwordHash', 'emailVerified', 'firstParty', 'ifVersion', 'secretHash'],
]

interface Refusal {
  readonly error: string
  readonly error_description: string
  readonly errors?: readonly { readonly message: string }[]
}

const taking = nativeRoutes.filter(({ method }) => method === 'POST' || method === 'PATCH' || method === 'PUT')

function pathOf(path: string): string {
  return path.replace('{issuer_id}', 'default').replace(/\{\w+\}/g, '018f0000-0000-7000-8000-000000000000')
}

test('there are rows to test', () => assert.ok(taking.length >= 20))

for (const { method, path, describe } of taking) {
  test(`${method} ${path} refuses what it does not declare, by name`, async () => {
    const declared = Object.keys((describe().requestBody as { properties?: object } | undefined)?.properties ?? {})
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    const coveted = COVETED.filter((name) => !declared.includes(name) && !inPath.includes(name))
    const body = Object.fromEntries(coveted.map((name) => [name, 'mine']))
    const { status, body: refusal } = await server.call(method, pathOf(path), { body })
    assert.equal(status, 400, JSON.stringify(refusal))
    const { error, errors = [], error_description: description } = refusal as Refusal
    assert.equal(error, 'invalid_request')
    const told = [description, ...errors.map(({ message }) => message)].join('\n')
    for (const name of coveted) assert.match(told, new RegExp(`"${name}"`), `${name} is not refused: ${told}`)
    for (const name of ['if_version', ...inPath]) {
      const one = await server.call(method, pathOf(path), { body: { [name]: 1 } })
      assert.equal(one.status, 400)
      assert.match((one.body as Refusal).error_description, new RegExp(`\\b${name}\\b`))
    }
  })
}

interface Thing {
  readonly id: string
  readonly issuer_id?: string
}

const REALM = '/v1/realms/default'
const THINGS: [what: string, path: string, made: object, change: object, coveted: object[]][] = [
  [
    'a user',
    `${REALM}/users`,
    { email: 'mass@example.com' },
    { name: 'M' },
    [
      { admin_role: 'super_admin' },
      { tenant_id: 'x' },
      { version: 99 },
      { password_hash: 'x' },
      { password: 'correct horse battery' },
    ],
  ],
  [
    'a client',
    `${REALM}/clients`,
    { label: 'M', grant_types: ['client_credentials'] },
    { label: 'N' },
    [{ client_secret: 'x' }, { client_id: 'x' }, { auth_method: 'none' }, { status: 'suspended' }, { realm_id: 'x' }],
  ],
  [
    'an application',
    `${REALM}/applications`,
    { name: 'Massive' },
    { name: 'Less' },
    [{ realm_id: 'x' }, { tenant_id: 'x' }],
  ],
  [
    'an identity provider',
    `${REALM}/identity-providers`,
    {
      provider_type: 'oidc',
      name: 'M',
      issuer: 'https://idp.example.com',
      client_id: 'm',
      client_secret: 'm',
      authorization_endpoint: 'https://idp.example.com/authorize',
      token_endpoint: 'https://idp.example.com/token',
      jwks_uri: 'https://idp.example.com/jwks',
    },
    { name: 'N' },
    [{ provider_type: 'saml' }, { realm_id: 'x' }, { tenant_id: 'x' }, { callback_url: 'https://x.example/' }],
  ],
  [
    'a resource',
    '/v1/resources',
    { identifier: 'https://m.example/' },
    { name: 'N' },
    [{ identifier: 'https://n.example/' }, { tenant_id: 'x' }, { backend: 'broker' }],
  ],
  [
    'a tenant',
    '/v1/tenants',
    { name: 'M', slug: 'mass' },
    { name: 'N' },
    [{ partner_id: 'x' }, { status: 'gone' }, { id: 'x' }, { deleted_at: 1 }],
  ],
  ['a partner', '/v1/partners', { name: 'M', slug: 'mass' }, { name: 'N' }, [{ created_at: 1 }, { id: 'x' }]],
  [
    'a realm',
    '/v1/realms',
    { name: 'M' },
    { name: 'N' },
    [{ issuer_id: 'x' }, { kind: 'admin' }, { algorithm: 'none' }, { tenant_id: 'x' }, { policy: { unknown: 1 } }],
  ],
]

for (const [what, path, made, change, coveted] of THINGS) {
  test(`${what} is not changed by a body that asks for more`, async () => {
    const { id, issuer_id: issuerId } = await server.api<Thing>('POST', path, made)
    const own = `${path}/${path === '/v1/realms' ? issuerId : id}`
    const before = await server.api('GET', own)
    for (const more of coveted) {
      const { status, body } = await server.call('PATCH', own, { body: { ...change, ...more } })
      assert.equal(status, 400, JSON.stringify([more, body]))
      assert.deepEqual(await server.api('GET', own), before)
    }
    const changed = await server.api('PATCH', own, change)
    assert.notDeepEqual(changed, before)
  })

  test(`${what} is not made by a body that asks for more`, async () => {
    const list = async () => (await server.api<{ data: unknown[] }>('GET', `${path}?limit=200`)).data.length
    const count = await list()
    for (const more of coveted) {
      const other = Object.fromEntries(
        Object.entries(made).map(([name, value]) => [name, name === 'slug' ? 'mass-2' : value]),
      )
      const [name = ''] = Object.keys(more)
      if (name in made || (name === 'auth_method' && what === 'a client')) continue
      const declared = nativeRoutes.find(
        (row) => row.method === 'POST' && row.path === path.replace('default', '{issuer_id}'),
      )
      const { properties = {} } = (declared?.describe().requestBody ?? {}) as { properties?: object }
      if (name in properties && name !== 'policy') continue
      const { status, body } = await server.call('POST', path, { body: { ...other, ...more } })
      assert.equal(status, 400, JSON.stringify([more, body]))
    }
    assert.equal(await list(), count)
  })
}

test('a prototype is nothing that a body could set', async () => {
  const email = 'proto@example.com'
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    const body = `{"email":"${email}","${name}":{"admin_role":"super_admin","adminRole":"super_admin","status":"suspended"}}`
    const { status, body: user } = await server.call('POST', `${REALM}/users`, { body })
    if (status === 201) {
      assert.equal((user as { status: string }).status, 'active')
      await server.api('DELETE', `${REALM}/users/${(user as Thing).id}`)
    } else assert.equal(status, 400)
  }
  assert.equal(({} as Record<string, unknown>).adminRole, undefined)
  const { status } = await server.call('POST', `${REALM}/users`, { body: { email: 'after@example.com' } })
  assert.equal(status, 201)
})
