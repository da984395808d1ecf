// Drives the endpoints with common client libraries.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { SIGNING_ALGORITHMS } from '#domain/outside.ts'
import { type ClientKey, makeClientKey } from '#testing/assertion.ts'
import { REDIRECT_URI } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

// What the field's client libraries make of each kind of realm: they check more than we would think of.

const API = 'https://api.example.com/orders'
const PASSWORD = 'correct horse battery staple'
const SCOPES = ['openid', 'profile', 'email', 'offline_access', 'orders:read']
const INSECURE = { [oauth.allowInsecureRequests]: true }

let server: TestServer
before(async () => {
  server = await startServer()
  const scopes = [{ name: 'orders:read', description: 'Read orders' }]
  await server.api('POST', '/v1/resources', { identifier: API, name: 'Orders', scopes })
})
after(() => server.stop())

interface Known {
  readonly clientId: string
  readonly secret: string
}

/** A realm with a person and a client for each way to authenticate. */
interface Realm {
  readonly issuer: string
  readonly algorithm: string
  readonly person: Person & { readonly sub: string }
  readonly secretClient: Known
  readonly publicClient: Known
  readonly keyClient: Known
  readonly key: ClientKey
}

async function openRealm(algorithm: string | undefined): Promise<Realm> {
  const { issuer_id: id, issuer } = await (algorithm === undefined
    ? server.api<{ issuer_id: string; issuer: string }>('GET', '/v1/realms/default')
    : server.api<{ issuer_id: string; issuer: string }>('POST', '/v1/realms', { name: algorithm, algorithm }))
  const path = `/v1/realms/${id}`
  const person = { email: 'ada@example.com', password: PASSWORD }
  const user = await server.api<{ id: string }>('POST', `${path}/users`, { ...person, name: 'Ada' })
  const key = await makeClientKey('ES256')
  const make = async (given: Record<string, unknown>): Promise<Known> => {
    const made = await server.api<{ client_id: string; client_secret?: string }>('POST', `${path}/clients`, {
      label: 'App',
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scopes: SCOPES,
      audiences: [API],
      redirect_uris: [REDIRECT_URI],
      ...given,
    })
    return { clientId: made.client_id, secret: made.client_secret ?? '' }
  }
  return {
    issuer,
    algorithm: algorithm ?? 'ES256',
    person: { ...person, sub: user.id },
    key,
    secretClient: await make({}),
    publicClient: await make({ auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'] }),
    keyClient: await make({ auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } }),
  }
}

const signIn = (realm: Realm, url: URL) => new UserAgent(server.url).authorize(url.href, realm.person)

/** Verifies an access token with what the realm publishes, and asserts what RFC 9068 §2.2 asks for. */
async function assertAccessToken(
  realm: Realm,
  token: string,
  expected: { sub: string; clientId: string; scope: string },
) {
  const keys = createRemoteJWKSet(new URL(`${realm.issuer}/.well-known/jwks.json`))
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer: realm.issuer,
    audience: API,
    typ: 'at+jwt',
  })
  assert.equal(protectedHeader.alg, realm.algorithm)
  assert.equal(protectedHeader.typ, 'at+jwt')
  assert.ok(protectedHeader.kid)
  const { iss, exp, aud, sub, client_id: clientId, iat, jti, scope } = payload
  assert.equal(iss, realm.issuer)
  assert.equal(Number(exp) - Number(iat), 900)
  assert.deepEqual(aud, expected.scope.split(' ').includes('openid') ? [API, realm.issuer] : API)
  assert.equal(sub, expected.sub)
  assert.equal(clientId, expected.clientId)
  assert.ok(Math.abs(Number(iat) - Date.now() / 1000) < 60)
  assert.match(String(jti), /^[0-9a-f-]{36}$/)
  assert.equal(scope, expected.scope)
  return payload
}

