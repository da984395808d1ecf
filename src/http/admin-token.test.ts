// Checks which access tokens open the admin API.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { adminClientCreate } from '#domain/admin-client/admin-client.operations.ts'
import { administratorCreate } from '#domain/administrator/administrator.operations.ts'
import { apiKeyCreate } from '#domain/api-key/api-key.operations.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { userCreate } from '#domain/user/user.operations.ts'
import { Failure } from '#kernel/error.ts'
import { renderId } from '#kernel/id.ts'
import { claimsOf } from '#protocol/jwt.ts'
import { native } from '#surfaces/native/native.surface.ts'
import { anotherTenant } from '#testing/domain-fixtures.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { FormBrowser, type PageResponse } from '#testing/form-browser.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { basic } from '#testing/token-client.ts'
import { adminTokenHolder } from './admin-token.ts'
import { openAuthenticators } from './authenticators.ts'
import { dispatch } from './dispatch.ts'

const HOUR = 3_600_000

/** Calls a row of the native API with a token. @returns its status */
async function statusOf(
  services: TestServices,
  token: string,
  method: string,
  path: string,
  body?: object,
  params: Record<string, string> = {},
) {
  const route = native.routes.find((one) => one.method === method && one.path === path)
  assert.ok(route)
  const request = {
    head: { method, path, params, query: {}, headers: { authorization: `Bearer ${token}` } },
    readBody: () => body,
  }
  const origin = { ip: null, userAgent: null, requestId: 'test', surface: 'native' }
  const signal = new AbortController().signal
  const row = { surface: native, route }
  const reply = await dispatch(services, openAuthenticators(services, undefined), row, request, origin, signal)
  return (reply as { status: number }).status
}

/** A token of a program of a tenant, and the admin realm that issued it. */
async function makeToken(
  services: TestServices,
  tenantId: string,
  dpop?: string,
): Promise<{ token: string; realm: Realm }> {
  const context = services.contextFor({ realm: null, tenantId })
  const realm = await context.read.realms.admin()
  assert.ok(realm)
  const client = await runOperation(adminClientCreate, context, { label: 'ci' })
  const form = { grant_type: 'client_credentials' }
  const { status, text } = await new FormBrowser(services, realm).post('/oauth/token', form, {
    ...basic(client),
    ...(dpop !== undefined && { dpop }),
  })
  assert.equal(status, 200, text)
  return { token: JSON.parse(text).access_token, realm }
}

const ADDRESSES: [what: string, realmDomain: string | undefined, issuer: RegExp][] = [
  ['a path', undefined, /^https:\/\/id\.example\.com\/realms\/[a-z0-9]{12}$/],
  ['a host', 'realms.example.com', /^https:\/\/[a-z0-9]{12}\.realms\.example\.com$/],
]

for (const [what, realmDomain, expected] of ADDRESSES) {
  test(`a token of an admin realm whose issuer is ${what} opens the API for its tenant, until it ends`, async (t) => {
    const services = await openTestServices({ settings: { realmDomain } })
    t.after(() => services.close())
    const tenantId = await anotherTenant(services)
    const { token, realm } = await makeToken(services, tenantId)
    assert.match(new FormBrowser(services, realm).issuer, expected)
    const holder = await adminTokenHolder(services, token)
    assert.deepEqual([holder.kind, holder.label, holder.reach], ['client', 'ci', { kind: 'tenant', tenantId }])
    services.clock.advance(HOUR - 1000)
    assert.equal((await adminTokenHolder(services, token)).kind, 'client')
    services.clock.advance(1000)
    await assert.rejects(adminTokenHolder(services, token), failure('invalid_token'))
  })
}

test('where realms are found by another name, or the API moved, what was issued is worth nothing', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const { token } = await makeToken(services, services.tenantId)
  const changed = (settings: object) => ({
    ...services,
    registry: { ...services.registry, settings: { ...services.registry.settings, ...settings } },
  })
  assert.equal((await adminTokenHolder(services, token)).kind, 'client')
  for (const settings of [
    { publicUrl: 'https://other.example.com' },
    { realmDomain: 'realms.example.com' },
    { adminUrl: 'https://other.example.com' },
  ]) {
    await assert.rejects(adminTokenHolder(changed(settings), token), failure('invalid_token'), JSON.stringify(settings))
  }
})

test('the admin realm of the first tenant is no door to the others for a program', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const { token } = await makeToken(services, services.tenantId)
  assert.deepEqual((await adminTokenHolder(services, token)).reach, { kind: 'tenant', tenantId: services.tenantId })
})

test('a token that is bound to a key is no bearer token of the admin API', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const { realm, token } = await makeToken(services, services.tenantId)
  const key = await makeDpopKey()
  const proof = await key.prove(`${new FormBrowser(services, realm).issuer}/oauth/token`, services.clock.now())
  const { token: bound } = await makeToken(services, services.tenantId, proof)
  assert.deepEqual(claimsOf(bound)?.cnf, { jkt: key.jkt })
  assert.equal(await statusOf(services, token, 'GET', '/v1/realms'), 200)
  await assert.rejects(statusOf(services, bound, 'GET', '/v1/realms'), failure('invalid_token'))
})

