// Checks what each profile demands and refuses.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SignJWT } from 'jose'
import { realmCreate } from '#domain/realm/realm.operations.ts'
import type { RealmPolicy } from '#domain/realm/realm.ts'
import { resourceCreate } from '#domain/resource/resource.operations.ts'
import { addAlgorithm } from '#domain/signing-key/signing-key.service.ts'
import { assertionFields, makeClientKey, signAssertion } from '#testing/assertion.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  VERIFIER,
} from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { FormBrowser } from '#testing/form-browser.ts'
import { basic } from '#testing/token-client.ts'

let fixture: AuthorizationFixture
before(async () => {
  fixture = await openAuthorizationFixture()
})
after(() => fixture.close())

function under(profile: RealmPolicy['profile']): FormBrowser {
  const { services } = fixture
  return new FormBrowser(services, { ...services.realm, policy: { ...services.realm.policy, profile } })
}
const headerOf = (jwt: unknown) => JSON.parse(Buffer.from(String(jwt).split('.')[0] ?? '', 'base64url').toString())

test('FAPI 2.0: pushed by private_key_jwt, bound by DPoP, and nothing else', async () => {
  const browser = under('fapi-2.0')
  const { services } = fixture
  const key = await makeClientKey()
  const client = await fixture.makeClient({
    authMethod: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
    grantTypes: ['authorization_code', 'refresh_token'],
  })
  const dpop = await makeDpopKey()
  const assertion = async (jti: string) =>
    assertionFields(
      await signAssertion(
        key,
        { clientId: client.clientId, issuer: browser.issuer, now: services.clock.now() },
        { jti },
      ),
    )
  const request = fixture.request({ client_id: client.clientId })

  const plain = await browser.get('/oauth/authorize', request)
  assert.match(String(plain.location), /error=invalid_request.*must%20push%20its%20request/)
  const secret = await browser.post('/oauth/token', { grant_type: 'client_credentials' }, basic(fixture.client))
  assert.notEqual(secret.status, 200)

  const pushed = await browser.post('/oauth/par', { ...request, ...(await assertion('1')) }, {})
  assert.equal(pushed.status, 201, pushed.text)
  const { request_uri: uri } = JSON.parse(pushed.text)
  const answer = answerOf(await authorizeInBrowser(browser, { client_id: client.clientId, request_uri: uri }))
  assert.equal(answer.state, 'a state', JSON.stringify(answer))
  const fields = { grant_type: 'authorization_code', code: String(answer.code), code_verifier: VERIFIER }
  const unbound = await browser.post('/oauth/token', { ...fields, ...(await assertion('2')) }, {})
  assert.equal(JSON.parse(unbound.text).error, 'invalid_dpop_proof')
  const prove = (nonce?: string) =>
    dpop.prove(`${browser.issuer}/oauth/token`, services.clock.now(), nonce === undefined ? {} : { nonce })
  const refused = await browser.post('/oauth/token', { ...fields, ...(await assertion('3')) }, { dpop: await prove() })
  assert.equal(JSON.parse(refused.text).error, 'use_dpop_nonce')
  const proof = await prove(String(refused.headers['dpop-nonce']))
  const bound = await browser.post('/oauth/token', { ...fields, ...(await assertion('4')) }, { dpop: proof })
  assert.deepEqual([bound.status, JSON.parse(bound.text).token_type], [200, 'DPoP'], bound.text)

  const { refresh_token: kept } = JSON.parse(bound.text)
  const refresh = { grant_type: 'refresh_token', refresh_token: kept }
  for (const jti of ['5', '6']) {
    const proof = await prove(String(refused.headers['dpop-nonce']))
    const again = await browser.post('/oauth/token', { ...refresh, ...(await assertion(jti)) }, { dpop: proof })
    assert.equal(JSON.parse(again.text).refresh_token, kept, 'FAPI 2.0 §5.3.2.1: refresh tokens are not rotated')
  }
})