for (const algorithm of [undefined, ...SIGNING_ALGORITHMS]) {
  describe(algorithm === undefined ? 'the default realm' : `a realm that signs ${algorithm}`, () => {
    let realm: Realm
    before(async () => {
      realm = await openRealm(algorithm)
    })

    test('oauth4webapi: a person signs in, and the tokens are refreshed, looked at and given back', async () => {
      const { as, client, auth } = await oauthClient(realm)
      const { params, verifier, nonce } = await oauthCallback(realm, as, client)
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        client,
        auth,
        params,
        REDIRECT_URI,
        verifier,
        INSECURE,
      )
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
        expectedNonce: nonce,
        requireIdToken: true,
        maxAge: 3600,
      })
      const jwksOptions = { ...INSECURE }
      await oauth.validateApplicationLevelSignature(as, response, jwksOptions)
      const claims = oauth.getValidatedIdTokenClaims(tokens)
      assert.equal(claims?.sub, realm.person.sub)
      assert.equal(claims?.acr, 'aal1')
      assert.deepEqual(claims?.amr, ['pwd'])
      const known = { sub: realm.person.sub, clientId: client.client_id, scope: 'openid email orders:read' }
      const payload = await assertAccessToken(realm, tokens.access_token, known)
      assert.equal(payload.auth_time, claims?.auth_time)
      assert.equal(payload.acr, 'aal1')
      assert.deepEqual(payload.amr, ['pwd'])

      const request = new Request(API, { headers: { authorization: `Bearer ${tokens.access_token}` } })
      const valid = await oauth.validateJwtAccessToken(as, request, API, jwksOptions)
      assert.equal(valid.client_id, client.client_id)

      // Userinfo takes tokens for the realm itself.
      const ofRealm = await oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token ?? '', {
          ...INSECURE,
          additionalParameters: { resource: realm.issuer },
        }),
      )
      const told = await oauth.processUserInfoResponse(
        as,
        client,
        realm.person.sub,
        await oauth.userInfoRequest(as, client, ofRealm.access_token, INSECURE),
      )
      assert.equal(told.email, realm.person.email)

      const refreshed = await oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, auth, ofRealm.refresh_token ?? '', INSECURE),
      )
      await assertAccessToken(realm, refreshed.access_token, known)

      const introspect = async () =>
        oauth.processIntrospectionResponse(
          as,
          client,
          await oauth.introspectionRequest(as, client, auth, refreshed.access_token, INSECURE),
        )
      const state = await introspect()
      assert.equal(state.active, true)
      assert.equal(state.sub, realm.person.sub)
      const given = await oauth.revocationRequest(as, client, auth, refreshed.refresh_token ?? '', INSECURE)
      assert.equal(await oauth.processRevocationResponse(given), undefined)
      assert.equal((await introspect()).active, false)
    })

    test('oauth4webapi: a client gets tokens for itself, however it authenticates', async () => {
      const { as } = await oauthClient(realm)
      const key = { key: realm.key.privateKey, kid: 'k1' }
      const methods: [Known, oauth.ClientAuth][] = [
        [realm.secretClient, oauth.ClientSecretBasic(realm.secretClient.secret)],
        [realm.secretClient, oauth.ClientSecretPost(realm.secretClient.secret)],
        [realm.keyClient, oauth.PrivateKeyJwt(key)],
      ]
      for (const [{ clientId }, auth] of methods) {
        const client = { client_id: clientId }
        const wanted = new URLSearchParams({ scope: 'orders:read', resource: API })
        const response = await oauth.clientCredentialsGrantRequest(as, client, auth, wanted, INSECURE)
        const { access_token: token } = await oauth.processClientCredentialsResponse(as, client, response)
        await assertAccessToken(realm, token, { sub: clientId, clientId, scope: 'orders:read' })
      }
    })

    test('oauth4webapi: an answer in the name of another issuer is refused (RFC 9207)', async () => {
      const { as, client } = await oauthClient(realm)
      assert.equal(as.authorization_response_iss_parameter_supported, true)
      const { callback, state } = await oauthCallback(realm, as, client)
      assert.equal(callback.searchParams.get('iss'), realm.issuer)
      for (const iss of ['https://evil.example', `${realm.issuer}/`, undefined]) {
        const other = new URL(callback)
        if (iss) other.searchParams.set('iss', iss)
        else other.searchParams.delete('iss')
        assert.throws(() => oauth.validateAuthResponse(as, client, other, state))
      }
    })

    test('openid-client: a person signs in, and the tokens are refreshed, looked at and given back', async () => {
      const { clientId, secret } = realm.secretClient
      const config = await openidConfig(realm, clientId, openid.ClientSecretBasic(secret))
      const { tokens, nonce } = await openidSignIn(realm, config)
      const claims = tokens.claims()
      assert.equal(claims?.iss, realm.issuer)
      assert.equal(claims?.nonce, nonce)
      const known = { sub: realm.person.sub, clientId, scope: 'openid profile orders:read' }
      await assertAccessToken(realm, tokens.access_token, known)
      const ofRealm = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource: realm.issuer })
      const told = await openid.fetchUserInfo(config, ofRealm.access_token, realm.person.sub)
      assert.equal(told.name, 'Ada')
      const refreshed = await openid.refreshTokenGrant(config, ofRealm.refresh_token ?? '', { resource: API })
      await assertAccessToken(realm, refreshed.access_token, known)
      assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
      const narrow = await openid.refreshTokenGrant(config, refreshed.refresh_token ?? '', { scope: 'orders:read' })
      assert.equal(narrow.scope, 'orders:read')
      assert.equal((await openid.tokenIntrospection(config, narrow.access_token)).active, true)
      await openid.tokenRevocation(config, narrow.access_token)
      assert.equal((await openid.tokenIntrospection(config, narrow.access_token)).active, false)
      await openid.tokenRevocation(config, narrow.refresh_token ?? '')
      await assert.rejects(openid.refreshTokenGrant(config, narrow.refresh_token ?? ''), { error: 'invalid_grant' })
    })

    test('openid-client: an app without a secret signs a person in', async () => {
      const config = await openidConfig(realm, realm.publicClient.clientId, openid.None())
      const { tokens } = await openidSignIn(realm, config)
      assert.ok((await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).access_token)
      await assert.rejects(openid.clientCredentialsGrant(config), { error: 'unauthorized_client' })
    })

    test('openid-client: a client gets tokens for itself, however it authenticates', async () => {
      const { secretClient, keyClient, key } = realm
      const methods: [Known, openid.ClientAuth][] = [
        [secretClient, openid.ClientSecretBasic(secretClient.secret)],
        [secretClient, openid.ClientSecretPost(secretClient.secret)],
        [keyClient, openid.PrivateKeyJwt({ key: key.privateKey, kid: 'k1' })],
      ]
      for (const [{ clientId }, auth] of methods) {
        const config = await openidConfig(realm, clientId, auth)
        const tokens = await openid.clientCredentialsGrant(config, { resource: API, scope: 'orders:read' })
        await assertAccessToken(realm, tokens.access_token, { sub: clientId, clientId, scope: 'orders:read' })
        assert.equal((await openid.tokenIntrospection(config, tokens.access_token)).active, true)
        const unknown = openid.clientCredentialsGrant(config, { resource: 'https://other.example.com/' })
        await assert.rejects(unknown, { error: 'invalid_target' })
      }
    })

    test('both: the metadata is found where RFC 8414 puts it, too', async () => {
      const issuer = new URL(realm.issuer)
      for (const kind of ['oidc', 'oauth2'] as const) {
        const response = await oauth.discoveryRequest(issuer, { algorithm: kind, ...INSECURE })
        const as = await oauth.processDiscoveryResponse(issuer, response)
        assert.equal(as.issuer, realm.issuer)
        const { origin, pathname } = issuer
        const inserted = `${origin}/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`
        assert.equal(response.url, kind === 'oidc' ? `${realm.issuer}/.well-known/openid-configuration` : inserted)
        const options = { algorithm: kind, execute: [openid.allowInsecureRequests] }
        const config = await openid.discovery(issuer, realm.publicClient.clientId, undefined, undefined, options)
        assert.equal(config.serverMetadata().token_endpoint, `${realm.issuer}/oauth/token`)
      }
    })
  })
}

