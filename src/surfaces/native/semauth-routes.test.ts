// Checks the routes of SemAuth’s document.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ControlPlane, eventsOf, startControlPlane } from '#testing/control-plane.ts'

// SemAuth’s six routes as its Admin API documents them, each with a program’s token of the tenant’s own admin realm.

let plane: ControlPlane

before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

interface Realm {
  readonly issuer_id: string
  readonly [member: string]: unknown
}

async function ask<T = Realm>(method: string, path: string, body?: unknown, key: string | null = plane.shop.program) {
  const reply = await plane.server.call(method, path, { key, body })
  return { status: reply.status, headers: reply.headers, body: reply.body as T }
}

async function makeRealm(name: string): Promise<Realm> {
  const { status, body } = await ask('POST', '/v1/realms', { name })
  assert.equal(status, 201)
  return body
}

/** What a request is refused with: its status and RFC 6749’s code. */
async function refusal(method: string, path: string, body?: unknown, key?: string | null) {
  const reply = await ask<{ error: string; error_description: string }>(method, path, body, key)
  assert.equal(typeof reply.body.error_description, 'string')
  return [reply.status, reply.body.error]
}

test('POST /v1/realms: creates a realm that serves its metadata and keys at once', async () => {
  const realm = await makeRealm('Production')
  assert.match(realm.issuer_id, /^[a-z0-9]{12}$/)
  const { name, enabled, magic_link_enabled, passkey_enabled, min_aal } = realm
  assert.deepEqual(
    { name, enabled, magic_link_enabled, passkey_enabled, min_aal },
    { name: 'Production', enabled: true, magic_link_enabled: true, passkey_enabled: true, min_aal: 1 },
  )
  const metadata = (await (await fetch(String(realm.discovery_url))).json()) as { issuer: string; jwks_uri: string }
  assert.equal(metadata.issuer, realm.issuer)
  const { keys } = (await (await fetch(metadata.jwks_uri)).json()) as { keys: object[] }
  assert.ok(keys.length > 0)
  const [event] = await eventsOf(plane.server, plane.shop.id, 'realm.created')
  assert.deepEqual([event?.subject.id, event?.actor.kind], [realm.id, 'client'])
  for (const body of [{}, { name: '  ' }, { name: 1 }, []]) {
    assert.deepEqual(await refusal('POST', '/v1/realms', body), [400, 'invalid_request'])
  }
  assert.deepEqual(await refusal('POST', '/v1/realms', { name: 'x' }, null), [401, 'invalid_token'])
})

test('GET /v1/realms: the organization’s realms, and none of another', async () => {
  const realm = await makeRealm('Listed')
  const { status, body } = await ask<{ data: Realm[] }>('GET', '/v1/realms')
  assert.equal(status, 200)
  assert.ok(body.data.some(({ issuer_id: id }) => id === realm.issuer_id))
  assert.deepEqual([...new Set(body.data.map(({ tenant_id: id }) => id))], [plane.shop.id])
  const other = await ask<{ data: Realm[] }>('GET', '/v1/realms', undefined, plane.bank.program)
  assert.ok(!other.body.data.some(({ issuer_id: id }) => id === realm.issuer_id))
  assert.deepEqual(await refusal('GET', '/v1/realms', undefined, 'nonsense'), [401, 'invalid_token'])
})

test('GET /v1/realms/{issuer_id}: one realm; another organization’s is not found', async () => {
  const realm = await makeRealm('Shown')
  const { status, body } = await ask('GET', `/v1/realms/${realm.issuer_id}`)
  assert.deepEqual([status, body], [200, realm])
  for (const [id, key] of [
    [realm.issuer_id, plane.bank.program],
    ['vctxj6g1egkv', plane.shop.program],
    ['x', plane.shop.program],
  ]) {
    assert.deepEqual(await refusal('GET', `/v1/realms/${id}`, undefined, key), [404, 'not_found'])
  }
})

