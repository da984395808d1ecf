// Checks the authorization code grant.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clientDelete, clientSuspend, clientUpdate } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { grantRevoke } from '#domain/grant/grant.operations.ts'
import { resourceUpdate } from '#domain/resource/resource.operations.ts'
import { sessionRevoke } from '#domain/session/session.operations.ts'
import { userDelete, userSetPassword, userUpdate } from '#domain/user/user.operations.ts'
import {
  API,
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  CHALLENGE,
  openAuthorizationFixture,
  REDIRECT_URI,
  VERIFIER,
} from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import {
  type Answer,
  codeFor,
  exchangeCode,
  introspect,
  isActive,
  postForm,
  tokensFor,
  tokensOf,
  userinfo,
} from '#testing/token-client.ts'

let fixture: AuthorizationFixture
let client: ClientWithSecret

before(async () => {
  fixture = await openAuthorizationFixture()
  client = await fixture.makeClient({ firstParty: true, introspectAllTokens: true })
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()

/** Asserts a refusal as RFC 6749 §5.2 writes it. */
function assertRefused({ status, headers, body }: Answer, error: string, expected = 400): void {
  assert.equal(body.error, error, JSON.stringify(body))
  assert.equal(status, expected)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers.pragma, 'no-cache')
  assert.deepEqual(Object.keys(body).sort(), ['error', 'error_description', 'error_uri'])
}

test('a code becomes tokens that say who signed in, how, and for whom they are', async () => {
  const { status, headers, body } = await exchangeCode(
    fixture,
    client,
    await codeFor(fixture, client, { scope: 'openid email orders:read', resource: API }),
  )
  assert.equal(status, 200)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers.pragma, 'no-cache')
  assert.deepEqual(Object.keys(body).sort(), [
    'access_token',
    'expires_in',
    'id_token',
    'refresh_token',
    'scope',
    'token_type',
  ])
  assert.equal(body.token_type, 'Bearer')
  assert.equal(body.expires_in, 900)
  assert.equal(body.scope, 'openid email orders:read')
})

test('AC-01 a code that comes twice is worth nothing, and neither is what it gave rise to', async () => {
  const code = await codeFor(fixture, client)
  const { access, refresh } = tokensOf(await exchangeCode(fixture, client, code))
  assert.equal((await userinfo(fixture, access)).status, 200)
  assertRefused(await exchangeCode(fixture, client, code), 'invalid_grant')
  assert.equal(await isActive(fixture, client, access), false)
  assert.equal(await isActive(fixture, client, refresh), false)
  assert.equal((await userinfo(fixture, access)).status, 401)
  const [event] = (await fixture.events('authorization_code.replayed')).slice(-1)
  assert.equal(event?.subject.id, client.id)
  assert.equal(event?.result, 'failure')
})

test('AC-02 of fifty at once one gets tokens, and keeps none', async () => {
  const code = await codeFor(fixture, client)
  const answers = await Promise.all(Array.from({ length: 50 }, () => exchangeCode(fixture, client, code)))
  const won = answers.filter(({ status }) => status === 200)
  assert.equal(won.length, 1)
  for (const answer of answers) if (answer.status !== 200) assertRefused(answer, 'invalid_grant')
  assert.equal(await isActive(fixture, client, tokensOf(won[0] as Answer).access), false)
})

test('AC-03 a code is its client’s alone, and burnt once another had it', async () => {
  const other = await fixture.makeClient({ firstParty: true })
  const code = await codeFor(fixture, client)
  assertRefused(await exchangeCode(fixture, other, code), 'invalid_grant')
  assertRefused(await exchangeCode(fixture, client, code), 'invalid_grant')
})

test('AC-04 a code lives for its time and not a second longer', async () => {
  const [young, old] = [await codeFor(fixture, client), await codeFor(fixture, client)]
  fixture.services.clock.advance(59_000)
  assert.equal((await exchangeCode(fixture, client, young)).status, 200)
  fixture.services.clock.advance(1000)
  assertRefused(await exchangeCode(fixture, client, old), 'invalid_grant')
})

