// Checks signed request objects (RFC 9101), and the FAPI 2.0 profiles that need them.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SignJWT } from 'jose'
import type { RealmPolicy } from '#domain/realm/realm.ts'
import { assertionFields, type ClientKey, makeClientKey, signAssertion } from '#testing/assertion.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
} from '#testing/authorization-fixture.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { FormBrowser } from '#testing/form-browser.ts'

let fixture: AuthorizationFixture
let key: ClientKey
let client: Awaited<ReturnType<AuthorizationFixture['makeClient']>>
before(async () => {
  fixture = await openAuthorizationFixture()
  key = await makeClientKey()
  client = await fixture.makeClient({ authMethod: 'private_key_jwt', jwks: { keys: [key.jwk] } })
})
after(() => fixture.close())

function under(profile: RealmPolicy['profile']): FormBrowser {
  const { services } = fixture
  return new FormBrowser(services, { ...services.realm, policy: { ...services.realm.policy, profile } })
}

const seconds = () => Math.floor(fixture.services.clock.now() / 1000)

/** A request object that is right but for what is changed; a claim of undefined is left out. */
function sign(
  { privateKey, alg }: ClientKey,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const about = { iss: client.clientId, aud: under('oauth-2.1').issuer, nbf: seconds(), exp: seconds() + 300 }
  return new SignJWT({ ...fixture.request({ client_id: client.clientId, state: 'inside' }), ...about, ...claims })
    .setProtectedHeader({ alg, kid: 'k1', typ: 'oauth-authz-req+jwt', ...header })
    .sign(privateKey)
}

