// Responses that are signed and encrypted for a client, as the field's client libraries read them.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { compactDecrypt, createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { Issuer } from 'openid-client-5'
import { CONTENT_ENCRYPTIONS, ENCRYPTION_ALGORITHMS } from '#domain/outside.ts'
import { exchange, getCode, makeClient, makePerson, post, REDIRECT_URI, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const INSECURE = { [oauth.allowInsecureRequests]: true }
const JWT_MEDIA_TYPE = 'application/token-introspection+jwt'

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey']

let server: TestServer
let ada: Person & { readonly id: string }

before(async () => {
  server = await startServer()
  ada = await makePerson(server, 'ada@example.com')
})
after(() => server.stop())

interface EncryptionKey {
  readonly privateKey: PrivateKey
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] }
}

async function encryptionKey(alg: string): Promise<EncryptionKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { privateKey, jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'enc-1', use: 'enc', alg }] } }
}

/** Decrypts a JWE. @returns its header and its content */
async function opened(jwe: string, { privateKey }: EncryptionKey) {
  const { plaintext, protectedHeader } = await compactDecrypt(jwe, privateKey)
  return { header: protectedHeader, text: new TextDecoder().decode(plaintext) }
}

const keys = () => createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))

async function userinfoOf(access: unknown) {
  const response = await fetch(`${server.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${access}` } })
  return { type: response.headers.get('content-type') ?? '', text: await response.text(), status: response.status }
}

async function introspected(client: TestClient, token: unknown, accept: string) {
  const response = await fetch(`${server.url}/oauth/introspect`, {
    method: 'POST',
    headers: { authorization: client.basic, accept },
    body: new URLSearchParams({ token: String(token) }),
  })
  return { type: response.headers.get('content-type') ?? '', text: await response.text() }
}

for (const alg of ENCRYPTION_ALGORITHMS) {
  for (const enc of CONTENT_ENCRYPTIONS) {
    test(`${alg} with ${enc}: ID token, userinfo, introspection and authorization response open with the client's key`, async () => {
      const key = await encryptionKey(alg)
      const client = await makeClient(server, {
        jwks: key.jwks,
        id_token_encrypted_response_alg: alg,
        id_token_encrypted_response_enc: enc,
        userinfo_signed_response_alg: 'ES256',
        userinfo_encrypted_response_alg: alg,
        userinfo_encrypted_response_enc: enc,
        introspection_encrypted_response_alg: alg,
        introspection_encrypted_response_enc: enc,
        authorization_encrypted_response_alg: alg,
        authorization_encrypted_response_enc: enc,
      })
      const { body } = await exchange(server, client, await getCode(server, client, ada))
      const nested = async (jwe: string) => {
        const { header, text } = await opened(jwe, key)
        assert.partialDeepStrictEqual(header, { alg, enc, cty: 'JWT', kid: 'enc-1' })
        return jwtVerify(text, keys(), { issuer: server.url, audience: client.clientId })
      }
      const { payload } = await nested(String(body.id_token))
      assert.equal(payload.sub, ada.id)
      const userinfo = await userinfoOf(body.access_token)
      assert.match(userinfo.type, /^application\/jwt/)
      assert.equal((await nested(userinfo.text)).payload.email, ada.email)
      const state = await introspected(client, body.access_token, JWT_MEDIA_TYPE)
      assert.equal(state.type, JWT_MEDIA_TYPE)
      const { payload: introspection, protectedHeader } = await nested(state.text)
      assert.equal(protectedHeader.typ, 'token-introspection+jwt')
      assert.partialDeepStrictEqual(introspection.token_introspection, { active: true, sub: ada.id })

      const away = await new UserAgent(server.url).authorize(
        `${server.url}/oauth/authorize?${new URLSearchParams({
          response_type: 'code',
          client_id: client.clientId,
          redirect_uri: REDIRECT_URI,
          scope: 'openid',
          response_mode: 'query.jwt',
          state: 's',
          code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
          code_challenge_method: 'S256',
        })}`,
        ada,
      )
      const answer = await nested(away.searchParams.get('response') ?? '')
      assert.equal(answer.payload.state, 's')
      assert.equal(typeof answer.payload.code, 'string')
    })
  }
}