test('a realm takes a profile by its policy, and its metadata follows', async () => {
  const { services } = fixture
  const made = await callOperation(realmCreate, services.contextFor({ realm: null }), {
    name: 'Bank',
    policy: { profile: 'fapi-2.0' },
  })
  assert.equal(made.policy.profile, 'fapi-2.0')
  const { realm } = (await services.registry.realmByIssuerId(made.issuerId)) ?? {}
  assert.ok(realm)
  const metadata = JSON.parse((await new FormBrowser(services, realm).get('/.well-known/openid-configuration')).text)
  assert.equal(metadata.require_pushed_authorization_requests, true)
  assert.deepEqual(metadata.token_endpoint_auth_methods_supported, ['private_key_jwt'])
  assert.deepEqual(metadata.dpop_signing_alg_values_supported, ['ES256', 'EdDSA', 'Ed25519', 'PS256'])
  const refused = callOperation(realmCreate, services.contextFor({ realm: null }), {
    name: 'Agents',
    policy: { profile: 'mcp' },
  })
  await assert.rejects(refused, { code: 'invalid_input' })
})

test('DP-13 a client takes a stricter profile than its realm, or only bound tokens', async () => {
  const key = await makeClientKey()
  const strict = await fixture.makeClient({
    authMethod: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
    profile: 'fapi-2.0',
  })
  const plain = answerOf(
    await authorizeInBrowser(fixture.newBrowser(), fixture.request({ client_id: strict.clientId })),
  )
  assert.match(String(plain.error_description), /must push its request/)
  await assert.rejects(fixture.makeClient({ profile: 'fapi-2.0' }), { code: 'invalid_input' })

  const bound = await fixture.makeClient({ grantTypes: ['client_credentials'], dpopBoundAccessTokens: true })
  const fields = { grant_type: 'client_credentials' }
  const bearer = await fixture.newBrowser().post('/oauth/token', fields, basic(bound))
  assert.equal(JSON.parse(bearer.text).error, 'invalid_dpop_proof')
  const dpop = await makeDpopKey()
  const proof = await dpop.prove(`${fixture.newBrowser().issuer}/oauth/token`, fixture.services.clock.now())
  const { text } = await fixture.newBrowser().post('/oauth/token', fields, { ...basic(bound), dpop: proof })
  assert.equal(JSON.parse(text).token_type, 'DPoP', text)
})

test('a request object', async () => {
  const key = await makeClientKey()
  const client = await fixture.makeClient({ authMethod: 'private_key_jwt', jwks: { keys: [key.jwk] } })
  const browser = fixture.newBrowser()
  const claims = {
    ...fixture.request({ client_id: client.clientId, state: 'inside' }),
    aud: browser.issuer,
    iss: client.clientId,
  }
  const object = await new SignJWT({ ...claims, exp: Math.floor(fixture.services.clock.now() / 1000) + 60 })
    .setProtectedHeader({ alg: key.alg, kid: 'k1', typ: 'oauth-authz-req+jwt' })
    .sign(key.privateKey)
  const plain = { client_id: client.clientId, state: 'outside', redirect_uri: String(fixture.request().redirect_uri) }
  assert.equal(answerOf(await authorizeInBrowser(browser, { ...plain, request: object })).state, 'inside')
  const forged = answerOf(await browser.get('/oauth/authorize', { ...plain, request: `${object}x` }))
  assert.deepEqual([forged.error, forged.state], ['invalid_request_object', 'outside'])
})

