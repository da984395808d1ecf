// Checks that what limits a subject token and a client limits the tokens of providers too.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type JWTPayload, SignJWT } from 'jose'
import { agentCreate } from '#domain/agent/agent.operations.ts'
import { brokerProviderCreate, brokerProviderUpdate } from '#domain/broker-provider/broker-provider.operations.ts'
import { connectionCreate, connectionList, connectionRevoke } from '#domain/connection/connection.operations.ts'
import { delegationGrantCreate } from '#domain/delegation-grant/delegation-grant.operations.ts'
import { frontingLinkCreate, frontingLinkDelete } from '#domain/fronting-link/fronting-link.operations.ts'
import { grantCreate, grantRevoke } from '#domain/grant/grant.operations.ts'
import { recordConsent } from '#domain/grant/grant.service.ts'
import { resourceCreate, resourceList, resourceUpdate } from '#domain/resource/resource.operations.ts'
import { subjectMappingCreate } from '#domain/subject-mapping/subject-mapping.operations.ts'
import { trustedIssuerCreate } from '#domain/trusted-issuer/trusted-issuer.operations.ts'
import { type ClientKey, makeClientKey } from '#testing/assertion.ts'
import { API } from '#testing/authorization-fixture.ts'
import { type DocumentFixture, openDocumentFixture } from '#testing/document-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { FormBrowser } from '#testing/form-browser.ts'
import { type Answer, askForToken, basic, type Credentials } from '#testing/token-client.ts'
import { exchangeToken, userToken } from '#testing/token-exchange.ts'

const JWT = { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }
const MAIL = { resource: 'mail' }
const BOTH = ['mail:read', 'mail:send']
const OWN = ['orders:read', 'orders:write', ...BOTH]
const KEY = 'the-key-of-ada'

type Party = Credentials & { readonly id: string }

let set: DocumentFixture
let key: ClientKey
let broker: { readonly id: string; readonly identifier: string }
let provider: { readonly id: string }
let count = 0

const context = () => set.fixture.services.contextFor()
const refusal = ({ status, body }: Answer) => [status, body.error]
const tokenOf = ({ status, body }: Answer) => {
  assert.equal(status, 200, JSON.stringify(body))
  return String(body.access_token)
}
const vended = ({ body }: Answer) => [body.access_token, body.scope]
const vend = (by: Credentials, token: string, more: Record<string, string> = {}) =>
  exchangeToken(set.fixture, by, token, { ...MAIL, ...more })

/** A client that the resource lets get keys. */
async function listed<Of extends { readonly id: string }>(client: Of): Promise<Of> {
  const { data } = await callOperation(resourceList, context(), {})
  const runtimeClients = [...(data.find(({ slug }) => slug === 'mail')?.runtimeClients ?? []), client.id]
  await callOperation(resourceUpdate, context(), { id: broker.id, runtimeClients })
  return client
}

const gateway = async (given: object = {}) =>
  listed(await set.fixture.makeClient({ firstParty: true, audiences: ['*'], scopes: OWN, ...given }))

async function agent(): Promise<Party & { readonly agentId: string }> {
  const made = await callOperation(agentCreate, context(), { name: 'A', allowedScopes: OWN, audiences: ['*'] })
  const { registry, tenantId, realm } = set.fixture.services
  const client = await registry.client(tenantId, realm.id, made.clientId)
  assert.ok(client)
  await listed(client)
  return { id: client.id, agentId: made.id, clientId: made.clientId, clientSecret: made.clientSecret ?? '' }
}

const allow = (client: { readonly id: string }, scopes: readonly string[]) =>
  callOperation(grantCreate, context(), {
    ...{ userId: set.fixture.ada.id, clientId: client.id, resource: 'mail', scopes },
  })

before(async () => {
  set = await openDocumentFixture()
  key = await makeClientKey()
  set.host.publish('/keys', { document: { keys: [key.jwk] } })
  provider = await callOperation(brokerProviderCreate, context(), { slug: 'keys', protocol: 'api_key' })
  broker = await callOperation(resourceCreate, context(), {
    ...{ backend: 'broker', brokerProvider: 'keys', slug: 'mail', vending: 'token' },
    scopes: BOTH.map((name) => ({ name, description: name })),
  })
  const kept = { userId: set.fixture.ada.id, providerId: provider.id, accessToken: KEY }
  await callOperation(connectionCreate, context(), kept)
})
after(() => set.close())

