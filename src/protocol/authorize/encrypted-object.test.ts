// Checks encrypted request objects (RFC 9101 §6.1), and the rules of a client for its request objects.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { CompactEncrypt, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import type { ClientWithSecret } from '#domain/client/client.ts'
import type { RealmPolicy } from '#domain/realm/realm.ts'
import { assertionFields, type ClientKey, makeClientKey, signAssertion } from '#testing/assertion.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
} from '#testing/authorization-fixture.ts'
import { FormBrowser } from '#testing/form-browser.ts'
import { failure } from '#testing/run-operation.ts'

let fixture: AuthorizationFixture
let key: ClientKey
let client: ClientWithSecret
let realmKey: JWK
before(async () => {
  fixture = await openAuthorizationFixture()
  key = await makeClientKey()
  client = await signing()
  realmKey = (await keys(browse())).find(({ use }) => use === 'enc') as JWK
})
after(() => fixture.close())

const signing = (given: Record<string, unknown> = {}) =>
  fixture.makeClient({ authMethod: 'private_key_jwt', jwks: { keys: [key.jwk] }, ...given })

/** A browser at the realm with a policy. */
function browse(policy: Partial<RealmPolicy> = { encryptedRequestObjects: true }): FormBrowser {
  const { services } = fixture
  return new FormBrowser(services, { ...services.realm, policy: { ...services.realm.policy, ...policy } })
}

async function keys(browser: FormBrowser): Promise<JWK[]> {
  return JSON.parse((await browser.get('/.well-known/jwks.json')).text).keys
}

function sign(of = client, by = key): Promise<string> {
  const now = Math.floor(fixture.services.clock.now() / 1000)
  const about = { iss: of.clientId, aud: browse().issuer, nbf: now, exp: now + 300 }
  return new SignJWT({ ...fixture.request({ client_id: of.clientId, state: 'inside' }), ...about })
    .setProtectedHeader({ alg: by.alg, kid: 'k1', typ: 'oauth-authz-req+jwt' })
    .sign(by.privateKey)
}

interface Encryption {
  readonly alg?: string
  readonly enc?: string
  readonly to?: JWK
}

async function encrypt(jwt: string, { alg = 'ECDH-ES', enc = 'A256GCM', to = realmKey }: Encryption = {}) {
  const content = new TextEncoder().encode(jwt)
  const header = { alg, enc, cty: 'JWT', ...(to.kid !== undefined && { kid: to.kid }) }
  return new CompactEncrypt(content).setProtectedHeader(header).encrypt(await importJWK(to, alg))
}

/** What comes back to the client for an object. */
async function ask(request: string, of = client, browser = browse()) {
  const redirect = fixture.request().redirect_uri ?? ''
  return answerOf(await authorizeInBrowser(browser, { client_id: of.clientId, redirect_uri: redirect, request }))
}

test('an object that is signed and then encrypted for the realm is read, in every allowed way', async () => {
  for (const alg of ['ECDH-ES', 'ECDH-ES+A256KW']) {
    for (const enc of ['A128CBC-HS256', 'A128GCM', 'A256GCM']) {
      const answer = await ask(await encrypt(await sign(), { alg, enc }))
      assert.deepEqual(
        [answer.error, answer.state, typeof answer.code],
        [undefined, 'inside', 'string'],
        `${alg} ${enc}`,
      )
    }
  }
})

test('an encrypted object can be pushed', async () => {
  const { clientId } = client
  const browser = browse()
  const assertion = await signAssertion(key, { clientId, issuer: browser.issuer, now: fixture.services.clock.now() })
  const fields = { client_id: clientId, request: await encrypt(await sign()), ...assertionFields(assertion) }
  const pushed = await browser.post('/oauth/par', fields, {})
  assert.equal(pushed.status, 201, pushed.text)
  const { request_uri: uri } = JSON.parse(pushed.text)
  const answer = answerOf(await authorizeInBrowser(browser, { client_id: clientId, request_uri: uri }))
  assert.equal(answer.state, 'inside')
})

test('a realm publishes the key and takes encrypted objects only where its policy says so', async () => {
  assert.deepEqual(Object.keys(realmKey).toSorted(), ['crv', 'kid', 'kty', 'use', 'x', 'y'])
  assert.deepEqual(
    (await keys(browse({}))).filter(({ use }) => use !== 'sig'),
    [],
  )
  const metadata = async (browser: FormBrowser) =>
    JSON.parse((await browser.get('/.well-known/openid-configuration')).text)
  const { request_object_encryption_alg_values_supported: algorithms } = await metadata(browse())
  assert.deepEqual(algorithms, ['ECDH-ES', 'ECDH-ES+A256KW'])
  assert.equal((await metadata(browse({}))).request_object_encryption_alg_values_supported, undefined)
  assert.equal((await ask(await encrypt(await sign()), client, browse({}))).error, 'invalid_request_object')
})