test('openid-client decrypts the ID token, the userinfo and the authorization response (JARM)', async () => {
  const key = await encryptionKey('ECDH-ES')
  const made = await makeClient(server, {
    jwks: key.jwks,
    id_token_encrypted_response_alg: 'ECDH-ES',
    id_token_encrypted_response_enc: 'A256GCM',
    userinfo_signed_response_alg: 'ES256',
    userinfo_encrypted_response_alg: 'ECDH-ES',
    userinfo_encrypted_response_enc: 'A256GCM',
    authorization_encrypted_response_alg: 'ECDH-ES',
    authorization_encrypted_response_enc: 'A256GCM',
  })
  const config = await openid.discovery(new URL(server.url), made.clientId, made.secret, undefined, {
    execute: [openid.allowInsecureRequests, openid.useJwtResponseMode],
  })
  openid.enableDecryptingResponses(config, ['A256GCM'], { key: key.privateKey, alg: 'ECDH-ES', kid: 'enc-1' })
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: 'openid email',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: 'here',
  })
  const callback = await new UserAgent(server.url).authorize(url.href, ada)
  assert.equal(callback.searchParams.get('response')?.split('.').length, 5)
  const checks = { pkceCodeVerifier, expectedState: 'here', idTokenExpected: true }
  const tokens = await openid.authorizationCodeGrant(config, callback, checks)
  assert.equal(tokens.id_token?.split('.').length, 5)
  assert.equal(tokens.claims()?.sub, ada.id)
  assert.equal((await openid.fetchUserInfo(config, tokens.access_token, ada.id)).email, ada.email)
})

test('openid-client 5 decrypts userinfo that is encrypted without a signature', async () => {
  const key = await encryptionKey('RSA-OAEP-256')
  const made = await makeClient(server, {
    jwks: key.jwks,
    id_token_signed_response_alg: 'RS256',
    userinfo_encrypted_response_alg: 'RSA-OAEP-256',
  })
  const issuer = await Issuer.discover(server.url)
  const client = new issuer.Client(
    {
      client_id: made.clientId,
      client_secret: made.secret,
      userinfo_encrypted_response_alg: 'RSA-OAEP-256',
      userinfo_encrypted_response_enc: 'A128CBC-HS256',
    },
    { keys: [{ ...(await exportJWK(key.privateKey)), kid: 'enc-1', use: 'enc', alg: 'RSA-OAEP-256' } as never] },
  )
  const { body } = await exchange(server, made, await getCode(server, made, ada))
  assert.equal((await client.userinfo(String(body.access_token))).email, ada.email)
})

test('oauth4webapi verifies signed userinfo and a signed introspection response (RFC 9701)', async () => {
  const made = await makeClient(server, {
    userinfo_signed_response_alg: 'RS256',
    introspection_signed_response_alg: 'RS256',
  })
  const issuer = new URL(server.url)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, INSECURE))
  const client: oauth.Client = {
    client_id: made.clientId,
    userinfo_signed_response_alg: 'RS256',
    introspection_signed_response_alg: 'RS256',
  }
  const auth = oauth.ClientSecretBasic(made.secret)
  const { body } = await exchange(server, made, await getCode(server, made, ada))
  const access = String(body.access_token)
  const told = await oauth.userInfoRequest(as, client, access, INSECURE)
  const claims = await oauth.processUserInfoResponse(as, client, ada.id, told)
  assert.equal(claims.email, ada.email)
  await oauth.validateApplicationLevelSignature(as, told, INSECURE)
  const response = await oauth.introspectionRequest(as, client, auth, access, { ...INSECURE, requestJwtResponse: true })
  assert.equal(response.headers.get('content-type'), JWT_MEDIA_TYPE)
  const state = await oauth.processIntrospectionResponse(as, client, response)
  await oauth.validateApplicationLevelSignature(as, response, INSECURE)
  assert.deepEqual([state.active, state.sub], [true, ada.id])
})