test('a client gets the scopes that it is registered for, at resources that it is registered for', async () => {
  const token = await userToken(set.fixture)
  assert.deepEqual(vended(await vend(await gateway(), token)), [KEY, 'mail:read mail:send'])
  const reader = await gateway({ scopes: ['mail:read'] })
  assert.deepEqual(vended(await vend(reader, token)), [KEY, 'mail:read'])
  assert.deepEqual(refusal(await vend(reader, token, { scope: 'mail:send' })), [400, 'invalid_scope'])
  assert.deepEqual(refusal(await vend(await gateway({ audiences: [API] }), token)), [400, 'invalid_target'])
  assert.deepEqual(refusal(await vend(await gateway({ scopes: ['orders:read'] }), token)), [400, 'invalid_scope'])
})

test('a person is not asked for what the client cannot get, and allows something or nothing', async () => {
  const client = await gateway({ firstParty: false, scopes: ['mail:read'] })
  const browser: FormBrowser = set.fixture.newBrowser()
  const asked = (more: object = {}) => ({ resource: 'mail', client_id: client.clientId, ...more })
  let page = await browser.follow(await browser.get('/connect/keys', asked()))
  page = await browser.submit(page, { email: 'ada@example.com', password: 'correct horse battery staple' })
  assert.match(page.text, /mail:read/)
  assert.doesNotMatch(page.text, /mail:send/)
  for (const scope of ['mail:send', 'nothing', 'mail:read nothing']) {
    assert.equal((await browser.get('/connect/keys', asked({ scope }))).status, 400, scope)
  }
  const token = await userToken(set.fixture)
  assert.equal((await vend(client, token)).body.cause, 'consent_missing')
  const { ada } = set.fixture
  const nothing = { realmId: set.fixture.services.realm.id, user: ada, client, resource: broker.identifier, scopes: [] }
  await context().write((unit) => recordConsent(context(), unit, nothing))
  assert.deepEqual((await vend(client, token)).body.cause, 'scope_insufficient')
  await allow(client, ['mail:read'])
  assert.deepEqual(vended(await vend(client, token, { scope: ' ' })), [KEY, 'mail:read'])
})

test('the policies about a foreign issuer, and may_act, limit what its assertions are exchanged for', async () => {
  const issuer = set.host.origin
  const trust = await callOperation(trustedIssuerCreate, context(), {
    ...{ name: 'Company', issuer, jwksUri: `${issuer}/keys`, accepts: ['token_exchange'] },
    policies: [{ name: 'Mail', scopes: ['mail:read'], resources: [broker.identifier] }],
  })
  const mapping = { trustedIssuerId: trust.id, subject: 'ada', userId: set.fixture.ada.id }
  await callOperation(subjectMappingCreate, context(), mapping)
  const client = await gateway()
  const exchange = async (claims: JWTPayload = {}, more: Record<string, string> = {}) => {
    const now = Math.floor(set.clock.now() / 1000)
    const all = {
      iss: issuer,
      sub: 'ada',
      aud: 'https://id.example.com',
      iat: now,
      exp: now + 300,
      jti: `j-${++count}`,
    }
    const signed = new SignJWT({ ...all, ...claims }).setProtectedHeader({ alg: key.alg, kid: 'k1', typ: 'JWT' })
    return vend(client, await signed.sign(key.privateKey), { ...JWT, ...more })
  }
  assert.deepEqual(vended(await exchange()), [KEY, 'mail:read'])
  assert.deepEqual(refusal(await exchange({}, { scope: 'mail:send' })), [400, 'invalid_scope'])
  assert.deepEqual(refusal(await exchange({ scope: 'orders:read' })), [400, 'invalid_scope'])
  assert.deepEqual(refusal(await exchange({ may_act: { sub: 'another' } })), [400, 'invalid_grant'])
  assert.equal((await exchange({ may_act: { sub: client.clientId } })).status, 200)
})

test('a token for the admin API is exchanged for nothing of a provider', async () => {
  const { adminUrl } = set.fixture.services.registry.settings
  const given = {
    grantTypes: ['client_credentials'],
    audiences: [adminUrl, broker.identifier],
    scopes: ['management:full', ...BOTH],
  }
  const own = await gateway(given)
  const token = tokenOf(
    await askForToken(set.fixture, own, {
      grant_type: 'client_credentials',
      resource: adminUrl,
      scope: 'management:full',
    }),
  )
  for (const by of [own, await gateway()]) assert.deepEqual(refusal(await vend(by, token)), [400, 'invalid_grant'])
})

