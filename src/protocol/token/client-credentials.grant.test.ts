// Checks the client credentials grant.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { resourceDelete } from '#domain/resource/resource.operations.ts'
import { createResource } from '#domain/resource/resource.service.ts'
import { NewResource } from '#domain/resource/resource.ts'
import { parse } from '#kernel/parse.ts'
import { API, type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { type Answer, basic, introspect, postForm } from '#testing/token-client.ts'

const ISSUER = 'https://id.example.com'
const OTHER = 'https://other.example.com/'

let fixture: AuthorizationFixture
let client: ClientWithSecret
before(async () => {
  fixture = await openAuthorizationFixture()
  client = await fixture.makeClient({ grantTypes: ['client_credentials'], redirectUris: [], introspectAllTokens: true })
})
after(() => fixture.close())

type Pairs = [string, string][]

const ask = (fields: Pairs = [], by = client) =>
  postForm(fixture, '/oauth/token', [['grant_type', 'client_credentials'], ...fields], basic(by))

function assertRefused({ status, body }: Answer, error: string): void {
  assert.equal(body.error, error, JSON.stringify(body))
  assert.equal(status, 400)
}

async function claimsOf({ status, body }: Answer): Promise<Answer['body']> {
  assert.equal(status, 200, JSON.stringify(body))
  return introspect(fixture, client, String(body.access_token))
}

test('a token for the only resource there is, with all that the client may do there', async () => {
  const answer = await ask()
  assert.deepEqual(Object.keys(answer.body).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.headers.pragma, 'no-cache')
  const { aud, scope, sub } = await claimsOf(answer)
  assert.deepEqual([aud, scope, sub], [API, 'orders:read orders:write', client.clientId])
})

test('scopes can be asked for one by one, and none that speak of a person', async () => {
  assert.equal((await ask([['scope', 'orders:read orders:read']])).body.scope, 'orders:read')
  assert.equal((await ask([['scope', '']])).body.scope, 'orders:read orders:write')
  for (const scope of [
    'orders:admin',
    'other:read',
    'openid',
    'offline_access',
    'orders:read openid',
    'ORDERS:READ',
    '*',
  ]) {
    assertRefused(await ask([['scope', scope]]), 'invalid_scope')
  }
})

test('RFC 8707: a resource is named by identifier, by slug or as audience, and must be the client’s', async () => {
  for (const name of [API, 'api-example-com-orders']) {
    for (const parameter of ['resource', 'audience']) {
      assert.equal((await claimsOf(await ask([[parameter, name]]))).aud, API)
    }
  }
  const same: Pairs = [
    ['resource', API],
    ['resource', API],
    ['audience', API],
  ]
  assert.equal((await claimsOf(await ask(same))).aud, API)
  for (const name of [OTHER, `${API}/`, API.toUpperCase(), 'https://nowhere.example/', 'javascript:x', '\0']) {
    assertRefused(await ask([['resource', name]]), 'invalid_target')
  }
  const two: Pairs = [
    ['resource', API],
    ['resource', OTHER],
  ]
  assertRefused(await ask(two), 'invalid_target')
})

test('a client of several resources says which', async () => {
  const both = await fixture.makeClient({ grantTypes: ['client_credentials'], audiences: [API, OTHER] })
  assertRefused(await ask([], both), 'invalid_target')
  const { aud, scope } = await claimsOf(await ask([['resource', OTHER]], both))
  assert.deepEqual([aud, scope], [OTHER, 'other:read'])
})

test('a client of none gets tokens for the realm itself', async () => {
  const none = await fixture.makeClient({ grantTypes: ['client_credentials'], audiences: [], scopes: ['work'] })
  const { aud, scope } = await claimsOf(await ask([], none))
  assert.deepEqual([aud, scope], [ISSUER, 'work'])
  assertRefused(await ask([['resource', API]], none), 'invalid_target')
})

test('a token lives as long as its client’s tokens do', async () => {
  const brief = await fixture.makeClient({ grantTypes: ['client_credentials'], accessTokenLifetime: 5 })
  const answer = await ask([], brief)
  assert.equal(answer.body.expires_in, 5)
  assert.equal((await claimsOf(answer)).active, true)
  fixture.services.clock.advance(5000)
  assert.deepEqual(await claimsOf(answer), { active: false })
})

test('a resource that is gone is gone for its tokens, too', async () => {
  const context = fixture.services.contextFor()
  const { id, identifier } = await createResource(context, parse(NewResource, { identifier: 'https://brief.example/' }))
  const own = await fixture.makeClient({ grantTypes: ['client_credentials'], audiences: [identifier] })
  const answer = await ask([], own)
  await callOperation(resourceDelete, context, { id })
  assertRefused(await ask([], own), 'invalid_target')
  assert.deepEqual(await claimsOf(answer), { active: false })
})