test('openid-client registers for pairwise subjects and verifies one sub everywhere; oauth4webapi gets it at introspection', async () => {
  await server.api('PATCH', '/v1/realms/default', { policy: { registration: { mode: 'open' } } })
  const insecure = { execute: [openid.allowInsecureRequests] }
  const document = {
    redirect_uris: [REDIRECT_URI],
    subject_type: 'pairwise',
    token_endpoint_auth_method: 'client_secret_post',
  }
  const config = await openid.dynamicClientRegistration(new URL(server.url), document, undefined, insecure)
  assert.equal(config.clientMetadata().subject_type, 'pairwise')
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: 'openid email',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const callback = await new UserAgent(server.url).authorize(url.href, ada)
  const tokens = await openid.authorizationCodeGrant(config, callback, { pkceCodeVerifier, idTokenExpected: true })
  const sub = tokens.claims()?.sub ?? ''
  assert.match(sub, /^[\w-]{22}$/)
  assert.equal((await openid.fetchUserInfo(config, tokens.access_token, sub)).sub, sub)

  const as = config.serverMetadata() as oauth.AuthorizationServer
  const { client_id, client_secret } = config.clientMetadata()
  const auth = oauth.ClientSecretPost(String(client_secret))
  const response = await oauth.introspectionRequest(as, { client_id }, auth, tokens.access_token, INSECURE)
  assert.equal((await oauth.processIntrospectionResponse(as, { client_id }, response)).sub, sub)
})

test('a client that does not ask for a JWT gets JSON; a JWT says the same, also of a token that is not active', async () => {
  const client = await makeClient(server)
  const { body } = await exchange(server, client, await getCode(server, client, ada))
  const plain = await introspected(client, body.access_token, 'application/json')
  assert.match(plain.type, /^application\/json/)
  for (const accept of ['*/*', 'application/*', `${JWT_MEDIA_TYPE};q=0`, 'application/jwt']) {
    assert.match((await introspected(client, body.access_token, accept)).type, /^application\/json/, accept)
  }
  for (const accept of [JWT_MEDIA_TYPE, `application/json;q=0.5, ${JWT_MEDIA_TYPE.toUpperCase()}; q=0.9`]) {
    const { text } = await introspected(client, body.access_token, accept)
    const { payload } = await jwtVerify(text, keys(), { typ: 'token-introspection+jwt', audience: client.clientId })
    assert.deepEqual(payload.token_introspection, JSON.parse(plain.text))
    assert.deepEqual(Object.keys(payload).sort(), ['aud', 'iat', 'iss', 'token_introspection'])
  }
  const other = await introspected(client, 'unknown', JWT_MEDIA_TYPE)
  const { payload } = await jwtVerify(other.text, keys())
  assert.deepEqual(payload.token_introspection, { active: false })
})

test('JW-07 an introspection response and signed userinfo are neither access tokens nor ID tokens', async () => {
  const client = await makeClient(server, { userinfo_signed_response_alg: 'ES256' })
  const { body } = await exchange(server, client, await getCode(server, client, ada))
  const introspection = (await introspected(client, body.access_token, JWT_MEDIA_TYPE)).text
  const userinfo = (await userinfoOf(body.access_token)).text
  for (const jwt of [introspection, userinfo]) {
    assert.equal((await userinfoOf(jwt)).status, 401)
    const { body: state } = await post(server, '/oauth/introspect', { token: jwt }, { authorization: client.basic })
    assert.deepEqual(state, { active: false })
  }
  const hint = new URLSearchParams({
    id_token_hint: introspection,
    post_logout_redirect_uri: 'https://app.example/bye',
  })
  const { headers } = await fetch(`${server.url}/oauth/logout?${hint}`, { redirect: 'manual' })
  assert.ok(!String(headers.get('location')).startsWith('https://app.example/bye'))
})