test('AC-06 a code is of one kind: no other secret is one, and it is no other', async () => {
  const { access, refresh } = await tokensFor(fixture, client)
  const code = await codeFor(fixture, client)
  const transaction = (await fixture.newBrowser().get('/oauth/authorize', fixture.request())).location ?? ''
  const secrets = [
    access,
    refresh,
    fixture.services.bootstrapSecret,
    fixture.services.adminKey,
    client.clientSecret ?? '',
    new URLSearchParams(transaction.split('?')[1]).get('transaction') ?? '',
    `${code}x`,
    code.slice(1),
    ` ${code}`,
  ]
  for (const secret of secrets) assertRefused(await exchangeCode(fixture, client, secret), 'invalid_grant')
  assert.equal((await exchangeCode(fixture, client, code)).status, 200)
})

test('AC-07 a code opens nothing by itself', async () => {
  const code = await codeFor(fixture, client)
  const answer = await userinfo(fixture, code)
  assert.equal(answer.status, 401)
  assert.equal(answer.body.error, 'invalid_token')
  assert.deepEqual(await introspect(fixture, client, code), { active: false })
})

test('AC-08 a code is its time and 256 random bits in characters that need no encoding', async () => {
  const codes = new Set<string>()
  for (let round = 0; round < 20; round++) codes.add(await codeFor(fixture, client))
  assert.equal(codes.size, 20)
  for (const code of codes) assert.match(code, /^[0-9a-z]{8}\.[\w-]{43}$/)
})

test('PK-01 PK-06 a verifier that is missing, wrong or malformed burns the code', async () => {
  for (const verifier of ['', 'x'.repeat(43), VERIFIER.toLowerCase(), 'short', `${VERIFIER}=`, `${VERIFIER} `]) {
    const code = await codeFor(fixture, client)
    assertRefused(await exchangeCode(fixture, client, code, { code_verifier: verifier }), 'invalid_grant')
    assertRefused(await exchangeCode(fixture, client, code), 'invalid_grant')
  }
})

test('PK-03 the challenge itself, or its digest, is no verifier', async () => {
  for (const verifier of [CHALLENGE, fixture.services.crypto.digest(CHALLENGE)]) {
    assertRefused(
      await exchangeCode(fixture, client, await codeFor(fixture, client), { code_verifier: verifier }),
      'invalid_grant',
    )
  }
})

test('RU-11 a redirect URI that is sent must be the one that was used', async () => {
  for (const uri of [`${REDIRECT_URI}/`, 'https://evil.example/', REDIRECT_URI.toUpperCase()]) {
    assertRefused(
      await exchangeCode(fixture, client, await codeFor(fixture, client), { redirect_uri: uri }),
      'invalid_grant',
    )
  }
  const code = await codeFor(fixture, client)
  assert.equal((await exchangeCode(fixture, client, code, { redirect_uri: REDIRECT_URI })).status, 200)
})

test('a public client needs PKCE only, and authenticates with nothing', async () => {
  const app = await fixture.makeClient({ firstParty: true, authMethod: 'none' })
  const { access, refresh } = tokensOf(await exchangeCode(fixture, app, await codeFor(fixture, app)))
  assert.equal(await isActive(fixture, client, access), true)
  assert.notEqual(refresh, 'undefined')
  const code = await codeFor(fixture, app)
  assertRefused(await exchangeCode(fixture, { ...app, clientSecret: 'x' }, code), 'invalid_client', 401)
  assert.equal((await exchangeCode(fixture, { ...app, clientSecret: '' }, code)).status, 200)
})

test('the resource of a token is one that was granted', async () => {
  const both = await fixture.makeClient({ firstParty: true, audiences: [API, 'https://other.example.com/'] })
  const scope = 'openid orders:read'
  const code = await codeFor(fixture, client, { scope, resource: API })
  assertRefused(await exchangeCode(fixture, client, code, { resource: 'https://other.example.com/' }), 'invalid_target')
  const { access } = tokensOf(await exchangeCode(fixture, client, code, { resource: API }))
  assert.equal((await introspect(fixture, client, access)).aud, API)
  const none = tokensOf(await exchangeCode(fixture, both, await codeFor(fixture, both, { scope: 'openid' })))
  assert.equal((await introspect(fixture, client, none.access)).aud, 'https://id.example.com')
  const own = await codeFor(fixture, both, { scope: 'openid' })
  assertRefused(await exchangeCode(fixture, both, own, { resource: API }), 'invalid_target')
})

