// Checks the introspection endpoint (RFC 7662).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { issuanceRevoke } from '#domain/issuance/issuance.operations.ts'
import { renderId } from '#kernel/id.ts'
import { API, type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { askForToken, basic, introspect, postForm, refreshWith, tokensFor } from '#testing/token-client.ts'

let fixture: AuthorizationFixture
let client: ClientWithSecret
/** Another client of the realm: an API that is shown tokens. */
let api: ClientWithSecret

before(async () => {
  fixture = await openAuthorizationFixture()
  client = await fixture.makeClient({
    firstParty: true,
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  })
  api = await fixture.makeClient({ grantTypes: ['client_credentials'] })
})
after(() => fixture.close())

test('an access token of a person says everything that it says', async () => {
  const scope = 'openid orders:read'
  const { access } = await tokensFor(fixture, client, { scope, resource: API })
  const now = Math.floor(fixture.services.clock.now() / 1000)
  const { jti, ...state } = await introspect(fixture, api, access)
  assert.deepEqual(state, {
    active: true,
    token_type: 'Bearer',
    iss: 'https://id.example.com',
    sub: renderId('user', fixture.ada.id),
    aud: API,
    client_id: client.clientId,
    iat: now,
    exp: now + 900,
    scope,
    auth_time: now,
    acr: 'aal1',
    amr: ['pwd'],
    username: 'ada@example.com',
  })
  assert.match(String(jti), /^[0-9a-f-]{36}$/)
})

test('an access token of a client says whose it is', async () => {
  const { body } = await askForToken(fixture, client, {
    grant_type: 'client_credentials',
    resource: API,
    scope: 'orders:read',
  })
  const state = await introspect(fixture, api, String(body.access_token))
  assert.equal(state.sub, client.clientId)
  assert.equal(state.client_id, client.clientId)
  assert.equal(state.aud, API)
  assert.equal(state.scope, 'orders:read')
  assert.equal(state.auth_time, undefined)
})

test('a client learns nothing of a token that is neither its own nor for one of its resources', async () => {
  const { access } = await tokensFor(fixture, client, { scope: 'openid orders:read', resource: API })
  const stranger = await fixture.makeClient({ grantTypes: ['client_credentials'], audiences: [] })
  assert.deepEqual(await introspect(fixture, stranger, access), { active: false })
  assert.equal((await introspect(fixture, client, access)).active, true)
  const gateway = await fixture.makeClient({
    grantTypes: ['client_credentials'],
    audiences: [],
    introspectAllTokens: true,
  })
  assert.equal((await introspect(fixture, gateway, access)).active, true)
})

test('a refresh token is its own client’s business', async () => {
  const { refresh } = await tokensFor(fixture, client, { scope: 'openid' })
  const state = await introspect(fixture, client, refresh)
  assert.equal(state.active, true)
  assert.equal(state.client_id, client.clientId)
  assert.equal(state.scope, 'openid')
  assert.deepEqual(await introspect(fixture, api, refresh), { active: false })
  await refreshWith(fixture, client, refresh)
  assert.deepEqual(await introspect(fixture, client, refresh), { active: false })
})

test('JW-17 a token is inactive from the very moment it expires or is revoked', async () => {
  const asked = { scope: 'orders:read', resource: API }
  const [expiring, revoked] = [await tokensFor(fixture, client, asked), await tokensFor(fixture, client, asked)]
  const { jti } = await introspect(fixture, api, revoked.access)
  await callOperation(issuanceRevoke, fixture.services.contextFor(), { id: String(jti) })
  assert.deepEqual(await introspect(fixture, api, revoked.access), { active: false })
  fixture.services.clock.advance(899_000)
  assert.equal((await introspect(fixture, api, expiring.access)).active, true)
  fixture.services.clock.advance(1000)
  assert.deepEqual(await introspect(fixture, api, expiring.access), { active: false })
})

test('what is no token is inactive, and nothing else', async () => {
  for (const token of [
    'x',
    'a.b.c',
    'e30.e30.',
    '\0',
    fixture.services.random.id(),
    `${'a'.repeat(8192)}`,
    client.clientId,
  ]) {
    const { status, headers, body } = await postForm(fixture, '/oauth/introspect', { token }, basic(api))
    assert.equal(status, 200)
    assert.deepEqual(body, { active: false })
    assert.equal(headers['cache-control'], 'no-store')
  }
})