async function errorOf(request: string, more: Record<string, string> = {}): Promise<string | undefined> {
  const query = { client_id: client.clientId, redirect_uri: fixture.request().redirect_uri ?? '', request, ...more }
  return answerOf(await authorizeInBrowser(under('oauth-2.1'), query)).error
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('JA-01 JA-02 JA-03 an object with no signature, by another algorithm or by another key is refused', async () => {
  assert.equal(await errorOf(await sign(key)), undefined)
  const claims = { ...fixture.request({ client_id: client.clientId }), iss: client.clientId, exp: seconds() + 60 }
  for (const alg of ['none', 'NONE', 'HS256']) {
    const unsigned = `${part({ alg, typ: 'oauth-authz-req+jwt' })}.${part({ ...claims, aud: fixture.newBrowser().issuer })}.`
    assert.equal(await errorOf(unsigned), 'invalid_request_object', alg)
  }
  const [rsa, other] = [await makeClientKey('RS256'), await makeClientKey()]
  assert.equal(await errorOf(await sign(rsa)), 'invalid_request_object')
  assert.equal(await errorOf(await sign(other)), 'invalid_request_object')
  await fixture.makeClient({ authMethod: 'private_key_jwt', jwks: { keys: [other.jwk] } })
  assert.equal(await errorOf(await sign(other)), 'invalid_request_object', 'the key of another client')
})

test('JA-04 an object for another server, without exp, too old or valid for too long is refused', async () => {
  for (const [claims, error] of [
    [{ aud: 'https://other.example' }, 'invalid_request_object'],
    [{ aud: undefined }, 'invalid_request_object'],
    [{ aud: [7] }, 'invalid_request_object'],
    [{ exp: undefined }, 'invalid_request_object'],
    [{ exp: seconds() - 60 }, 'invalid_request_object'],
    [{ exp: seconds() + 3700 }, 'invalid_request_object'],
    [{ nbf: seconds() - 3700 }, 'invalid_request_object'],
    [{ nbf: seconds() + 120 }, 'invalid_request_object'],
    [{ nbf: seconds() + 8 }, undefined],
    [{ iss: 'somebody-else' }, 'invalid_request_object'],
    [{ aud: [under('oauth-2.1').issuer] }, undefined],
  ] as const) {
    assert.equal(await errorOf(await sign(key, claims)), error, JSON.stringify(claims))
  }
})

test('JA-06 only what is inside the object counts', async () => {
  const redirect = fixture.request().redirect_uri ?? ''
  const query = { client_id: client.clientId, redirect_uri: redirect, request: await sign(key, { state: undefined }) }
  const visit = await authorizeInBrowser(under('oauth-2.1'), { ...query, state: 'outside', nonce: 'outside' })
  const answer = answerOf(visit)
  assert.ok(answer.code, JSON.stringify(answer))
  assert.equal(answer.state, undefined)
  assert.equal((await fixture.codeBehind(visit.location))?.nonce, null)
})

test('JA-11 an object about another client, or that is none, is refused and never a defect', async () => {
  for (const request of [
    await sign(key, { client_id: fixture.client.clientId }),
    await sign(key, { client_id: undefined }),
    await sign(key, {}, { typ: 'JWT' }),
    `${part([])}.${part([])}.AA`,
    `${part('x')}.${part(7)}.AA`,
    `${part(null)}.${part(null)}.AA`,
    'a.b.c',
    '..',
    'x',
  ]) {
    assert.equal(await errorOf(request), 'invalid_request_object', request.slice(0, 60))
  }
})

interface Pushed {
  readonly status: number
  readonly body: Record<string, string>
}

async function push(browser: FormBrowser, fields: Record<string, string>, headers = {}): Promise<Pushed> {
  const facts = { clientId: client.clientId, issuer: browser.issuer, now: fixture.services.clock.now() }
  const assertion = assertionFields(await signAssertion(key, facts))
  const { status, text } = await browser.post(
    '/oauth/par',
    { client_id: client.clientId, ...fields, ...assertion },
    headers,
  )
  return { status, body: JSON.parse(text) }
}

test('FAPI 2.0 Message Signing: the pushed request is signed, and the response too', async () => {
  const browser = under('fapi-2.0-message-signing')
  const { text } = await browser.get('/.well-known/openid-configuration')
  const metadata = JSON.parse(text)
  assert.deepEqual(
    [metadata.require_signed_request_object, metadata.require_pushed_authorization_requests],
    [true, true],
  )
  assert.deepEqual(metadata.response_modes_supported, ['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'])

  const plain = await push(browser, fixture.request({ client_id: client.clientId, response_mode: 'jwt' }))
  assert.deepEqual([plain.status, plain.body.error], [400, 'invalid_request'])
  assert.match(String(plain.body.error_description), /signed request object/)
  for (const [claims, error] of [
    [{ response_mode: 'jwt', nbf: undefined }, 'invalid_request_object'],
    [{}, 'invalid_request'],
    [{ response_mode: 'query' }, 'invalid_request'],
    [{ response_mode: 'form_post' }, 'invalid_request'],
    [{ response_mode: 'jwt', redirect_uri: undefined }, 'invalid_request'],
  ] as const) {
    const { status, body } = await push(browser, { request: await sign(key, claims) })
    assert.deepEqual([status, body.error], [400, error], JSON.stringify(claims))
  }
  const unpushed = answerOf(
    await browser.get('/oauth/authorize', { client_id: client.clientId, request: await sign(key), ...redirect() }),
  )
  assert.equal(claimsOf(unpushed.response).error, 'invalid_request', 'the error is signed, too')

  const pushed = await push(browser, { request: await sign(key, { response_mode: 'jwt' }) })
  assert.equal(pushed.status, 201, JSON.stringify(pushed.body))
  const query = { client_id: client.clientId, request_uri: String(pushed.body.request_uri) }
  const answer = answerOf(await authorizeInBrowser(browser, query))
  assert.deepEqual(Object.keys(answer), ['response'])
  const response = claimsOf(answer.response)
  assert.deepEqual([response.state, response.iss, response.aud], ['inside', browser.issuer, client.clientId])
  const dpop = await makeDpopKey()
  const facts = { clientId: client.clientId, issuer: browser.issuer, now: fixture.services.clock.now() }
  const fields = { grant_type: 'authorization_code', code: String(response.code), code_verifier: 'x'.repeat(43) }
  const proof = await dpop.prove(`${browser.issuer}/oauth/token`, fixture.services.clock.now())
  const first = await browser.post(
    '/oauth/token',
    { ...fields, ...assertionFields(await signAssertion(key, facts)) },
    { dpop: proof },
  )
  assert.equal(JSON.parse(first.text).error, 'use_dpop_nonce')
})

test('a client takes the profile of message signing in a realm without one', async () => {
  await assert.rejects(fixture.makeClient({ profile: 'fapi-2.0-message-signing' }), { code: 'invalid_input' })
  const strict = await fixture.makeClient({
    authMethod: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
    profile: 'fapi-2.0-message-signing',
  })
  const answer = answerOf(
    await fixture.newBrowser().get('/oauth/authorize', fixture.request({ client_id: strict.clientId })),
  )
  assert.equal(claimsOf(answer.response).error, 'invalid_request')
})

test('RU-07 FAPI 2.0: a request names its redirect URI, and http is for native applications', async () => {
  const browser = under('fapi-2.0')
  const missing = await push(browser, fixture.request({ client_id: client.clientId, redirect_uri: null }))
  assert.deepEqual([missing.status, missing.body.error], [400, 'invalid_request'])
  const loopback = 'http://127.0.0.1/callback'
  for (const [applicationType, status] of [
    ['web', 400],
    ['native', 201],
  ] as const) {
    const made = await fixture.makeClient({
      authMethod: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
      redirectUris: [loopback],
      applicationType,
    })
    const facts = { clientId: made.clientId, issuer: browser.issuer, now: fixture.services.clock.now() }
    const assertion = assertionFields(await signAssertion(key, facts))
    const request = fixture.request({ client_id: made.clientId, redirect_uri: loopback })
    assert.equal((await browser.post('/oauth/par', { ...request, ...assertion }, {})).status, status, applicationType)
  }
})

test('FAPI 2.0: a JWT from a clock that is 8 seconds ahead is accepted, and one from 61 seconds ahead is not', async () => {
  const browser = under('fapi-2.0')
  for (const [ahead, status] of [
    [8, 201],
    [61, 401],
  ] as const) {
    const facts = { clientId: client.clientId, issuer: browser.issuer, now: fixture.services.clock.now() }
    const claims = { iat: seconds() + ahead, nbf: seconds() + ahead, exp: seconds() + ahead + 60 }
    const assertion = assertionFields(await signAssertion(key, facts, claims))
    const request = fixture.request({ client_id: client.clientId })
    assert.equal((await browser.post('/oauth/par', { ...request, ...assertion }, {})).status, status, String(ahead))
  }
})

const redirect = () => ({ redirect_uri: fixture.request().redirect_uri ?? '' })
const claimsOf = (jwt: unknown) =>
  JSON.parse(Buffer.from(String(jwt).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