test('text that only looks like a token is refused as one', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const jwt = (claims: unknown) => `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`
  for (const claims of [
    null,
    [],
    {},
    { iss: 7 },
    { iss: '' },
    { iss: 'https://id.example.com' },
    { iss: 'https://id.example.com/realms/default' },
    { iss: 'https://id.example.com/realms/..%2f' },
    { iss: 'javascript:alert(1)' },
    { iss: `https://${'a'.repeat(3000)}.example` },
    { iss: 'https://id.example.com/realms/aaaaaaaaaaaa', jti: '\u0000' },
  ]) {
    await assert.rejects(adminTokenHolder(services, jwt(claims)), failure('invalid_token'), JSON.stringify(claims))
  }
})

test('AD-12 a token of a sign-in that is 15 minutes old makes no credentials, and still reads', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const holder = {
    kind: 'user',
    id: 'ann',
    label: 'ann',
    reach: { kind: 'platform' },
    permissions: new Set(['*']),
  } as const
  const authenticatedAt = services.clock.now()
  const surface = { ...native, authenticate: async () => ({ ...holder, authenticatedAt }) }
  const call = (method: string, path: string, body?: object) => {
    const route = native.routes.find((one) => one.method === method && one.path === path)
    assert.ok(route)
    const request = { head: { method, path, params: {}, query: {}, headers: {} }, readBody: () => body }
    const origin = { ip: null, userAgent: null, requestId: 'test', surface: 'native' }
    const signal = new AbortController().signal
    return dispatch(services, openAuthenticators(services, undefined), { surface, route }, request, origin, signal)
  }
  const key = { name: 'Lasts', permissions: ['*'] }
  assert.equal(((await call('POST', '/v1/api-keys', key)) as { status: number }).status, 201)
  services.clock.advance(15 * 60_000 + 1)
  await assert.rejects(call('POST', '/v1/api-keys', key), failure('insufficient_user_authentication'))
  await assert.rejects(call('POST', '/v1/api-clients', { label: 'Lasts' }), failure('insufficient_user_authentication'))
  assert.equal(((await call('GET', '/v1/api-keys')) as { status: number }).status, 200)
})

test('AD-12 with a sign-in that is 15 minutes old, nobody adds keys, identity providers or another algorithm, or deletes an administrator', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const authenticatedAt = services.clock.now()
  const holder = { kind: 'user', id: 'ann', label: 'ann', reach: { kind: 'platform' }, authenticatedAt } as const
  const surface = { ...native, authenticate: async () => ({ ...holder, permissions: new Set(['*']) }) }
  const call = (method: string, path: string, body?: object) => {
    const route = native.routes.find((one) => one.method === method && one.path === path)
    assert.ok(route, path)
    const params = { issuer_id: services.realm.issuerId, id: renderId('user', services.random.id()) }
    const request = { head: { method, path, params, query: {}, headers: {} }, readBody: () => body }
    const origin = { ip: null, userAgent: null, requestId: 'test', surface: 'native' }
    const signal = new AbortController().signal
    return dispatch(services, openAuthenticators(services, undefined), { surface, route }, request, origin, signal)
  }
  services.clock.advance(15 * 60_000 + 1)
  const realm = '/v1/realms/{issuer_id}'
  for (const [method, path, body] of [
    ['POST', `${realm}/keys`, { algorithm: 'EdDSA' }],
    ['POST', `${realm}/keys/rotate`, { compromised: true }],
    ['POST', `${realm}/identity-providers`, {}],
    ['PATCH', `${realm}/identity-providers/{id}`, {}],
    ['PATCH', realm, { algorithm: 'EdDSA' }],
    ['PATCH', realm, { policy: { key_rotation_days: 30 } }],
    ['DELETE', '/v1/administrators/{id}', undefined],
    ['POST', `${realm}/users/{id}/disable-mfa`, undefined],
    ['DELETE', `${realm}/users/{id}/authenticators/{authenticator_id}`, undefined],
  ] as const) {
    await assert.rejects(call(method, path, body), failure('insufficient_user_authentication'), `${method} ${path}`)
  }
  assert.equal(((await call('PATCH', realm, { name: 'Renamed' })) as { status: number }).status, 200)
})

