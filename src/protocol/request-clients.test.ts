// Drives authorization requests of every kind with openid-client: pushed, signed, with authorization details.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as openid from 'openid-client'
import { makeClientKey } from '#testing/assertion.ts'
import { makeClient, makePerson, REDIRECT_URI } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const BANK = 'https://bank.example.com/api'
const PAYMENT = { type: 'payment_initiation', actions: ['initiate'], creditorName: 'Merchant A' }

let server: TestServer
let ada: Person

before(async () => {
  server = await startServer()
  ada = await makePerson(server, 'ada@example.com')
  await server.api('POST', '/v1/resources', {
    identifier: BANK,
    authorization_details_types: [
      {
        type: 'payment_initiation',
        title: 'Pay from your account',
        actions: [{ name: 'initiate', description: 'Start the payment' }],
        schema: { required: ['creditorName'], properties: { creditorName: { type: 'string' } } },
      },
    ],
  })
})
after(() => server.stop())

const OPTIONS = { execute: [openid.allowInsecureRequests] }

async function begin(scope = 'openid') {
  const verifier = openid.randomPKCECodeVerifier()
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: openid.randomState(),
    expectedNonce: openid.randomNonce(),
  }
  const parameters = {
    redirect_uri: REDIRECT_URI,
    scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }
  return { checks, parameters }
}

test('openid-client pushes a request with authorization details, for a client that must push', async () => {
  const made = await makeClient(server, {
    audiences: [BANK],
    authorization_details_types: ['payment_initiation'],
    require_pushed_authorization_requests: true,
  })
  const config = await openid.discovery(new URL(server.url), made.clientId, made.secret, undefined, OPTIONS)
  assert.deepEqual(config.serverMetadata().authorization_details_types_supported, ['payment_initiation'])
  const { checks, parameters } = await begin()
  const details = { resource: BANK, authorization_details: JSON.stringify([PAYMENT]) }
  const plain = openid.buildAuthorizationUrl(config, { ...parameters, ...details })
  const refused = await new UserAgent(server.url).authorize(plain.href, ada)
  assert.equal(refused.searchParams.get('error'), 'invalid_request')

  const address = await openid.buildAuthorizationUrlWithPAR(config, { ...parameters, ...details })
  const callback = await new UserAgent(server.url).authorize(address.href, ada)
  const tokens = await openid.authorizationCodeGrant(config, callback, checks, { resource: BANK })
  assert.deepEqual(tokens.authorization_details, [PAYMENT])
  const { data } = await server.api<{ data: { resource: string; authorization_details: unknown }[] }>(
    'GET',
    '/v1/realms/default/grants',
  )
  assert.deepEqual(data.find(({ resource }) => resource === BANK)?.authorization_details, [PAYMENT])
  const state = await openid.tokenIntrospection(config, tokens.access_token)
  assert.deepEqual(state.authorization_details, [PAYMENT])
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', {
    resource: BANK,
    authorization_details: JSON.stringify([PAYMENT]),
  })
  assert.deepEqual(refreshed.authorization_details, [PAYMENT])
})

test('openid-client signs a request object with authorization details, and gets a signed response (JARM)', async () => {
  const key = await makeClientKey()
  const made = await makeClient(server, {
    audiences: [BANK],
    authorization_details_types: ['payment_initiation'],
    auth_method: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
    grant_types: ['authorization_code'],
  })
  const privateKey = { key: key.privateKey as CryptoKey, kid: 'k1' }
  const authentication = openid.PrivateKeyJwt(privateKey)
  const config = await openid.discovery(new URL(server.url), made.clientId, {}, authentication, OPTIONS)
  openid.useJwtResponseMode(config)
  const { checks, parameters } = await begin()
  const asked = { ...parameters, resource: BANK, authorization_details: JSON.stringify([PAYMENT]) }
  const address = await openid.buildAuthorizationUrlWithJAR(config, asked, privateKey)
  assert.equal(address.searchParams.get('state'), null)
  const callback = await new UserAgent(server.url).authorize(address.href, ada)
  assert.ok(callback.searchParams.get('response'), callback.href)
  const tokens = await openid.authorizationCodeGrant(config, callback, checks, { resource: BANK })
  assert.deepEqual(tokens.authorization_details, [PAYMENT])
})