test('the scopes of a delegation grant hold for its client, and for those after it', async () => {
  const [first, next] = [await agent(), await gateway({ tokenExchangeAllowed: true })]
  await allow(first, BOTH)
  const grant = {
    fromUserId: set.fixture.ada.id,
    toAgentId: first.agentId,
    hops: 3,
    scopes: ['orders:read', 'mail:read'],
  }
  await callOperation(delegationGrantCreate, context(), grant)
  const token = await userToken(set.fixture)
  assert.deepEqual(vended(await vend(first, token)), [KEY, 'mail:read'])
  const delegated = tokenOf(await exchangeToken(set.fixture, first, token, { resource: API }))
  const further = tokenOf(await exchangeToken(set.fixture, next, delegated, { resource: API }))
  for (const [by, held] of [
    [first, delegated],
    [next, delegated],
    [next, further],
  ] as const) {
    assert.deepEqual(vended(await vend(by, held)), [KEY, 'mail:read'])
    assert.deepEqual(refusal(await vend(by, held, { scope: 'mail:send' })), [400, 'invalid_scope'])
  }
})

test('where a fronting link leads to the resource, its map limits the scopes, and only the gateway exchanges', async () => {
  const token = await userToken(set.fixture)
  const [one, other] = [await gateway(), await gateway()]
  const { data } = await callOperation(resourceList, context(), {})
  const api = data.find(({ identifier }) => identifier === API)
  await callOperation(resourceUpdate, context(), { id: api?.id, runtimeClients: [one.id] })
  const link = { source: API, target: 'mail' }
  await callOperation(frontingLinkCreate, context(), { ...link, scopeMap: { 'orders:read': ['mail:read'] } })
  assert.deepEqual(vended(await vend(one, token)), [KEY, 'mail:read'])
  assert.deepEqual(refusal(await vend(other, token)), [400, 'invalid_target'])
  await callOperation(frontingLinkDelete, context(), link)
  assert.equal((await vend(other, token)).status, 200)
})

/** The answer to a client for whom something happens between the checks and the record of what it gets. */
async function vendWhile(client: Credentials, happens: () => Promise<unknown>): Promise<Answer> {
  const token = await userToken(set.fixture)
  const { services } = set.fixture
  let isOver = false
  const write: typeof services.database.write = async (work) => {
    if (!isOver) {
      isOver = true
      await happens()
    }
    return services.database.write(work)
  }
  const slow = { ...services, database: { ...services.database, write } }
  const browser = new FormBrowser(services, services.realm, { services: slow })
  const fields = {
    ...{ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: token, resource: 'mail' },
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  }
  const { status, text } = await browser.post('/oauth/token', fields, basic(client))
  return { status, body: JSON.parse(text), headers: {} }
}

test('a consent, a connection and a provider that end while a key is handed out come first', async () => {
  const client = await gateway({ firstParty: false })
  const { id } = await allow(client, BOTH)
  const revoked = await vendWhile(client, () => callOperation(grantRevoke, context(), { id }))
  assert.deepEqual(refusal(revoked), [400, 'invalid_grant'])

  const own = await gateway()
  const again = { userId: set.fixture.ada.id, providerId: provider.id, accessToken: 'another-key' }
  const connect = () => callOperation(connectionCreate, context(), again)
  assert.deepEqual(refusal(await vendWhile(own, connect)), [503, 'temporarily_unavailable'])
  const setProvider = (active: boolean) => callOperation(brokerProviderUpdate, context(), { id: provider.id, active })
  assert.deepEqual(refusal(await vendWhile(own, () => setProvider(false))), [400, 'invalid_target'])
  await setProvider(true)
  const { data } = await callOperation(connectionList, context(), {})
  const end = () => callOperation(connectionRevoke, context(), { id: data[0]?.id })
  assert.deepEqual(refusal(await vendWhile(own, end)), [400, 'consent_required'])
  await connect()
  assert.deepEqual(vended(await vend(own, await userToken(set.fixture))), ['another-key', 'mail:read mail:send'])
})
