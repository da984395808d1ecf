// Checks for which resources a token is exchanged, and with which scopes at each.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { agentCreate } from '#domain/agent/agent.operations.ts'
import { delegationGrantCreate } from '#domain/delegation-grant/delegation-grant.operations.ts'
import { frontingLinkCreate, frontingLinkDelete } from '#domain/fronting-link/fronting-link.operations.ts'
import { resourceList, resourceUpdate } from '#domain/resource/resource.operations.ts'
import { API, type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { type Answer, askForToken, type Credentials, codeFor, exchangeCode } from '#testing/token-client.ts'
import { exchangeToken } from '#testing/token-exchange.ts'

const REALM = 'https://id.example.com'
const OTHER = 'https://other.example.com/'
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'
const BOTH = ['orders:read', 'orders:write'].map((name) => ({ name, description: name }))
let fixture: AuthorizationFixture
before(async () => {
  fixture = await openAuthorizationFixture()
  await setResource(OTHER, { scopes: [...BOTH, { name: 'other:read', description: 'Read' }] })
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const refusal = ({ status, body }: Answer) => [status, body.error]
const tokenOf = ({ status, body }: Answer) => {
  assert.equal(status, 200, JSON.stringify(body))
  return String(body.access_token)
}
const audienceOf = (answer: Answer) => decodeJwt(tokenOf(answer)).aud
const INVALID_TARGET = [400, 'invalid_target']

async function setResource(identifier: string, changes: Record<string, unknown>) {
  const { data } = await callOperation(resourceList, context(), {})
  const id = data.find((each) => each.identifier === identifier)?.id
  await callOperation(resourceUpdate, context(), { id, ...changes })
}

const program = (audiences: string[]) => fixture.makeClient({ grantTypes: ['client_credentials'], audiences })
const ownToken = async (client: Credentials) =>
  tokenOf(await askForToken(fixture, client, { grant_type: 'client_credentials', resource: API }))
const agent = async (audiences: string[]) => {
  const made = await callOperation(agentCreate, context(), { name: 'A', allowedScopes: ['orders:read'], audiences })
  return { ...made, clientSecret: made.clientSecret ?? '' }
}

/** Ada’s token for the API, of an authorization for both resources. */
async function tokenOfBoth(client: Credentials): Promise<string> {
  const code = await codeFor(fixture, client, { scope: 'openid orders:read', resource: API, audience: OTHER })
  return tokenOf(await exchangeCode(fixture, client, code, { resource: API }))
}

test('the token of a program that may use every resource is exchanged for what it is for, within what others may', async () => {
  const star = await program(['*'])
  const token = await ownToken(star)
  const narrow = await fixture.makeClient({ tokenExchangeAllowed: true, audiences: [API] })
  const wide = await fixture.makeClient({ tokenExchangeAllowed: true, audiences: ['*'] })
  assert.equal(audienceOf(await exchangeToken(fixture, narrow, token)), API)
  for (const by of [narrow, wide])
    assert.deepEqual(refusal(await exchangeToken(fixture, by, token, { resource: OTHER })), INVALID_TARGET)
  // Its own client can get a token for each resource anyway.
  const self = await fixture.makeClient({
    ...{ tokenExchangeAllowed: true, grantTypes: ['client_credentials'], audiences: ['*'] },
  })
  const mine = await ownToken(self)
  assert.equal(audienceOf(await exchangeToken(fixture, self, mine, { resource: OTHER })), OTHER)
  assert.equal(audienceOf(await exchangeToken(fixture, self, mine)), API)
})

test('such a token can be exchanged by whom the resource or a delegation grant names', async () => {
  const star = await program(['*'])
  const token = await ownToken(star)
  const [listed, other] = [await fixture.makeClient(), await fixture.makeClient({ tokenExchangeAllowed: true })]
  await setResource(API, { exchangeClients: [listed.id] })
  assert.equal(audienceOf(await exchangeToken(fixture, listed, token, { resource: API })), API)
  assert.deepEqual(refusal(await exchangeToken(fixture, other, token, { resource: API })), INVALID_TARGET)
  await setResource(API, { exchangeClients: [] })
  const named = await agent([API])
  await callOperation(delegationGrantCreate, context(), {
    fromClientId: star.id,
    toAgentId: named.id,
    resources: [API],
  })
  assert.equal(audienceOf(await exchangeToken(fixture, named, token, { resource: API })), API)
  assert.deepEqual(refusal(await exchangeToken(fixture, named, token, { resource: OTHER })), INVALID_TARGET)
})

test('an ID token is exchanged with the scopes that the person allowed at the resource', async () => {
  const client = await fixture.makeClient({ tokenExchangeAllowed: true, audiences: [API, OTHER] })
  const grant = async (scope: string, resource: string) =>
    exchangeCode(fixture, client, await codeFor(fixture, client, { scope, resource }))
  await grant('openid orders:read orders:write', OTHER)
  const idToken = String((await grant('openid orders:read', API)).body.id_token)
  const ask = (more: Record<string, string>) =>
    exchangeToken(fixture, client, idToken, { subject_token_type: ID_TOKEN, ...more })
  assert.equal((await ask({ resource: API })).body.scope, 'orders:read openid')
  assert.equal((await ask({ resource: OTHER })).body.scope, 'orders:read orders:write openid')
  assert.deepEqual(refusal(await ask({ audience: API, scope: 'orders:write' })), [400, 'invalid_scope'])
  assert.equal((await ask({ resource: REALM })).body.scope, 'openid')
})

test('a token is exchanged for what it is for; by its own client, for all that the person approved', async () => {
  const owner = await fixture.makeClient({ tokenExchangeAllowed: true, audiences: [API, OTHER] })
  const other = await fixture.makeClient({ tokenExchangeAllowed: true, audiences: [API, OTHER] })
  const token = await tokenOfBoth(owner)
  assert.equal(audienceOf(await exchangeToken(fixture, owner, token, { resource: OTHER })), OTHER)
  const theirs = await exchangeToken(fixture, other, token)
  assert.equal(audienceOf(theirs), API)
  for (const resource of [OTHER, REALM])
    for (const from of [token, tokenOf(theirs)])
      assert.deepEqual(refusal(await exchangeToken(fixture, other, from, { resource })), INVALID_TARGET, resource)
  await setResource(OTHER, { exchangeClients: [other.id] })
  assert.equal(audienceOf(await exchangeToken(fixture, other, token, { resource: OTHER })), OTHER)
  await setResource(OTHER, { exchangeClients: [] })
  const one = await agent([API, OTHER])
  const fromUserId = fixture.ada.id
  await callOperation(delegationGrantCreate, context(), { fromUserId, toAgentId: one.id, resources: [OTHER] })
  // A link that is for others takes nothing away.
  const link = { source: API, target: OTHER }
  await callOperation(frontingLinkCreate, context(), { ...link, scopeMap: { 'orders:read': ['other:read'] } })
  assert.equal(audienceOf(await exchangeToken(fixture, one, token, { resource: OTHER })), OTHER)
  assert.deepEqual(refusal(await exchangeToken(fixture, other, token, { resource: OTHER })), INVALID_TARGET)
  await callOperation(frontingLinkDelete, context(), link)
  assert.equal(audienceOf(await exchangeToken(fixture, one, token)), OTHER)
  await callOperation(delegationGrantCreate, context(), { fromUserId, toAgentId: one.id })
  assert.deepEqual(refusal(await exchangeToken(fixture, one, token, { resource: OTHER })), INVALID_TARGET)
})

test('the token of a program is exchanged for what it is for', async () => {
  const owner = await program([API, OTHER])
  const other = await fixture.makeClient({ tokenExchangeAllowed: true, audiences: [API, OTHER] })
  const token = await ownToken(owner)
  const theirs = await exchangeToken(fixture, other, token)
  assert.equal(audienceOf(theirs), API)
  for (const from of [token, tokenOf(theirs)])
    assert.deepEqual(refusal(await exchangeToken(fixture, other, from, { resource: OTHER })), INVALID_TARGET)
})
