// Checks the revocation endpoint (RFC 7009).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clientSuspend } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import {
  type Answer,
  basic,
  isActive,
  postForm,
  refreshWith,
  tokensFor,
  tokensOf,
  userinfo,
} from '#testing/token-client.ts'

let fixture: AuthorizationFixture
let client: ClientWithSecret
let other: ClientWithSecret

before(async () => {
  fixture = await openAuthorizationFixture()
  client = await fixture.makeClient({ firstParty: true })
  other = await fixture.makeClient({ firstParty: true })
})
after(() => fixture.close())

const revoke = (token: string, by = client, more: Record<string, string> = {}) =>
  postForm(fixture, '/oauth/revoke', { token, ...more }, basic(by))

function assertDone({ status, headers, body }: Answer): void {
  assert.equal(status, 200)
  assert.deepEqual(body, {})
  assert.equal(headers['cache-control'], 'no-store')
}

test('RT-09 a refresh token takes its whole family with it', async () => {
  const first = await tokensFor(fixture, client)
  const second = tokensOf(await refreshWith(fixture, client, first.refresh))
  assertDone(await revoke(second.refresh))
  for (const token of [first.access, second.access, first.refresh, second.refresh]) {
    assert.equal(await isActive(fixture, client, token), false)
  }
  assert.equal((await userinfo(fixture, second.access)).status, 401)
  assert.equal((await refreshWith(fixture, client, second.refresh)).body.error, 'invalid_grant')
  const events = (await fixture.events('token.revoked')).filter(({ subject }) => subject.type === 'token_family')
  assert.equal(events.length, 1)
})

test('RT-09 a spent refresh token does so, too', async () => {
  const first = await tokensFor(fixture, client)
  const second = tokensOf(await refreshWith(fixture, client, first.refresh))
  assertDone(await revoke(first.refresh))
  assert.equal(await isActive(fixture, client, second.refresh), false)
})

test('RT-09 an access token ends at once, and alone', async () => {
  const first = await tokensFor(fixture, client)
  const second = tokensOf(await refreshWith(fixture, client, first.refresh))
  assertDone(await revoke(first.access))
  assert.equal(await isActive(fixture, other, first.access), false)
  assert.equal((await userinfo(fixture, first.access)).status, 401)
  assert.equal((await userinfo(fixture, second.access)).status, 200)
  assert.equal((await refreshWith(fixture, client, second.refresh)).status, 200)
})

test('RT-09 a wrong hint changes nothing', async () => {
  for (const hint of ['access_token', 'refresh_token', 'nonsense']) {
    const { access, refresh } = await tokensFor(fixture, client)
    assertDone(await revoke(access, client, { token_type_hint: hint }))
    assertDone(await revoke(refresh, client, { token_type_hint: hint }))
    assert.equal(await isActive(fixture, client, access), false)
    assert.equal(await isActive(fixture, client, refresh), false)
  }
})

test('RT-09 the token of another client is left alone, and nobody is told that it is one', async () => {
  const { access, refresh } = await tokensFor(fixture, client)
  assertDone(await revoke(access, other))
  assertDone(await revoke(refresh, other))
  assert.equal(await isActive(fixture, client, access), true)
  assert.equal(await isActive(fixture, client, refresh), true)
})

test('RT-09 what is unknown, expired or revoked already gets the same answer', async () => {
  const { access, refresh } = await tokensFor(fixture, client)
  for (const token of ['x', 'a.b.c', fixture.services.random.secret()]) assertDone(await revoke(token))
  for (let round = 0; round < 2; round++) {
    assertDone(await revoke(access))
    assertDone(await revoke(refresh))
  }
  const late = await tokensFor(fixture, client)
  fixture.services.clock.advance(400 * 86_400_000)
  assertDone(await revoke(late.access))
  assertDone(await revoke(late.refresh))
})

test('a client without a secret gives its own tokens back', async () => {
  const app = await fixture.makeClient({ firstParty: true, authMethod: 'none' })
  const { refresh } = await tokensFor(fixture, app)
  assertDone(await postForm(fixture, '/oauth/revoke', { token: refresh, client_id: app.clientId }))
  assert.equal((await refreshWith(fixture, app, refresh)).body.error, 'invalid_grant')
})

test('a suspended client cannot even do that', async () => {
  const own = await fixture.makeClient({ firstParty: true })
  const { refresh } = await tokensFor(fixture, own)
  await callOperation(clientSuspend, fixture.services.contextFor(), { id: own.id })
  assert.equal((await revoke(refresh, own)).status, 401)
})
