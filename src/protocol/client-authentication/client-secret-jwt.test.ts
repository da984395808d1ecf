// Clients that authenticate by an HMAC with their secret (OpenID Connect Core §9, client_secret_jwt).
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { SignJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { clientGet, clientList, clientRotateSecret } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { assertionFields, makeClientKey, signAssertion } from '#testing/assertion.ts'
import { type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { makeClient } from '#testing/realm.ts'
import { startServer } from '#testing/server.ts'
import { type Answer, basic, postForm } from '#testing/token-client.ts'

const ISSUER = 'https://id.example.com'

let fixture: AuthorizationFixture
let client: ClientWithSecret

before(async () => {
  fixture = await openAuthorizationFixture()
  client = await makeSecretClient()
})
after(() => fixture.close())

const makeSecretClient = () =>
  fixture.makeClient({ authMethod: 'client_secret_jwt', grantTypes: ['client_credentials'], redirectUris: [] })

let count = 0

function sign(
  claims: Record<string, unknown> = {},
  { secret = client.clientSecret ?? '', of = client, alg = 'HS256' } = {},
): Promise<string> {
  const iat = Math.floor(fixture.services.clock.now() / 1000)
  const all = { iss: of.clientId, sub: of.clientId, aud: ISSUER, iat, exp: iat + 60, jti: `jti-${++count}`, ...claims }
  return new SignJWT(all).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret))
}

const present = (assertion: string, more: Record<string, string> = {}) =>
  postForm(fixture, '/oauth/token', { grant_type: 'client_credentials', ...assertionFields(assertion), ...more })

function assertRefused({ status, body }: Answer, told?: unknown): void {
  assert.deepEqual([status, body.error], [401, 'invalid_client'], JSON.stringify([told, body]))
}

test('an HMAC with the secret stands for the client, and neither Basic nor the form takes the secret itself', async () => {
  assert.equal((await present(await sign())).status, 200)
  const credentials = { clientId: client.clientId, clientSecret: client.clientSecret }
  assertRefused(await postForm(fixture, '/oauth/token', { grant_type: 'client_credentials' }, basic(credentials)))
  const { clientId: client_id, clientSecret: client_secret = '' } = client
  assertRefused(await postForm(fixture, '/oauth/token', { grant_type: 'client_credentials', client_id, client_secret }))
  const plain = await fixture.makeClient({ grantTypes: ['client_credentials'] })
  assertRefused(
    await present(await sign({}, { secret: plain.clientSecret ?? '', of: plain })),
    'a client_secret client',
  )
})