test('JW-11, JW-14 what cannot be encrypted safely, or at all, is refused when it is saved', async () => {
  const rsa = await encryptionKey('RSA-OAEP-256')
  const ec = await encryptionKey('ECDH-ES')
  const { privateKey } = await generateKeyPair('RSA-OAEP-256', { extractable: true })
  const [rsaJwk, ecJwk] = [rsa.jwks.keys[0], ec.jwks.keys[0]]
  const refused: readonly Record<string, unknown>[] = [
    { id_token_encrypted_response_alg: 'RSA1_5', jwks: rsa.jwks },
    { id_token_encrypted_response_alg: 'RSA-OAEP', jwks: rsa.jwks },
    { id_token_encrypted_response_alg: 'dir', jwks: rsa.jwks },
    { id_token_encrypted_response_alg: 'PBES2-HS256+A128KW', jwks: rsa.jwks },
    { id_token_encrypted_response_alg: 'RSA-OAEP-256', id_token_encrypted_response_enc: 'A128GCM-HS1', jwks: rsa.jwks },
    { id_token_encrypted_response_enc: 'A256GCM', jwks: rsa.jwks },
    { id_token_encrypted_response_alg: 'RSA-OAEP-256' },
    { id_token_encrypted_response_alg: 'RSA-OAEP-256', jwks: ec.jwks },
    { id_token_encrypted_response_alg: 'ECDH-ES', jwks: rsa.jwks },
    { id_token_encrypted_response_alg: 'ECDH-ES', jwks: { keys: [{ ...ecJwk, alg: 'ECDH-ES+A256KW' }] } },
    { id_token_encrypted_response_alg: 'ECDH-ES', jwks: { keys: [{ ...ecJwk, use: 'sig' }] } },
    { id_token_encrypted_response_alg: 'ECDH-ES', jwks: { keys: [{ ...ecJwk, y: ecJwk?.x }] } },
    { id_token_encrypted_response_alg: 'RSA-OAEP-256', jwks: { keys: [{ ...rsaJwk, e: 'AQ' }] } },
    { id_token_encrypted_response_alg: 'RSA-OAEP-256', jwks: { keys: [await exportJWK(privateKey)] } },
    { id_token_encrypted_response_alg: 'RSA-OAEP-256', jwks: rsa.jwks, jwks_uri: 'https://app.example/jwks' },
    { auth_method: 'private_key_jwt', jwks: rsa.jwks },
    { jwks: rsa.jwks },
  ]
  for (const given of refused) {
    const body = { label: 'X', redirect_uris: [REDIRECT_URI], ...given }
    const { status, body: reply } = await server.call('POST', '/v1/realms/default/clients', { body })
    assert.equal(status, 400, JSON.stringify([given, reply]))
  }
})

test('keys that cannot be fetched make the token endpoint say so, and the code can be tried again', async () => {
  const client = await makeClient(server, {
    jwks_uri: 'https://unresolvable.invalid/jwks',
    id_token_encrypted_response_alg: 'RSA-OAEP-256',
  })
  const code = await getCode(server, client, ada)
  for (let round = 0; round < 2; round++) {
    const { status, body } = await exchange(server, client, code)
    assert.deepEqual([status, body.error], [503, 'temporarily_unavailable'])
  }
})

test('a client that registers itself chooses its algorithms, and the metadata names what there is', async () => {
  await server.api('PATCH', '/v1/realms/default', { policy: { registration: { mode: 'open' } } })
  const metadata = (await (await fetch(`${server.url}/.well-known/openid-configuration`)).json()) as Record<
    string,
    string[]
  >
  for (const kind of ['id_token', 'userinfo', 'introspection', 'authorization']) {
    assert.deepEqual(metadata[`${kind}_encryption_alg_values_supported`], ['RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A256KW'])
    assert.deepEqual(metadata[`${kind}_encryption_enc_values_supported`], ['A128CBC-HS256', 'A256GCM'])
    assert.ok(metadata[`${kind}_signing_alg_values_supported`]?.includes('ES256'))
  }
  const { jwks } = await encryptionKey('RSA-OAEP-256')
  const register = async (document: object) => {
    const body = JSON.stringify({ redirect_uris: [REDIRECT_URI], ...document })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${server.url}/oauth/register`, { method: 'POST', headers, body })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const chosen = { userinfo_signed_response_alg: 'ES256', id_token_encrypted_response_alg: 'RSA-OAEP-256', jwks }
  const { status, body } = await register(chosen)
  assert.equal(status, 201, JSON.stringify(body))
  assert.partialDeepStrictEqual(body, { ...chosen, id_token_encrypted_response_enc: 'A128CBC-HS256' })
  for (const refused of [
    { userinfo_signed_response_alg: 'none' },
    { userinfo_signed_response_alg: 'HS256' },
    { userinfo_signed_response_alg: 'EdDSA' },
    { id_token_encrypted_response_alg: 'RSA1_5', jwks },
    { id_token_encrypted_response_alg: 'RSA-OAEP-256' },
    { id_token_encrypted_response_enc: 'A256GCM' },
  ]) {
    const reply = await register(refused)
    assert.deepEqual([reply.status, reply.body.error], [400, 'invalid_client_metadata'], JSON.stringify(refused))
  }
})
