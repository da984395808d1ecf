// Checks the userinfo endpoint.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { userUpdate } from '#domain/user/user.operations.ts'
import { createUser, updateUser } from '#domain/user/user.service.ts'
import { NewUser, UserPatch } from '#domain/user/user.ts'
import { renderId } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import {
  API,
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { exchangeCode, postForm, tokensFor, userinfo } from '#testing/token-client.ts'

let fixture: AuthorizationFixture
let client: ClientWithSecret

before(async () => {
  fixture = await openAuthorizationFixture()
  client = await fixture.makeClient({ firstParty: true })
})
after(() => fixture.close())

test('scopes decide what is told', async () => {
  const sub = renderId('user', fixture.ada.id)
  const expected = {
    openid: { sub },
    'openid email': { sub, email: 'ada@example.com', email_verified: false },
    'openid profile': { sub, name: 'Ada Lindqvist', updated_at: Math.floor(fixture.ada.updatedAt / 1000) },
  }
  for (const [scope, claims] of Object.entries(expected)) {
    const { status, headers, body } = await userinfo(fixture, (await tokensFor(fixture, client, { scope })).access)
    assert.equal(status, 200)
    assert.deepEqual(body, claims)
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(headers['cache-control'], 'no-store')
  }
})

test('what is told is what is true now', async () => {
  const { access } = await tokensFor(fixture, client, { scope: 'openid profile' })
  fixture.services.clock.advance(60_000)
  await callOperation(userUpdate, fixture.services.contextFor(), {
    id: fixture.ada.id,
    name: 'Ada',
    givenName: 'Ada',
    familyName: 'King',
  })
  const { body } = await userinfo(fixture, access)
  assert.equal(body.name, 'Ada')
  assert.equal(body.given_name, 'Ada')
  assert.equal(body.family_name, 'King')
})

test('a token may come in the form of a POST', async () => {
  const { access } = await tokensFor(fixture, client)
  const { status, body } = await postForm(fixture, '/oauth/userinfo', { access_token: access })
  assert.equal(status, 200)
  assert.equal(body.email, 'ada@example.com')
})

test('a token for an API opens userinfo only where the client asked for openid besides', async () => {
  const api = await tokensFor(fixture, client, { scope: 'orders:read', resource: API })
  const { status, body } = await userinfo(fixture, api.access)
  assert.deepEqual([status, body.error], [401, 'invalid_token'])
  const both = await tokensFor(fixture, client, { scope: 'openid email orders:read', resource: API })
  assert.deepEqual(decodeJwt(both.access).aud, [API, 'https://id.example.com'])
  assert.equal((await userinfo(fixture, both.access)).body.email, 'ada@example.com')
})

test('every standard claim that is stored is released by its scope, and by name', async () => {
  const address = { locality: 'Basel', country: 'CH' }
  const { id } = await createUser(
    fixture.services.contextFor(),
    parse(NewUser, {
      email: 'eve@example.com',
      password: PASSWORD,
      username: 'eve',
      nickname: 'E',
      locale: 'de-CH',
      zoneinfo: 'Europe/Zurich',
      phone: '+41 61 000 00 00',
      address,
    }),
  )
  const scopes = ['openid', 'profile', 'email', 'phone', 'address']
  const app = await fixture.makeClient({ firstParty: true, scopes, idTokenProfileClaims: true })
  const sub = renderId('user', id)
  const tell = async (changes: Record<string, string>) => {
    const request = fixture.request({ client_id: app.clientId, ...changes })
    const answer = answerOf(await authorizeInBrowser(fixture.newBrowser(), request, { email: 'eve@example.com' }))
    const { body } = await exchangeCode(fixture, app, answer.code ?? '')
    const claims = JSON.parse(Buffer.from(String(body.id_token).split('.')[1] ?? '', 'base64url').toString())
    return { told: (await userinfo(fixture, String(body.access_token))).body, claims }
  }
  const { told, claims } = await tell({ scope: scopes.join(' ') })
  const { updated_at: _, ...standing } = told
  assert.deepEqual(standing, {
    sub,
    nickname: 'E',
    preferred_username: 'eve',
    zoneinfo: 'Europe/Zurich',
    locale: 'de-CH',
    email: 'eve@example.com',
    email_verified: false,
    phone_number: '+41 61 000 00 00',
    phone_number_verified: false,
    address,
  })
  assert.deepEqual([claims.email, claims.preferred_username], ['eve@example.com', 'eve'])
  const asked = { userinfo: { phone_number: null }, id_token: { email: { essential: true }, unknown: null } }
  const named = await tell({ scope: 'openid', claims: JSON.stringify(asked) })
  assert.deepEqual(named.told, { sub, phone_number: '+41 61 000 00 00' })
  assert.deepEqual([named.claims.email, named.claims.nickname], ['eve@example.com', undefined])
})

test('phone_number_verified is what somebody recorded about this number, and left out where there is none (§5.1)', async () => {
  const context = fixture.services.contextFor()
  const app = await fixture.makeClient({ firstParty: true, scopes: ['openid', 'phone'] })
  const { id } = fixture.ada
  const told = async () => {
    const { access } = await tokensFor(fixture, app, { scope: 'openid phone' })
    const { sub: _, ...claims } = (await userinfo(fixture, access)).body
    return claims
  }
  const change = (patch: Record<string, unknown>) => updateUser(context, parse(UserPatch, { id, ...patch }))
  assert.deepEqual(await told(), {})
  await change({ phone: '+41 61 000 00 01', phoneVerified: true })
  assert.deepEqual(await told(), { phone_number: '+41 61 000 00 01', phone_number_verified: true })
  await change({ phone: '+41 61 000 00 02' })
  assert.deepEqual(await told(), { phone_number: '+41 61 000 00 02', phone_number_verified: false })
  await change({ phone: null })
  assert.deepEqual(await told(), {})
})

test('without openid, a token opens nothing here', async () => {
  const only = await tokensFor(fixture, client, { scope: 'email' })
  const { status, body } = await userinfo(fixture, only.access)
  assert.equal(status, 403)
  assert.equal(body.error, 'insufficient_scope')
})
