import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { issuanceRevoke } from '#domain/issuance/issuance.operations.ts'
import { renderId } from '#kernel/id.ts'
import { call } from '#testing/neighbours.ts'
import { API, type Scene, setScene } from '#testing/scene.ts'
import { askForToken, basic, introspect, postForm, refreshWith, tokensFor } from '#testing/token-client.ts'

let scene: Scene
let client: ClientWithSecret
/** Another client of the realm: an API that is shown tokens. */
let api: ClientWithSecret

before(async () => {
  scene = await setScene()
  client = await scene.makeClient({
    firstParty: true,
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  })
  api = await scene.makeClient({ grantTypes: ['client_credentials'] })
})
after(() => scene.close())

test('an access token of a person says everything that it says', async () => {
  const scope = 'openid orders:read'
  const { access } = await tokensFor(scene, client, { scope, resource: API })
  const now = Math.floor(scene.house.clock.now() / 1000)
  const { jti, ...state } = await introspect(scene, api, access)
  assert.deepEqual(state, {
    active: true,
    token_type: 'Bearer',
    iss: 'https://id.example.com',
    sub: renderId('user', scene.ada.id),
    aud: API,
    client_id: client.clientId,
    iat: now,
    exp: now + 900,
    scope,
    auth_time: now,
    acr: 'aal1',
    amr: ['pwd'],
  })
  assert.match(String(jti), /^[0-9a-f-]{36}$/)
})

test('an access token of a client says whose it is', async () => {
  const { body } = await askForToken(scene, client, {
    grant_type: 'client_credentials',
    resource: API,
    scope: 'orders:read',
  })
  const state = await introspect(scene, api, String(body.access_token))
  assert.equal(state.sub, client.clientId)
  assert.equal(state.client_id, client.clientId)
  assert.equal(state.aud, API)
  assert.equal(state.scope, 'orders:read')
  assert.equal(state.auth_time, undefined)
})

test('a refresh token is its own client’s business', async () => {
  const { refresh } = await tokensFor(scene, client, { scope: 'openid' })
  const state = await introspect(scene, client, refresh)
  assert.equal(state.active, true)
  assert.equal(state.client_id, client.clientId)
  assert.equal(state.scope, 'openid')
  assert.deepEqual(await introspect(scene, api, refresh), { active: false })
  await refreshWith(scene, client, refresh)
  assert.deepEqual(await introspect(scene, client, refresh), { active: false })
})

test('JW-17 a token is inactive from the very moment it expires or is revoked', async () => {
  const [expiring, revoked] = [await tokensFor(scene, client), await tokensFor(scene, client)]
  const { jti } = await introspect(scene, api, revoked.access)
  await call(issuanceRevoke, scene.house.contextFor(), { id: String(jti) })
  assert.deepEqual(await introspect(scene, api, revoked.access), { active: false })
  scene.house.clock.advance(899_000)
  assert.equal((await introspect(scene, api, expiring.access)).active, true)
  scene.house.clock.advance(1000)
  assert.deepEqual(await introspect(scene, api, expiring.access), { active: false })
})

test('what is no token is inactive, and nothing else', async () => {
  for (const token of [
    'x',
    'a.b.c',
    'e30.e30.',
    '\0',
    scene.house.random.id(),
    `${'a'.repeat(8192)}`,
    client.clientId,
  ]) {
    const { status, headers, body } = await postForm(scene, '/oauth/introspect', { token }, basic(api))
    assert.equal(status, 200)
    assert.deepEqual(body, { active: false })
    assert.equal(headers['cache-control'], 'no-store')
  }
})