test('PK-02 PKCE is waived for a confidential client that is registered so, which sends a nonce instead', async () => {
  const client = await fixture.makeClient({ pkceRequired: false })
  const request = fixture.request({
    client_id: client.clientId,
    code_challenge: null,
    code_challenge_method: null,
    nonce: 'n',
  })
  const described = (answer: Record<string, string>) => [answer.error, answer.error_description]
  assert.deepEqual(described(answerOf(await authorizeInBrowser(under('fapi-2.0'), request))).slice(0, 1), [
    'invalid_request',
  ])
  const { nonce: _, ...withoutNonce } = request
  assert.deepEqual(described(answerOf(await authorizeInBrowser(fixture.newBrowser(), withoutNonce))), [
    'invalid_request',
    'Without code_challenge, the request needs a nonce and the scope openid.',
  ])
  const { code = '' } = answerOf(await authorizeInBrowser(fixture.newBrowser(), request))
  const fields = { grant_type: 'authorization_code', code }
  const injected = await fixture
    .newBrowser()
    .post('/oauth/token', { ...fields, code_verifier: VERIFIER }, basic(client))
  assert.equal(JSON.parse(injected.text).error, 'invalid_grant', 'a verifier without a challenge (RFC 9700 §2.1.1)')
  const again = answerOf(await authorizeInBrowser(fixture.newBrowser(), request)).code ?? ''
  const { status, text } = await fixture.newBrowser().post('/oauth/token', { ...fields, code: again }, basic(client))
  assert.equal(status, 200, text)
  const certified = answerOf(await authorizeInBrowser(under('openid-certification'), withoutNonce))
  assert.ok(certified.code, JSON.stringify(certified))
  await assert.rejects(fixture.makeClient({ authMethod: 'none', pkceRequired: false }), { code: 'invalid_input' })
})

test('RS256 and ES256 side by side: the client chooses for its ID tokens, access tokens follow the resource', async () => {
  const { services } = fixture
  await addAlgorithm(services.contextFor(), 'RS256')
  const client = await fixture.makeClient({ idTokenSignedResponseAlg: 'RS256' })
  const { code = '' } = answerOf(
    await authorizeInBrowser(fixture.newBrowser(), fixture.request({ client_id: client.clientId })),
  )
  const fields = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
  const { text } = await fixture.newBrowser().post('/oauth/token', fields, basic(client))
  const tokens = JSON.parse(text)
  assert.deepEqual([headerOf(tokens.id_token).alg, headerOf(tokens.access_token).alg], ['RS256', 'ES256'], text)
  const { keys } = JSON.parse((await fixture.newBrowser().get('/.well-known/jwks.json')).text)
  assert.deepEqual(keys.map(({ alg }: { alg: string }) => alg).sort(), ['ES256', 'ES256', 'RS256', 'RS256'])

  const identifier = 'https://legacy.example.com/api'
  await callOperation(resourceCreate, services.contextFor(), { identifier, signingAlgorithm: 'RS256' })
  const program = await fixture.makeClient({ grantTypes: ['client_credentials'], audiences: [identifier] })
  const asked = { grant_type: 'client_credentials', resource: identifier }
  const answer = await fixture.newBrowser().post('/oauth/token', asked, basic(program))
  assert.equal(headerOf(JSON.parse(answer.text).access_token).alg, 'RS256', answer.text)
})

test('CA-01 an assertion that is addressed to the token endpoint is refused under FAPI, and taken without a profile', async () => {
  const key = await makeClientKey()
  const { clientId } = await fixture.makeClient({ authMethod: 'private_key_jwt', jwks: { keys: [key.jwk] } })
  const push = async (browser: FormBrowser, aud: unknown) => {
    const facts = { clientId, issuer: browser.issuer, now: fixture.services.clock.now() }
    const assertion = assertionFields(await signAssertion(key, facts, { aud }))
    const { status, text } = await browser.post(
      '/oauth/par',
      { ...fixture.request({ client_id: clientId }), ...assertion },
      {},
    )
    return [status, JSON.parse(text).error]
  }
  const strict = under('fapi-2.0')
  for (const aud of [`${strict.issuer}/oauth/token`, `${strict.issuer}/oauth/par`]) {
    assert.deepEqual(await push(strict, aud), [401, 'invalid_client'], aud)
  }
  assert.deepEqual(await push(strict, strict.issuer), [201, undefined])
  const plain = fixture.newBrowser()
  assert.deepEqual(await push(plain, `${plain.issuer}/oauth/token`), [201, undefined])
})
