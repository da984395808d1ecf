// Checks where stored tokens of providers go, and when they end: changes of providers, other accounts, the end of a realm.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { exchangeToken, userToken } from '#testing/token-exchange.ts'
import { connectionCreate, connectionGet, connectionRevoke } from '../connection/connection.operations.ts'
import { openCredential } from '../connection/connection.service.ts'
import { issuanceList } from '../issuance/issuance.operations.ts'
import { purgeRun } from '../purge/purge.operations.ts'
import { realmCreate, realmDelete } from '../realm/realm.operations.ts'
import { resourceCreate } from '../resource/resource.operations.ts'
import { tenantCreate, tenantDelete } from '../tenant/tenant.operations.ts'
import { userCreate } from '../user/user.operations.ts'
import { brokerProviderCreate, brokerProviderUpdate } from './broker-provider.operations.ts'

const HOST = 'https://provider.example'
const ELSEWHERE = 'https://elsewhere.example'
const OAUTH = {
  ...{ clientId: 'client', clientSecret: 'a-secret', authorizeUrl: `${HOST}/authorize`, tokenUrl: `${HOST}/token` },
  ...{ revokeUrl: `${HOST}/revoke`, accountsUrl: `${HOST}/accounts`, apiUrl: 'https://api.example/v1' },
}