async function oauthClient(realm: Realm) {
  const issuer = new URL(realm.issuer)
  const response = await oauth.discoveryRequest(issuer, INSECURE)
  const as = await oauth.processDiscoveryResponse(issuer, response)
  const { clientId, secret } = realm.secretClient
  const client: oauth.Client = { client_id: clientId, id_token_signed_response_alg: realm.algorithm }
  return { as, client, auth: oauth.ClientSecretBasic(secret) }
}

async function oauthCallback(realm: Realm, as: oauth.AuthorizationServer, client: oauth.Client) {
  const verifier = oauth.generateRandomCodeVerifier()
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
  const url = new URL(as.authorization_endpoint ?? '')
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'openid email orders:read',
    resource: API,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  }).toString()
  const callback = await signIn(realm, url)
  return { params: oauth.validateAuthResponse(as, client, callback, state), callback, state, verifier, nonce }
}

async function openidConfig(realm: Realm, clientId: string, auth: openid.ClientAuth): Promise<openid.Configuration> {
  return openid.discovery(new URL(realm.issuer), clientId, { id_token_signed_response_alg: realm.algorithm }, auth, {
    execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks],
  })
}

async function openidSignIn(realm: Realm, config: openid.Configuration) {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()]
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: 'openid profile orders:read',
    resource: API,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  })
  const callback = await signIn(realm, url)
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true, maxAge: 3600 }
  return { tokens: await openid.authorizationCodeGrant(config, callback, checks), nonce: expectedNonce }
}