test('another key, another algorithm, compression, no signature and a change are refused', async () => {
  const other = await exportJWK((await generateKeyPair('ECDH-ES')).publicKey)
  const rsa = await exportJWK((await generateKeyPair('RSA-OAEP-256')).publicKey)
  const whole = await encrypt(await sign())
  const [header = '', ...parts] = whole.split('.')
  const zipped = Buffer.from(
    JSON.stringify({ ...JSON.parse(Buffer.from(header, 'base64url').toString()), zip: 'DEF' }),
  ).toString('base64url')
  const claims = Buffer.from(JSON.stringify({ client_id: client.clientId, iss: client.clientId })).toString()
  const stranger = await makeClientKey()
  for (const [what, object] of Object.entries({
    'another key': await encrypt(await sign(), { to: other }),
    'RSA-OAEP-256': await encrypt(await sign(), { to: rsa, alg: 'RSA-OAEP-256' }),
    'ECDH-ES+A128KW': await encrypt(await sign(), { alg: 'ECDH-ES+A128KW' }),
    A192GCM: await encrypt(await sign(), { enc: 'A192GCM' }),
    compression: [zipped, ...parts].join('.'),
    'claims without a signature': await encrypt(claims),
    'an unsigned JWT': await encrypt(`${Buffer.from('{"alg":"none"}').toString('base64url')}.${btoa(claims)}.`),
    'a signature by somebody else': await encrypt(await sign(client, stranger)),
    'an object in an object': await encrypt(await encrypt(await sign())),
    'what expands': await encrypt(deflateRawSync(Buffer.alloc(1000)).toString('base64')),
    'a changed tag': `${whole.slice(0, -4)}AAAA`,
    'five empty parts': '....',
  })) {
    assert.equal((await ask(object)).error, 'invalid_request_object', what)
  }
})

test('a client that names algorithms uses them', async () => {
  const chosen = await signing({ requestObjectEncryptionAlg: 'ECDH-ES', requestObjectEncryptionEnc: 'A128GCM' })
  const jwt = await sign(chosen)
  assert.equal((await ask(await encrypt(jwt, { enc: 'A128GCM' }), chosen)).error, undefined)
  for (const wrong of [jwt, await encrypt(jwt), await encrypt(jwt, { alg: 'ECDH-ES+A256KW', enc: 'A128GCM' })]) {
    assert.equal((await ask(wrong, chosen)).error, 'invalid_request_object')
  }
  const rsa = await makeClientKey('RS256')
  const both = { jwks: { keys: [key.jwk, { ...rsa.jwk, kid: 'k2' }] } }
  const only = await signing({ ...both, requestObjectSigningAlg: 'ES256' })
  const free = await signing(both)
  const byRsa = async (of: ClientWithSecret) => {
    const { privateKey } = rsa
    const [, payload = ''] = (await sign(of)).split('.')
    return new SignJWT(JSON.parse(Buffer.from(payload, 'base64url').toString()))
      .setProtectedHeader({ alg: 'RS256', kid: 'k2', typ: 'oauth-authz-req+jwt' })
      .sign(privateKey)
  }
  assert.equal((await ask(await byRsa(free), free)).error, undefined)
  assert.equal((await ask(await byRsa(only), only)).error, 'invalid_request_object')
  assert.equal((await ask(await sign(only), only)).error, undefined)
})

test('a client that must sign its requests cannot send plain ones', async () => {
  const strict = await fixture.makeClient({ requireSignedRequestObject: true, jwks: { keys: [key.jwk] } })
  const plain = answerOf(await authorizeInBrowser(browse(), fixture.request({ client_id: strict.clientId })))
  assert.equal(plain.error, 'invalid_request')
  assert.equal((await ask(await sign(strict), strict)).error, undefined)
  for (const given of [
    { requireSignedRequestObject: true },
    { requestObjectSigningAlg: 'ES256' },
    { requestObjectEncryptionEnc: 'A256GCM' },
  ]) {
    await assert.rejects(fixture.makeClient(given), failure('invalid_input'))
  }
})