let fixture: AuthorizationFixture
let count = 0
before(async () => {
  fixture = await openAuthorizationFixture()
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const provider = (given: object = OAUTH) =>
  callOperation(brokerProviderCreate, context(), { slug: `p${++count}`, ...given })
const connect = (providerId: string, given: object = {}) =>
  callOperation(connectionCreate, context(), { userId: fixture.ada.id, providerId, accessToken: 'token', ...given })
const change = (id: string, changes: object) => callOperation(brokerProviderUpdate, context(), { id, ...changes })
const shown = (id: string) => callOperation(connectionGet, context(), { id })
const stored = async (providerId: string) => context().read.connections.find(fixture.ada.id, providerId)
const invalid = (path: string) => (error: { code?: string; detail?: { flaws?: readonly { path: string }[] } }) =>
  error.code === 'invalid_input' && error.detail?.flaws?.[0]?.path === path

test('at another server as one of its addresses, users connect again, and nothing is left that could go there', async () => {
  for (const changes of [
    { tokenUrl: `${ELSEWHERE}/token`, clientSecret: 'a-secret' },
    { revokeUrl: `${ELSEWHERE}/revoke`, clientSecret: 'a-secret' },
    { accountsUrl: `${ELSEWHERE}/accounts` },
    { apiUrl: `${ELSEWHERE}/v1` },
    // A server that gets access tokens gets no refresh tokens by that.
    { tokenUrl: 'https://api.example/token', clientSecret: 'a-secret' },
    { clientId: 'another' },
  ]) {
    const { id } = await provider()
    const connection = await connect(id, { refreshToken: 'refresh' })
    await change(id, changes)
    assert.equal((await shown(connection.id)).needsReauth, true, JSON.stringify(changes))
    assert.equal((await stored(id))?.credential, null)
    // There is nothing that could be revoked at the provider.
    await callOperation(connectionRevoke, context(), { id: connection.id })
  }
})

test('at other paths of the same servers, or without an address, connections stay', async () => {
  const { id } = await provider()
  const connection = await connect(id)
  for (const changes of [
    { name: 'Renamed', tokenUrl: `${HOST}/v2/token`, accountsUrl: `${HOST}/v2/accounts`, revokeUrl: null },
    { apiUrl: 'https://api.example/v2' },
    { apiUrl: `${HOST}/api`, accountsUrl: null },
  ]) {
    await change(id, changes)
    assert.equal((await shown(connection.id)).needsReauth, false, JSON.stringify(changes))
  }
})

test('the tokens of a service account go to no other API without its key', async () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' })
  const { id } = await provider({
    ...{ protocol: 'service_account', saAlgorithm: 'ES256', saEmail: 'a@b.example', clientSecret: privateKey },
    ...{ tokenUrl: `${HOST}/token`, apiUrl: 'https://api.example' },
  })
  await change(id, { apiUrl: 'https://api.example/v2' })
  await assert.rejects(change(id, { apiUrl: ELSEWHERE }), invalid('clientSecret'))
  await change(id, { apiUrl: ELSEWHERE, clientSecret: privateKey })
})

test('another account takes the place of the one before as a whole', async () => {
  const { id } = await provider()
  const first = await connect(id, {
    ...{ refreshToken: 'refresh', scopes: ['one', 'two'], expiresAt: '2030-01-01T00:00:00Z' },
  })
  const second = await connect(id, { accessToken: 'other' })
  assert.deepEqual([second.id, second.scopes, second.expiresAt, second.metadata], [first.id, [], null, null])
  const connection = await stored(id)
  assert.ok(connection)
  const { accessToken, refreshToken } = openCredential(context(), connection)
  assert.deepEqual([accessToken, refreshToken], ['other', null])
})

test('tokens of a provider that is changed meanwhile are not kept', async () => {
  const { id } = await provider()
  const slow = context()
  const write: typeof slow.write = async (work) => {
    await change(id, { apiUrl: `${ELSEWHERE}/v1` })
    return slow.write(work)
  }
  const given = { userId: fixture.ada.id, providerId: id, accessToken: 'token' }
  await assert.rejects(callOperation(connectionCreate, { ...slow, write }, given), { code: 'conflict' })
  assert.equal(await stored(id), undefined)
})

test('what no header can carry, what a key has not, and addresses with a query are refused', async () => {
  const keys = await provider({ protocol: 'api_key' })
  for (const accessToken of ['a token', 'a\nb', 'schlüssel', ' ']) {
    await assert.rejects(connect(keys.id, { accessToken }), invalid('accessToken'), accessToken)
  }
  await assert.rejects(connect(keys.id, { expiresAt: '2030-01-01T00:00:00Z' }), invalid('expiresAt'))
  await assert.rejects(connect(keys.id, { refreshToken: 'refresh' }), invalid('refreshToken'))
  for (const apiUrl of ['https://api.example/v1?key=1', 'https://api.example/#v1', 'https://api.example/?']) {
    await assert.rejects(provider({ ...OAUTH, apiUrl }), invalid('apiUrl'), apiUrl)
  }
})

test('ended connections are purged after their retention, and the record of vended tokens if asked', async () => {
  const { services } = fixture
  const purge = async (given: object) => (await callOperation(purgeRun, context(), given)).targets[0]?.rows
  // What other tests ended goes first.
  services.clock.advance(31 * 86_400_000)
  await purge({ only: ['ended-connections'] })
  const { id: providerId } = await provider({ protocol: 'api_key' })
  const client = await fixture.makeClient({ firstParty: true, audiences: ['*'], scopes: [] })
  await callOperation(resourceCreate, context(), {
    ...{ backend: 'broker', brokerProvider: providerId, slug: 'keys', vending: 'token', runtimeClients: [client.id] },
  })
  const connection = await connect(providerId)
  const token = await userToken(fixture)
  assert.equal((await exchangeToken(fixture, client, token, { resource: 'keys' })).status, 200)
  const issued = async () => (await callOperation(issuanceList, context(), { resource: 'keys' })).data.length
  await callOperation(connectionRevoke, context(), { id: connection.id })
  assert.equal(await purge({ only: ['ended-connections'] }), 0)
  services.clock.advance(31 * 86_400_000)
  assert.equal(await purge({ only: ['ended-connections'], dryRun: true }), 1)
  assert.equal(await purge({ only: ['ended-connections'] }), 1)
  await assert.rejects(shown(connection.id), { code: 'not_found' })
  await assert.rejects(purge({ only: ['broker-issuances'] }), { code: 'invalid_request' })
  assert.equal(await issued(), 1)
  const before = new Date(services.clock.now() - 2 * 86_400_000).toISOString()
  assert.equal(await purge({ only: ['broker-issuances'], before }), 1)
  assert.equal(await issued(), 0)
})

test('with a realm or a tenant, its connections and the secrets of its providers end', async () => {
  const { services } = fixture
  const all = services.contextFor({ realm: null })
  const tenant = await callOperation(tenantCreate, all, { name: 'Mill', slug: 'mill' })
  for (const tenantId of [services.tenantId, tenant.id]) {
    const made = await callOperation(realmCreate, services.contextFor({ realm: null, tenantId }), { name: 'Ended' })
    const realm = (await services.registry.realmByIssuerId(made.issuerId))?.realm
    assert.ok(realm)
    const inside = () => services.contextFor({ realm, tenantId })
    const { id: providerId } = await callOperation(brokerProviderCreate, inside(), { slug: 'ended', ...OAUTH })
    const { id: userId } = await callOperation(userCreate, inside(), { email: 'eve@example.com' })
    const connection = await callOperation(connectionCreate, inside(), { userId, providerId, accessToken: 'token' })
    const { read } = inside()
    if (tenantId === tenant.id) await callOperation(tenantDelete, all, { id: tenantId })
    else await callOperation(realmDelete, inside(), {})
    const provider = (await read.brokerProviders.ofIds([providerId])).get(providerId)
    const left = await read.connections.findById(realm.id, connection.id)
    assert.deepEqual([provider?.clientSecret, provider?.active], [null, false])
    assert.deepEqual([left?.credential, left?.metadata, typeof left?.revokedAt], [null, null, 'number'])
  }
})
