import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { userUpdate } from '#domain/user/user.operations.ts'
import { renderId } from '#kernel/id.ts'
import { call } from '#testing/neighbours.ts'
import { API, type Scene, setScene } from '#testing/scene.ts'
import { postForm, tokensFor, userinfo } from '#testing/token-client.ts'

let scene: Scene
let client: ClientWithSecret

before(async () => {
  scene = await setScene()
  client = await scene.makeClient({ firstParty: true })
})
after(() => scene.close())

test('scopes decide what is told', async () => {
  const sub = renderId('user', scene.ada.id)
  const expected = {
    openid: { sub },
    'openid email': { sub, email: 'ada@example.com', email_verified: false },
    'openid profile': { sub, name: 'Ada Lindqvist', updated_at: Math.floor(scene.ada.updatedAt / 1000) },
  }
  for (const [scope, claims] of Object.entries(expected)) {
    const { status, headers, body } = await userinfo(scene, (await tokensFor(scene, client, { scope })).access)
    assert.equal(status, 200)
    assert.deepEqual(body, claims)
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(headers['cache-control'], 'no-store')
  }
})

test('what is told is what is true now', async () => {
  const { access } = await tokensFor(scene, client, { scope: 'openid profile' })
  scene.house.clock.advance(60_000)
  await call(userUpdate, scene.house.contextFor(), {
    id: scene.ada.id,
    name: 'Ada',
    givenName: 'Ada',
    familyName: 'King',
  })
  const { body } = await userinfo(scene, access)
  assert.equal(body.name, 'Ada')
  assert.equal(body.given_name, 'Ada')
  assert.equal(body.family_name, 'King')
})

test('a token may come in the form of a POST', async () => {
  const { access } = await tokensFor(scene, client)
  const { status, body } = await postForm(scene, '/oauth/userinfo', { access_token: access })
  assert.equal(status, 200)
  assert.equal(body.email, 'ada@example.com')
})

test('a token for an API tells of the person only where openid was asked for, too', async () => {
  const both = await tokensFor(scene, client, { scope: 'openid email orders:read', resource: API })
  assert.equal((await userinfo(scene, both.access)).body.email, 'ada@example.com')
  const only = await tokensFor(scene, client, { scope: 'email orders:read', resource: API })
  const { status, body } = await userinfo(scene, only.access)
  assert.equal(status, 403)
  assert.equal(body.error, 'insufficient_scope')
})