test('a client registers the types that it asks for, and can ask for no others', async () => {
  await server.api('PATCH', '/v1/realms/default', { policy: { registration: { mode: 'open' } } })
  const register = (types: string[]) =>
    openid.dynamicClientRegistration(
      new URL(server.url),
      { redirect_uris: [REDIRECT_URI], authorization_details_types: types },
      undefined,
      OPTIONS,
    )
  const [able, unable] = [await register(['payment_initiation']), await register(['other'])]
  assert.deepEqual(able.clientMetadata().authorization_details_types, ['payment_initiation'])
  const { parameters } = await begin()
  const asked = { ...parameters, resource: BANK, authorization_details: JSON.stringify([PAYMENT]) }
  const address = openid.buildAuthorizationUrl(able, asked)
  const callback = await new UserAgent(server.url).authorize(address.href, ada)
  assert.ok(callback.searchParams.get('code'))
  await assert.rejects(openid.buildAuthorizationUrlWithPAR(unable, asked), { error: 'invalid_authorization_details' })
})

test('openid-client under FAPI 2.0 Message Signing: signed and pushed, JARM, DPoP with nonces', async () => {
  const key = await makeClientKey()
  const made = await makeClient(server, {
    auth_method: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
    grant_types: ['authorization_code', 'refresh_token'],
    profile: 'fapi-2.0-message-signing',
  })
  const privateKey = { key: key.privateKey as CryptoKey, kid: 'k1' }
  // The profile wants the issuer alone as the audience of an assertion.
  const authentication = openid.PrivateKeyJwt(privateKey, {
    [openid.modifyAssertion]: (_header, payload) => {
      payload.aud = server.url
    },
  })
  const config = await openid.discovery(new URL(server.url), made.clientId, {}, authentication, OPTIONS)
  openid.useJwtResponseMode(config)
  const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'))
  const { checks, parameters } = await begin()
  const signed = await openid.buildAuthorizationUrlWithJAR(config, parameters, privateKey)
  const address = await openid.buildAuthorizationUrlWithPAR(config, signed.searchParams, { DPoP })
  const callback = await new UserAgent(server.url).authorize(address.href, ada)
  assert.deepEqual([...callback.searchParams.keys()], ['response'])
  const tokens = await openid.authorizationCodeGrant(config, callback, checks, undefined, { DPoP })
  assert.equal(tokens.token_type, 'dpop')
  const again = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
  const state = await openid.tokenIntrospection(config, tokens.access_token)
  assert.equal(state.active, true, 'a signed introspection response')
  assert.equal(again.refresh_token, tokens.refresh_token, 'refresh tokens are not rotated')
})

test('JA-12 the endpoint of pushed requests takes forms by POST only', async () => {
  const made = await makeClient(server)
  const ask = (method: string, headers: Record<string, string> = {}, body?: string) =>
    fetch(`${server.url}/oauth/par`, { method, headers: { authorization: made.basic, ...headers }, body: body ?? null })
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const { status } = await ask(method)
    assert.ok(status === 404 || status === 405, `${method}: ${status}`)
  }
  const json = await ask('POST', { 'content-type': 'application/json' }, JSON.stringify({ response_type: 'code' }))
  assert.ok(json.status === 400 || json.status === 415, String(json.status))
})

test('JA-08 nothing that was pushed is in an address, a cookie or a page', async () => {
  const made = await makeClient(server)
  const { parameters } = await begin()
  const pushed = await fetch(`${server.url}/oauth/par`, {
    method: 'POST',
    body: new URLSearchParams({
      ...{ response_type: 'code', client_id: made.clientId, client_secret: made.secret },
      ...{ ...parameters, login_hint: 'somebody@secret.example' },
    }),
  })
  const { request_uri: uri } = (await pushed.json()) as { request_uri: string }
  const query = new URLSearchParams({ client_id: made.clientId, request_uri: uri })
  const opened = await fetch(`${server.url}/oauth/authorize?${query}`, { redirect: 'manual' })
  const cookies = opened.headers.getSetCookie()
  const location = opened.headers.get('location') ?? ''
  const page = await fetch(new URL(location, server.url), {
    headers: { cookie: cookies.map((line) => line.split(';')[0]).join('; ') },
  })
  const all = [location, ...cookies, await page.text()].join()
  for (const hidden of [made.secret, parameters.state, parameters.nonce, parameters.code_challenge]) {
    assert.ok(!all.includes(hidden), hidden)
  }
})
