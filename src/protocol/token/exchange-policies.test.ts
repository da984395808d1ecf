// Checks what allows a token exchange, and what limits it: the client, the token, the resource and the realm.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { resourceList, resourceUpdate } from '#domain/resource/resource.operations.ts'
import { sessionRevoke } from '#domain/session/session.operations.ts'
import { userUpdate } from '#domain/user/user.operations.ts'
import { renderId } from '#kernel/id.ts'
import { API, type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { type Answer, askForToken, codeFor, exchangeCode, introspect, postForm } from '#testing/token-client.ts'
import { ACCESS_TOKEN, EXCHANGE_GRANT, exchangeToken, setRealmPolicy, userToken } from '#testing/token-exchange.ts'

const TOKEN = 'https://id.example.com/oauth/token'
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'
let fixture: AuthorizationFixture
beforeEach(async () => {
  fixture = await openAuthorizationFixture()
})
afterEach(() => fixture.close())

const agent = (given: Record<string, unknown> = {}) => fixture.makeClient({ tokenExchangeAllowed: true, ...given })
const refusal = ({ status, body }: Answer) => [status, body.error]
const tokenOf = ({ status, body }: Answer) => {
  assert.equal(status, 200, JSON.stringify(body))
  return String(body.access_token)
}

async function setApi(changes: Record<string, unknown>) {
  const { data } = await callOperation(resourceList, fixture.services.contextFor(), {})
  const id = data.find(({ identifier }) => identifier === API)?.id
  await callOperation(resourceUpdate, fixture.services.contextFor(), { id, ...changes })
}

test('TX-02 TX-03 TX-11 a scope or resource beyond the token, the client or the catalogue is refused', async () => {
  const narrow = await userToken(fixture, 'openid orders:read')
  const one = await agent()
  assert.deepEqual(refusal(await exchangeToken(fixture, one, narrow, { scope: 'orders:write' })), [
    400,
    'invalid_scope',
  ])
  assert.deepEqual(refusal(await exchangeToken(fixture, one, narrow, { scope: 'orders:none' })), [400, 'invalid_scope'])
  const wide = await userToken(fixture)
  const reader = await agent({ scopes: ['orders:read'] })
  assert.deepEqual(refusal(await exchangeToken(fixture, reader, wide, { scope: 'orders:write' })), [
    400,
    'invalid_scope',
  ])
  assert.equal((await exchangeToken(fixture, reader, wide)).body.scope, 'orders:read')
  const both = await agent({ audiences: [API, 'https://other.example.com/'] })
  for (const resource of [
    'https://other.example.com/',
    'https://unknown.example/',
    fixture.services.registry.settings.adminUrl,
  ]) {
    assert.deepEqual(refusal(await exchangeToken(fixture, both, wide, { resource })), [400, 'invalid_target'], resource)
  }
  await setApi({ scopes: [{ name: 'orders:write', description: 'Write' }] })
  assert.deepEqual(refusal(await exchangeToken(fixture, one, wide, { scope: 'orders:read' })), [400, 'invalid_scope'])
})

test('a resource names the only clients that exchange tokens for it, and they need nothing else', async () => {
  const token = await userToken(fixture)
  const [listed, other] = [await fixture.makeClient(), await agent()]
  assert.deepEqual(refusal(await exchangeToken(fixture, listed, token)), [400, 'unauthorized_client'])
  await setApi({ exchangeClients: [listed.id] })
  const { act } = await introspect(fixture, listed, tokenOf(await exchangeToken(fixture, listed, token)))
  assert.deepEqual(act, { sub: listed.clientId })
  assert.deepEqual(refusal(await exchangeToken(fixture, other, token)), [400, 'invalid_target'])
  const own = await agent()
  const mine = tokenOf(await exchangeToken(fixture, listed, token))
  assert.deepEqual(refusal(await exchangeToken(fixture, own, mine)), [400, 'invalid_target'])
  await setApi({ exchangeClients: [] })
  assert.equal((await exchangeToken(fixture, other, token)).status, 200)
})

test('TX-06 nobody acts unnamed unless the client is set so, and the chain before it stays', async () => {
  const [named, hidden] = [await agent(), await agent({ impersonationAllowed: true })]
  const token = await userToken(fixture)
  const { sub } = await introspect(fixture, fixture.client, token)
  const alike = await introspect(fixture, hidden, tokenOf(await exchangeToken(fixture, hidden, token)))
  assert.deepEqual([alike.sub, alike.act, alike.client_id], [sub, undefined, hidden.clientId])
  const first = tokenOf(await exchangeToken(fixture, named, token))
  const second = await introspect(fixture, hidden, tokenOf(await exchangeToken(fixture, hidden, first)))
  assert.deepEqual(second.act, { sub: named.clientId })
  const [event] = (await fixture.events('token.issued')).slice(-1)
  assert.equal(event?.data.clientId, hidden.clientId)
})

test('the realm says how many actors a chain has', async () => {
  await setRealmPolicy(fixture, { delegationDepth: 2 })
  let token = await userToken(fixture)
  for (let depth = 0; depth < 2; depth++) token = tokenOf(await exchangeToken(fixture, await agent(), token))
  assert.deepEqual(refusal(await exchangeToken(fixture, await agent(), token)), [400, 'invalid_grant'])
  await setRealmPolicy(fixture, { delegationDepth: 3 })
  assert.equal((await exchangeToken(fixture, await agent(), token)).status, 200)
})

test('TX-07 a realm can ask for the key of the token itself; a response names the type', async () => {
  const now = fixture.services.clock.now()
  const [key, other] = [await makeDpopKey(), await makeDpopKey()]
  const one = await agent()
  const first = await exchangeToken(fixture, one, await userToken(fixture), {}, { dpop: await key.prove(TOKEN, now) })
  const token = tokenOf(first)
  assert.equal(first.body.token_type, 'DPoP')
  await setRealmPolicy(fixture, { exchangeProof: 'token_key' })
  const two = await agent()
  const by = async (proof: typeof key) =>
    exchangeToken(fixture, two, token, {}, { dpop: await proof.prove(TOKEN, now) })
  assert.deepEqual(refusal(await by(other)), [400, 'invalid_grant'])
  assert.deepEqual(refusal(await exchangeToken(fixture, two, token)), [400, 'invalid_dpop_proof'])
  const second = await by(key)
  assert.deepEqual([second.status, second.body.token_type], [200, 'DPoP'])
  const { cnf } = await introspect(fixture, two, tokenOf(second))
  assert.deepEqual(cnf, { jkt: key.jkt })
})

test('TX-08 a token that is exchanged again and again lives no longer than the first one', async () => {
  const one = await agent()
  let token = await userToken(fixture)
  const { exp } = await introspect(fixture, fixture.client, token)
  for (let round = 0; round < 3; round++) {
    fixture.services.clock.advance(200_000)
    token = tokenOf(await exchangeToken(fixture, one, token))
    assert.equal((await introspect(fixture, one, token)).exp, exp)
  }
  fixture.services.clock.advance(301_000)
  assert.deepEqual(refusal(await exchangeToken(fixture, one, token)), [400, 'invalid_grant'])
})

test('an actor token is one of the client itself, and goes with its type', async () => {
  const grantTypes = ['client_credentials', 'authorization_code']
  const [one, two] = [await agent({ grantTypes }), await agent({ grantTypes })]
  const own = async (client: ClientWithSecret) =>
    tokenOf(await askForToken(fixture, client, { grant_type: 'client_credentials', resource: API }))
  const token = await userToken(fixture)
  const by = async (actor: string, type: string | undefined = ACCESS_TOKEN) =>
    exchangeToken(fixture, one, token, { actor_token: actor, ...(type && { actor_token_type: type }) })
  const { act } = await introspect(fixture, one, tokenOf(await by(await own(one))))
  assert.deepEqual(act, { sub: one.clientId })
  assert.deepEqual(refusal(await by(await own(two))), [400, 'invalid_grant'])
  assert.deepEqual(refusal(await by('no token')), [400, 'invalid_grant'])
  assert.deepEqual(refusal(await by(await own(one), '')), [400, 'invalid_request'])
  assert.deepEqual(refusal(await by(await own(one), 'urn:x')), [400, 'invalid_request'])
  const alone = await exchangeToken(fixture, one, token, { actor_token_type: ACCESS_TOKEN })
  assert.deepEqual(refusal(alone), [400, 'invalid_request'])
  // Nobody said that this person may act for the subject.
  const person = tokenOf(await exchangeCode(fixture, one, await codeFor(fixture, one, { resource: API })))
  assert.deepEqual(refusal(await by(person)), [400, 'invalid_grant'])
})

test('TX-04 an ID token is exchanged by the client that it is for, while the session goes on', async () => {
  const one = await agent()
  const answer = await exchangeCode(
    fixture,
    one,
    await codeFor(fixture, one, { scope: 'openid orders:read', resource: API }),
  )
  const idToken = String(answer.body.id_token)
  const ask = (by: ClientWithSecret, token = idToken) =>
    exchangeToken(fixture, by, token, { subject_token_type: ID_TOKEN })
  const made = await ask(one)
  const claims = await introspect(fixture, one, tokenOf(made))
  assert.deepEqual(
    [claims.sub, claims.scope, claims.aud],
    [renderId('user', fixture.ada.id), 'orders:read openid', API],
  )
  assert.ok(Number(claims.exp) <= Number((await introspect(fixture, one, String(answer.body.access_token))).exp))
  assert.deepEqual(refusal(await ask(await agent())), [400, 'invalid_grant'])
  assert.deepEqual(refusal(await ask(one, String(answer.body.access_token))), [400, 'invalid_grant'])
  assert.deepEqual(refusal(await exchangeToken(fixture, one, idToken)), [400, 'invalid_grant'])
  const { data } = await fixture.services.contextFor().read.sessions.list(fixture.services.realm.id, { limit: 10 })
  for (const { id } of data) await callOperation(sessionRevoke, fixture.services.contextFor(), { id })
  assert.deepEqual(refusal(await ask(one)), [400, 'invalid_grant'])
  assert.equal((await introspect(fixture, one, tokenOf(made))).active, false)
})

test('the tokens of suspended people and clients are worth nothing, and public clients exchange none', async () => {
  const token = await userToken(fixture)
  const open = await fixture.makeClient({ authMethod: 'none' })
  const fields = {
    client_id: open.clientId,
    grant_type: EXCHANGE_GRANT,
    subject_token: token,
    subject_token_type: ACCESS_TOKEN,
  }
  assert.deepEqual(refusal(await postForm(fixture, '/oauth/token', fields)), [400, 'unauthorized_client'])
  await callOperation(userUpdate, fixture.services.contextFor(), { id: fixture.ada.id, status: 'suspended' })
  assert.deepEqual(refusal(await exchangeToken(fixture, await agent(), token)), [400, 'invalid_grant'])
})

test('a token for no resource is exchanged by its own client only', async () => {
  const one = await agent({ audiences: [] })
  const code = await codeFor(fixture, one, { scope: 'openid email' })
  const token = tokenOf(await exchangeCode(fixture, one, code))
  assert.deepEqual(refusal(await exchangeToken(fixture, await agent(), token)), [400, 'invalid_target'])
  assert.equal((await exchangeToken(fixture, one, token, { scope: 'email' })).body.scope, 'email')
})