test('an administrator whose sign-in is too old signs in again where max_age is asked for, in the same browser', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const ann = { email: 'ann@example.com', password: 'correct horse battery staple' }
  const context = services.contextFor({ realm: null })
  const realm = await context.read.realms.admin()
  assert.ok(realm)
  await runOperation(administratorCreate, context, { ...ann, role: 'tenant_admin' })
  const browser = new FormBrowser(services, realm)
  const redirectUri = 'http://127.0.0.1:49321/callback'
  const verifier = 'v'.repeat(43)
  const ask = async (more: object = {}) =>
    browser.follow(
      await browser.get('/oauth/authorize', {
        response_type: 'code',
        client_id: 'semauth-cli',
        redirect_uri: redirectUri,
        scope: 'openid management:full',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...more,
      }),
    )
  const tokenOf = async (page: PageResponse) => {
    const { location = '' } = page.location ? page : await browser.submit(page, { decision: 'allow' })
    const code = new URL(location).searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', client_id: 'semauth-cli', code, code_verifier: verifier }
    const { text } = await browser.post('/oauth/token', { ...form, redirect_uri: redirectUri })
    return JSON.parse(text).access_token as string
  }
  const key = { name: 'Lasts', permissions: ['*'], reach: 'tenant' }
  const first = await tokenOf(await browser.submit(await ask(), ann))
  assert.equal(await statusOf(services, first, 'POST', '/v1/api-keys', key), 201)
  services.clock.advance(15 * 60_000 + 1)
  const silent = await tokenOf(await ask())
  const refused = await statusOf(services, silent, 'POST', '/v1/api-keys', key).catch((error: unknown) => error)
  assert.ok(refused instanceof Failure)
  const { headers } = native.error(refused, { path: '/', requestId: '', errorPages: '' })
  const [, maxAge = ''] = /max_age="(\d+)"/.exec(String(headers?.['www-authenticate'])) ?? []
  assert.match(String(headers?.['www-authenticate']), /error="insufficient_user_authentication"/)
  const page = await ask({ max_age: maxAge })
  assert.match(page.text, /ann@example\.com/)
  const fresh = await tokenOf(await browser.submit(page, ann))
  assert.equal(await statusOf(services, fresh, 'POST', '/v1/api-keys', key), 201)
})

test('a program needs credentials:write besides to make credentials, and loses nothing else', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const keyOf = async (...permissions: string[]) =>
    (await runOperation(apiKeyCreate, services.contextFor(), { name: 'Program', permissions, reach: 'platform' })).key
  const plain = await keyOf('agents:write', 'api-keys:write', 'api-keys:read')
  const full = await keyOf('api-keys:write', 'credentials:write')
  const wanted = { name: 'Another', permissions: ['api-keys:write'] }
  await assert.rejects(statusOf(services, plain, 'POST', '/v1/api-keys', wanted), failure('forbidden'))
  assert.equal(await statusOf(services, plain, 'GET', '/v1/api-keys'), 200)
  assert.equal(await statusOf(services, full, 'POST', '/v1/api-keys', wanted), 201)
})

test('no wildcard includes credentials:write, and who lacks it cannot grant it', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const keyOf = async (...permissions: string[]) =>
    (await runOperation(apiKeyCreate, context, { name: 'Program', permissions, reach: 'platform' })).key
  const { id: user } = await runOperation(userCreate, context, { email: 'ada@example.com' })
  const password = { password: 'correct horse battery staple' }
  const ann = { email: 'ann@example.com', name: 'Ann', ...password }
  const { id: administrator } = await runOperation(administratorCreate, context, ann)
  const makes: [method: string, path: string, params: Record<string, string>, body: object][] = [
    ['POST', '/v1/api-keys', {}, { name: 'Another', permissions: ['users:read'] }],
    ['POST', '/v1/api-clients', {}, { label: 'Another' }],
    [
      'POST',
      '/v1/realms/{issuer_id}/clients',
      { issuer_id: 'default' },
      { label: 'Another', redirect_uris: ['https://a.example/'] },
    ],
    ['POST', '/v1/realms/{issuer_id}/users/{id}/password', { issuer_id: 'default', id: user }, password],
    ['POST', '/v1/realms/{issuer_id}/users/{id}/disable-mfa', { issuer_id: 'default', id: user }, {}],
    ['PATCH', '/v1/administrators/{id}', { id: administrator }, { name: 'Anne' }],
    ['POST', '/v1/administrators/{id}/password', { id: administrator }, password],
  ]
  const [all, writing, named] = [await keyOf('*'), await keyOf('*:write'), await keyOf('*', 'credentials:write')]
  for (const [method, path, params, body] of makes) {
    for (const key of [all, writing]) {
      await assert.rejects(statusOf(services, key, method, path, body, params), failure('forbidden'), path)
    }
    const status = await statusOf(services, named, method, path, body, params)
    assert.ok(status === 200 || status === 201, `${path} answered ${status}`)
  }
  assert.equal(await statusOf(services, all, 'POST', '/v1/resources', { identifier: 'https://a.example' }), 201)
  const holder = services.contextFor({ permissions: ['*'] })
  for (const permission of ['credentials:write', 'credentials:*']) {
    const given = { name: 'More', permissions: [permission] }
    await assert.rejects(runOperation(apiKeyCreate, holder, given), failure('forbidden'), permission)
  }
})