test('CA-02 an assertion is good once, also if ten come at the same time', async () => {
  const assertion = await sign()
  const answers = await Promise.all(Array.from({ length: 10 }, () => present(assertion)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assertRefused(await present(assertion))
})

test('CA-01, CA-03, JW-12, JW-13 claims that are missing or odd are refused', async () => {
  const now = Math.floor(fixture.services.clock.now() / 1000)
  for (const claims of [
    { sub: undefined },
    { jti: undefined },
    { jti: '' },
    { jti: 'x'.repeat(257) },
    { exp: undefined },
    { exp: now - 300 },
    { exp: now + 3600 },
    { exp: now + 0.5 },
    { exp: -1 },
    { iat: now + 300 },
    { iat: now - 3600 },
    { iss: 'somebody' },
    { sub: 'somebody' },
    { aud: undefined },
    { aud: 'https://other.example' },
    { aud: [ISSUER, 'https://other.example'] },
    { aud: `${ISSUER}.evil.example` },
  ]) {
    assertRefused(await present(await sign(claims), { client_id: client.clientId }), claims)
  }
})

test('JW-01, JW-02 only HS256 with the own secret is taken', async () => {
  const other = await makeSecretClient()
  assertRefused(await present(await sign({}, { secret: other.clientSecret ?? '' })), 'the secret of another client')
  assertRefused(await present(await sign({}, { secret: '0'.repeat(43) })), 'another secret')
  for (const alg of ['HS384', 'HS512']) {
    const long = (client.clientSecret ?? '').padEnd(64, '0')
    assertRefused(await present(await sign({}, { alg, secret: long })), alg)
  }
  const now = fixture.services.clock.now()
  const key = await makeClientKey('RS256')
  assertRefused(await present(await signAssertion(key, { clientId: client.clientId, issuer: ISSUER, now })), 'RS256')
  const [, payload = '', signature = ''] = (await sign()).split('.')
  for (const alg of ['none', 'None', 'nOnE', '', null]) {
    const header = Buffer.from(JSON.stringify({ alg })).toString('base64url')
    for (const end of ['', signature]) assertRefused(await present(`${header}.${payload}.${end}`), alg)
  }
})

test('JW-03, JW-06 a key in the header is not used, and an extension that is not understood is refused', async () => {
  const attacker = 'an attacker knows this key very well'
  const forged = (header: object, key: string) => {
    const iat = Math.floor(fixture.services.clock.now() / 1000)
    const claims = { iss: client.clientId, sub: client.clientId, aud: ISSUER, iat, exp: iat + 60, jti: `f-${++count}` }
    const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
  }
  const jwk = { kty: 'oct', k: Buffer.from(attacker).toString('base64url') }
  assertRefused(await present(forged({ alg: 'HS256', jwk }, attacker)))
  const secret = client.clientSecret ?? ''
  assertRefused(await present(forged({ alg: 'HS256', crit: ['x'], x: 1 }, secret)))
  assertRefused(await present(forged({ alg: 'HS256', crit: ['b64'], b64: false }, secret)))
  assert.equal((await present(forged({ alg: 'HS256' }, secret))).status, 200)
})

test('CA-12 a rotated secret signs nothing any more; the secret is in no view, list, event or row', async () => {
  const context = fixture.services.contextFor()
  const rotating = await makeSecretClient()
  const old = rotating.clientSecret ?? ''
  assert.equal((await present(await sign({}, { of: rotating, secret: old }))).status, 200)
  const { clientSecret: next = '' } = await callOperation(clientRotateSecret, context, { id: rotating.id })
  assertRefused(await present(await sign({}, { of: rotating, secret: old })))
  assert.equal((await present(await sign({}, { of: rotating, secret: next }))).status, 200)
  const shown = JSON.stringify([
    await callOperation(clientGet, context, { id: rotating.id }),
    await callOperation(clientList, context, { limit: 200 }),
    await context.read.events.list({ limit: 200 }),
    await fixture.services.database.read.kysely.selectFrom('client').selectAll().execute(),
  ])
  assert.ok(!shown.includes(old) && !shown.includes(next))
})

test('the FAPI profile refuses client_secret_jwt, and a realm under it does not offer it', async (t) => {
  const server = await startServer()
  t.after(() => server.stop())
  const given = { auth_method: 'client_secret_jwt', grant_types: ['client_credentials'], redirect_uris: [] }
  const made = await makeClient(server, given)
  const token = async () => {
    const config = await openid.discovery(new URL(server.url), made.clientId, {}, openid.ClientSecretJwt(made.secret), {
      execute: [openid.allowInsecureRequests],
    })
    return openid.clientCredentialsGrant(config)
  }
  assert.equal((await token()).token_type, 'bearer', 'openid-client')

  const issuer = new URL(server.url)
  const insecure = { [oauth.allowInsecureRequests]: true }
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
  assert.ok(as.token_endpoint_auth_methods_supported?.includes('client_secret_jwt'))
  assert.ok(as.token_endpoint_auth_signing_alg_values_supported?.includes('HS256'))
  const known = { client_id: made.clientId }
  const auth = oauth.ClientSecretJwt(made.secret)
  const response = await oauth.clientCredentialsGrantRequest(as, known, auth, {}, insecure)
  assert.ok((await oauth.processClientCredentialsResponse(as, known, response)).access_token, 'oauth4webapi')

  await server.api('PATCH', '/v1/realms/default', { policy: { profile: 'fapi-2.0' } })
  await assert.rejects(token(), { code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE', status: 401 })
  const {
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: algorithms,
  } = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
  assert.deepEqual([methods, algorithms?.includes('HS256')], [['private_key_jwt'], false])
})

test('a client that registers itself with client_secret_jwt gets a secret that works', async (t) => {
  const server = await startServer()
  t.after(() => server.stop())
  await server.api('PATCH', '/v1/realms/default', {
    policy: { registration: { mode: 'open', client_credentials: true } },
  })
  const document = {
    redirect_uris: ['https://app.example/cb'],
    grant_types: ['authorization_code', 'client_credentials'],
    token_endpoint_auth_method: 'client_secret_jwt',
  }
  const config = await openid.dynamicClientRegistration(new URL(server.url), document, undefined, {
    execute: [openid.allowInsecureRequests],
  })
  const { client_secret: secret, client_id: id, token_endpoint_auth_method: method } = config.clientMetadata()
  assert.equal(method, 'client_secret_jwt')
  const auth = openid.ClientSecretJwt(String(secret))
  const again = await openid.discovery(new URL(server.url), id, {}, auth, { execute: [openid.allowInsecureRequests] })
  assert.ok((await openid.clientCredentialsGrant(again)).access_token)
})