test('PATCH /v1/realms/{issuer_id}: what is given changes; what cannot be reached is refused whole', async () => {
  const realm = await makeRealm('Before')
  const path = `/v1/realms/${realm.issuer_id}`
  const changed = await ask('PATCH', path, { name: 'After', min_aal: 1 })
  assert.equal(changed.status, 200)
  assert.deepEqual([changed.body.name, changed.body.min_aal, changed.body.passkey_enabled], ['After', 1, true])
  assert.deepEqual(await refusal('PATCH', path, { name: 'Never', min_aal: 3 }), [400, 'invalid_request'])
  assert.equal((await ask('GET', path)).body.name, 'After')
  assert.equal((await ask('PATCH', path, { passkey_enabled: false, min_aal: 1 })).status, 200)
  assert.equal((await ask('PATCH', path, { min_aal: 2 })).status, 200)
  assert.deepEqual(await refusal('PATCH', path, { policy: { totp_enabled: false } }), [400, 'invalid_request'])
  assert.equal((await ask('PATCH', path, { min_aal: 1, policy: { totp_enabled: false } })).status, 200)
  assert.deepEqual(await refusal('PATCH', path, { min_aal: 2 }), [400, 'invalid_request'])
  assert.deepEqual(await refusal('PATCH', path, { custom_domain: 'login.invalid' }), [400, 'invalid_request'])
  assert.equal((await ask('PATCH', path, { enabled: false })).status, 200)
  const [event] = await eventsOf(plane.server, plane.shop.id, 'realm.disabled')
  assert.equal(event?.subject.id, realm.id)
  const token = await fetch(`${String(realm.issuer)}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ a: 'b' }),
  })
  assert.equal(token.status, 403, 'a disabled realm issues nothing')
  assert.deepEqual(await refusal('PATCH', path, { name: 'Mine' }, plane.bank.program), [404, 'not_found'])
})

test('POST /v1/realms/{issuer_id}/clients: registers a client, and shows its secret once', async () => {
  const realm = await makeRealm('Clients')
  const path = `/v1/realms/${realm.issuer_id}/clients`
  const given = {
    application: 'Shop front',
    label: 'Web',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['https://shop.example.com/callback'],
    scopes: ['openid', 'email'],
  }
  const { status, body } = await ask<Realm & { client_id: string; client_secret: string }>('POST', path, given)
  assert.equal(status, 201, JSON.stringify(body))
  assert.ok(body.client_id.length > 0 && body.client_secret.length >= 32)
  const { label, auth_method, grant_types, redirect_uris, scopes, enabled } = body as Record<string, unknown>
  assert.deepEqual(
    { label, auth_method, grant_types, redirect_uris, scopes, enabled },
    {
      label: given.label,
      auth_method: 'client_secret',
      grant_types: given.grant_types,
      redirect_uris: given.redirect_uris,
      scopes: given.scopes,
      enabled: true,
    },
  )
  assert.equal((body.application as unknown as { name: string }).name, given.application)
  const list = await ask('GET', path)
  assert.ok(!JSON.stringify(list.body).includes(body.client_secret))
  const [event] = await eventsOf(plane.server, plane.shop.id, 'client.created')
  assert.equal(event?.data.client_id, body.client_id)
  assert.ok(!JSON.stringify(event).includes(body.client_secret))
  const machine = { ...given, auth_method: 'none', grant_types: ['client_credentials'] }
  for (const wrong of [machine, { ...given, redirect_uris: [] }, { ...given, auth_method: 'private_key_jwt' }]) {
    const [refused] = await refusal('POST', path, wrong)
    assert.equal(refused, 400)
  }
  assert.deepEqual(await refusal('POST', path, given, plane.bank.program), [404, 'not_found'])
})

test('POST /v1/realms/{issuer_id}/external-idps: federates a provider with the endpoints that are given', async () => {
  const realm = await makeRealm('Federated')
  const path = `/v1/realms/${realm.issuer_id}/external-idps`
  const given = {
    label: 'Acme',
    client_id: 'countersign',
    client_secret: 'kept sealed and never shown',
    issuer: 'https://login.example.com',
    authorization_endpoint: 'https://login.example.com/authorize',
    token_endpoint: 'https://login.example.com/token',
    jwks_uri: 'https://login.example.com/keys',
  }
  const { status, body } = await ask('POST', path, given)
  assert.equal(status, 201, JSON.stringify(body))
  const { client_secret: secret, ...shown } = given
  for (const [name, value] of Object.entries(shown)) assert.equal(body[name], value, name)
  assert.match(
    String(body.callback_url),
    new RegExp(`/realms/${realm.issuer_id}/federation/callback/idp_[0-9a-z]{26}$`),
  )
  assert.ok(!JSON.stringify(body).includes(secret))
  const [event] = await eventsOf(plane.server, plane.shop.id, 'identity_provider.created')
  assert.equal(event?.subject.id, body.id)
  const { jwks_uri: _, ...without } = given
  assert.deepEqual(await refusal('POST', path, without), [400, 'invalid_request'])
  const plain = { ...given, token_endpoint: 'http://login.example.com/token' }
  assert.equal((await refusal('POST', path, plain))[0], 400)
  assert.deepEqual(await refusal('POST', path, given, plane.bank.program), [404, 'not_found'])
})