test('what is taken from a client between its code and its tokens is not in them', async () => {
  const scope = 'openid email orders:read'
  const narrowed = await fixture.makeClient({ firstParty: true })
  const code = await codeFor(fixture, narrowed, { scope, resource: API })
  await callOperation(clientUpdate, context(), { id: narrowed.id, scopes: ['openid', 'orders:read'] })
  assert.equal((await exchangeCode(fixture, narrowed, code)).body.scope, 'openid orders:read')
  const second = await codeFor(fixture, narrowed, { scope: 'openid orders:read', resource: API })
  await callOperation(clientUpdate, context(), { id: narrowed.id, audiences: [] })
  assertRefused(await exchangeCode(fixture, narrowed, second), 'invalid_target')
  const third = await fixture.makeClient({ firstParty: true })
  const last = await codeFor(fixture, third)
  await callOperation(clientUpdate, context(), { id: third.id, grantTypes: ['client_credentials'] })
  assertRefused(await exchangeCode(fixture, third, last), 'unauthorized_client')
})

const ENDINGS: [string, (ids: { client: ClientWithSecret; sessionId: string }) => Promise<unknown>, string][] = [
  [
    'the session is ended',
    ({ sessionId }) => callOperation(sessionRevoke, context(), { id: sessionId }),
    'invalid_grant',
  ],
  [
    'the user is suspended',
    () => callOperation(userUpdate, context(), { id: fixture.bob.id, status: 'suspended' }),
    'invalid_grant',
  ],
  [
    'the password is changed',
    () => callOperation(userSetPassword, context(), { id: fixture.bob.id, password: 'correct horse battery staple' }),
    'invalid_grant',
  ],
  [
    'the client is suspended',
    ({ client: { id } }) => callOperation(clientSuspend, context(), { id }),
    'invalid_client',
  ],
  ['the client is deleted', ({ client: { id } }) => callOperation(clientDelete, context(), { id }), 'invalid_client'],
  ['the consent is revoked', ({ client: { id } }) => revokeConsent(id), 'invalid_grant'],
  [
    'the resource is suspended',
    async () => callOperation(resourceUpdate, context(), { id: await resourceId(), status: 'suspended' }),
    'invalid_target',
  ],
  ['the user is deleted', () => callOperation(userDelete, context(), { id: fixture.bob.id }), 'invalid_grant'],
]

async function revokeConsent(clientId: string): Promise<void> {
  const { data } = await context().read.grants.list(fixture.services.realm.id, { limit: 10, clientId, revoked: false })
  assert.ok(data.length > 0)
  for (const { id } of data) await callOperation(grantRevoke, context(), { id })
}

async function resourceId(): Promise<string> {
  const known = await fixture.services.registry.resources(fixture.services.tenantId)
  return known.get(API)?.id ?? ''
}

for (const [what, end, error] of ENDINGS) {
  test(`a code is worth nothing once ${what}`, async () => {
    const third = await fixture.makeClient()
    await callOperation(userUpdate, context(), { id: fixture.bob.id, status: 'active' })
    const request = fixture.request({ client_id: third.clientId, scope: 'openid orders:read', resource: API })
    const visit = await authorizeInBrowser(fixture.newBrowser(), request, { email: 'bob@example.com' })
    const behind = await fixture.codeBehind(visit.location)
    await end({ client: third, sessionId: behind?.sessionId ?? '' })
    const answer = await exchangeCode(fixture, third, answerOf(visit).code ?? '')
    assertRefused(answer, error, error === 'invalid_client' ? 401 : 400)
    await callOperation(resourceUpdate, context(), { id: await resourceId(), status: 'active' })
  })
}

test('what the token endpoint needs is asked for by name', async () => {
  const authorization = { authorization: `Basic ${btoa(`${client.clientId}:${client.clientSecret}`)}` }
  for (const fields of [{}, { grant_type: '' }, { grant_type: 'authorization_code' }]) {
    assertRefused(await postForm(fixture, '/oauth/token', fields, authorization), 'invalid_request')
  }
})
