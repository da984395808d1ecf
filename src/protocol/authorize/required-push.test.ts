// Checks that authorization requests must be pushed where a client or a realm demands it (RFC 9126).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clientUpdate } from '#domain/client/client.operations.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
} from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { FormBrowser } from '#testing/form-browser.ts'
import { basic, postForm } from '#testing/token-client.ts'

let fixture: AuthorizationFixture
before(async () => {
  fixture = await openAuthorizationFixture()
})
after(() => fixture.close())

test('JA-09: a client that must push gets no code by a plain request, and one by a pushed request', async () => {
  const client = await fixture.makeClient({ requirePushedAuthorizationRequests: true })
  const request = fixture.request({ client_id: client.clientId })
  const refused = answerOf(await fixture.newBrowser().get('/oauth/authorize', request))
  assert.equal(refused.error, 'invalid_request')
  assert.match(String(refused.error_description), /must push its request/)
  assert.deepEqual([refused.state, refused.iss], ['a state', fixture.newBrowser().issuer])

  const pushed = await postForm(fixture, '/oauth/par', request, basic(client))
  assert.equal(pushed.status, 201, JSON.stringify(pushed.body))
  const query = { client_id: client.clientId, request_uri: String(pushed.body.request_uri) }
  assert.ok(answerOf(await authorizeInBrowser(fixture.newBrowser(), query)).code)
})

test('a client can be set so later, and only it is then refused', async () => {
  const context = fixture.services.contextFor()
  const client = await fixture.makeClient()
  const request = fixture.request({ client_id: client.clientId })
  assert.ok(answerOf(await authorizeInBrowser(fixture.newBrowser(), request)).code)
  await callOperation(clientUpdate, context, { id: client.id, requirePushedAuthorizationRequests: true })
  assert.equal(answerOf(await fixture.newBrowser().get('/oauth/authorize', request)).error, 'invalid_request')
  assert.ok(answerOf(await authorizeInBrowser(fixture.newBrowser(), fixture.request())).code)
})

test('a realm can require it of all its clients, and its metadata then says so', async () => {
  const { services } = fixture
  const metadataOf = async (browser: FormBrowser) =>
    JSON.parse((await browser.get('/.well-known/openid-configuration')).text)
  const before = await metadataOf(fixture.newBrowser())
  assert.equal(before.require_pushed_authorization_requests, undefined)
  await callOperation(realmUpdate, services.contextFor(), { policy: { requirePushedAuthorizationRequests: true } })
  const changed = await services.registry.realmByIssuerId(services.realm.issuerId)
  const browser = new FormBrowser(services, changed?.realm ?? services.realm)
  assert.equal((await metadataOf(browser)).require_pushed_authorization_requests, true)
  const refused = answerOf(await browser.get('/oauth/authorize', fixture.request()))
  assert.equal(refused.error, 'invalid_request')
})
