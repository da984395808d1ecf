// Checks client authentication by signed assertions (RFC 7523).
import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { after, before, test } from 'node:test'
import { SignJWT } from 'jose'
import { clientSuspend, clientUpdate } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { Failure } from '#kernel/error.ts'
import { createDocuments } from '#outside/documents.ts'
import { createNetwork } from '#outside/network.ts'
import { assertionFields, type ClientKey, makeClientKey, signAssertion } from '#testing/assertion.ts'
import { type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { type Answer, postForm } from '#testing/token-client.ts'

const ISSUER = 'https://id.example.com'
const JWKS_URI = 'https://app.example/jwks.json'

let fixture: AuthorizationFixture
let key: ClientKey
let client: ClientWithSecret
/** What the client publishes at its JWKS URI, and how often it was asked for. */
const published = { keys: [] as unknown[], asked: 0, isAway: false }
/** Every address that was asked for anything. */
const fetched: string[] = []

before(async () => {
  const fetchKeys = async (url: string) => {
    fetched.push(url)
    published.asked += 1
    if (published.isAway) throw new Failure('unreachable_host')
    return { document: { keys: published.keys }, bytes: 1000, lifetime: undefined }
  }
  const { checkUrl } = createNetwork()
  fixture = await openAuthorizationFixture({
    network: { checkUrl, fetchJson: createDocuments(fetchKeys, { now: () => fixture.services.clock.now() }) },
  })
  key = await makeClientKey()
  client = await makeJwtClient({ jwks: { keys: [key.jwk] } })
})
after(() => fixture.close())

function makeJwtClient(given: Record<string, unknown>): Promise<ClientWithSecret> {
  return fixture.makeClient({ authMethod: 'private_key_jwt', grantTypes: ['client_credentials'], ...given })
}

const facts = (of = client) => ({ clientId: of.clientId, issuer: ISSUER, now: fixture.services.clock.now() })
const sign = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, by = key, of = client) =>
  signAssertion(by, facts(of), claims, header)

const present = (assertion: string, more: Record<string, string> = {}) =>
  postForm(fixture, '/oauth/token', { grant_type: 'client_credentials', ...assertionFields(assertion), ...more })

function assertRefused({ status, headers, body }: Answer, told?: unknown): void {
  assert.equal(body.error, 'invalid_client', JSON.stringify(told ?? body))
  assert.equal(status, 401)
  assert.ok(headers['www-authenticate'])
}

function assertAccepted({ status, body }: Answer, told?: unknown): void {
  assert.equal(status, 200, JSON.stringify([told, body]))
}

test('an assertion stands for its client, with client_id beside it or not', async () => {
  assertAccepted(await present(await sign()))
  assertAccepted(await present(await sign(), { client_id: client.clientId }))
  assertRefused(await present(await sign(), { client_id: (await fixture.makeClient()).clientId }))
})

test('every algorithm that the metadata names is understood', async () => {
  for (const alg of ['ES256', 'ES384', 'EdDSA', 'PS256', 'RS256']) {
    const own = await makeClientKey(alg)
    const app = await makeJwtClient({ jwks: { keys: [own.jwk] } })
    assertAccepted(await present(await sign({}, {}, own, app)), alg)
  }
})

test('an assertion that is addressed to the token endpoint, also as openid-client 5 writes it, is taken', async () => {
  for (const aud of [`${ISSUER}/oauth/token`, [ISSUER], [ISSUER, `${ISSUER}/oauth/token`]]) {
    assertAccepted(await present(await sign({ aud })))
  }
})

test('CA-01 the audience is an address of the realm and nothing else', async () => {
  for (const aud of [
    `${ISSUER}/`,
    [],
    [ISSUER, 'https://evil.example'],
    ['https://evil.example', ISSUER],
    `${ISSUER}.evil.example`,
    ISSUER.toUpperCase(),
    'https://evil.example',
    '',
    {},
    7,
    undefined,
  ]) {
    assertRefused(await present(await sign({ aud })), aud)
  }
})

test('CA-02 an assertion is good once', async () => {
  const assertion = await sign()
  assertAccepted(await present(assertion))
  assertRefused(await present(assertion))
  assertRefused(await present(await sign({ jti: JSON.parse(atob(assertion.split('.')[1] ?? '')).jti })))
  fixture.services.clock.advance(29_000)
  assertRefused(await present(assertion))
})

test('CA-02 of ten at once one is taken', async () => {
  const assertion = await sign()
  const answers = await Promise.all(Array.from({ length: 10 }, () => present(assertion)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  for (const answer of answers) if (answer.status !== 200) assertRefused(answer)
})

test('CA-02 two clients may use the same jti', async () => {
  const other = await makeJwtClient({ jwks: { keys: [key.jwk] } })
  assertAccepted(await present(await sign({ jti: 'the same' })))
  assertAccepted(await present(await sign({ jti: 'the same' }, {}, key, other)))
})

test('CA-03 JW-12 claims that are missing or odd are refused', async () => {
  const now = Math.floor(fixture.services.clock.now() / 1000)
  for (const claims of [
    { sub: undefined },
    { iss: undefined },
    { iss: 'somebody' },
    { sub: 'somebody' },
    { sub: [client.clientId] },
    { jti: undefined },
    { jti: '' },
    { jti: 7 },
    { jti: 'x'.repeat(257) },
    { exp: undefined },
    { exp: now - 300 },
    { exp: now + 3601 },
    { exp: now + 60.5 },
    { exp: -1 },
    { exp: 1e20 },
    { exp: String(now + 60) },
    { exp: null },
    { iat: now + 3600 },
    { iat: now - 3600 },
    { iat: 'yesterday' },
    { nbf: now + 3600 },
    { nbf: 'tomorrow' },
  ]) {
    assertRefused(await present(await sign(claims)), claims)
  }
  assertAccepted(await present(await sign({ iat: undefined })))
  assertAccepted(await present(await sign({ exp: now - 20, iat: now - 60 })), 'clocks may differ')
  assertAccepted(await present(await sign({ nbf: now + 20, iat: now + 20 })), 'clocks may differ')
})

test('CA-04 a request object or a token is no assertion', async () => {
  const requestObject = { sub: undefined, jti: undefined, client_id: client.clientId, response_type: 'code' }
  assertRefused(await present(await sign(requestObject), { client_id: client.clientId }))
  for (const typ of ['oauth-authz-req+jwt', 'at+jwt', 'dpop+jwt', 'logout+jwt']) {
    assertRefused(await present(await sign({}, { typ })), typ)
  }
  for (const typ of ['JWT', 'client-authentication+jwt', 'application/client-authentication+jwt']) {
    assert.equal((await present(await sign({}, { typ }))).status, 200, typ)
  }
  const { body } = await present(await sign())
  assertRefused(await present(String(body.access_token), { client_id: client.clientId }))
})

const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const payload = () => {
  const iat = Math.floor(fixture.services.clock.now() / 1000)
  const { clientId } = client
  return { iss: clientId, sub: clientId, aud: ISSUER, iat, exp: iat + 60, jti: fixture.services.random.id() }
}

test('JW-01 an assertion without a signature is none', async () => {
  for (const alg of ['none', 'None', 'nOnE', '', null, undefined, ['none']]) {
    const unsigned = `${json({ alg, kid: 'k1' })}.${json(payload())}.`
    assertRefused(await present(unsigned), alg)
    const [, , signature] = (await sign()).split('.')
    assertRefused(await present(unsigned + signature), alg)
  }
  const [header, claims] = (await sign()).split('.')
  for (const rest of ['', '.', '..', '.AAAA', '.AAAA.AAAA']) {
    assertRefused(await present(`${header}.${claims}${rest}`), rest)
  }
})

test('JW-02 a public key is no secret to sign with', async () => {
  const publicKey = createPublicKey({ key: key.jwk as never, format: 'jwk' })
  const rsa = await makeClientKey('RS256')
  const rsaClient = await makeJwtClient({ jwks: { keys: [rsa.jwk] } })
  const secrets = [
    publicKey.export({ format: 'pem', type: 'spki' }),
    publicKey.export({ format: 'der', type: 'spki' }),
    JSON.stringify(key.jwk),
    createPublicKey({ key: rsa.jwk as never, format: 'jwk' }).export({ format: 'pem', type: 'spki' }),
  ]
  for (const secret of secrets) {
    for (const alg of ['HS256', 'ES256', 'RS256']) {
      for (const { clientId } of [client, rsaClient]) {
        const input = `${json({ alg, kid: 'k1' })}.${json({ ...payload(), iss: clientId, sub: clientId })}`
        const mac = createHmac('sha256', secret).update(input).digest('base64url')
        assertRefused(await present(`${input}.${mac}`))
      }
    }
  }
})

test('JW-03 JW-04 keys and addresses in the header are not looked at', async () => {
  const evil = await makeClientKey()
  const asked = fetched.length
  for (const header of [
    { jwk: evil.jwk },
    { jwk: evil.jwk, kid: undefined },
    { jku: 'https://evil.example/jwks.json' },
    { x5u: 'https://evil.example/cert.pem' },
    { x5c: ['MIIB'] },
    { kid: '../../../../dev/null' },
    { kid: "k1' or '1'='1" },
  ]) {
    assertRefused(await present(await sign({}, header, evil)), header)
  }
  assert.equal(fetched.length, asked)
})

test('JW-06 an extension that must be understood is not', async () => {
  const input = { ...payload() }
  const bytes = new SignJWT(input).setProtectedHeader({ alg: 'ES256', kid: 'k1', crit: ['exp'], exp: 1 })
  assertRefused(await present(await bytes.sign(key.privateKey, { crit: { exp: true } })))
  for (const header of [
    { alg: 'ES256', kid: 'k1', crit: ['b64'], b64: false },
    { alg: 'ES256', kid: 'k1', crit: [] },
    { alg: 'ES256', kid: 'k1', crit: ['http://example.com/UNDEFINED'] },
  ]) {
    const [, claims, signature] = (await sign()).split('.')
    assertRefused(await present(`${json(header)}.${claims}.${signature}`), header)
  }
})

test('JW-09 signatures of other shapes and sizes are refused', async () => {
  const [header, claims, signature = ''] = (await sign()).split('.')
  const raw = Buffer.from(signature, 'base64url')
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
  for (const bytes of [
    Buffer.alloc(64),
    Buffer.concat([order, order]),
    Buffer.concat([Buffer.alloc(31), Buffer.from([1]), Buffer.alloc(31), Buffer.from([1])]),
    raw.subarray(0, 63),
    Buffer.concat([raw, Buffer.from([0])]),
    Buffer.concat([Buffer.from([0x30, 68, 2, 32]), raw.subarray(0, 32), Buffer.from([2, 32]), raw.subarray(32)]),
    Buffer.alloc(96),
  ]) {
    assertRefused(await present(`${header}.${claims}.${bytes.toString('base64url')}`), bytes.toString('hex'))
  }
  for (const alg of ['ES384', 'ES512', 'RS256', 'EdDSA', 'ES256K']) {
    assertRefused(await present(`${json({ alg, kid: 'k1' })}.${claims}.${signature}`), alg)
  }
})

test('JW-11 keys that are weak, secret or ambiguous cannot be registered', async () => {
  const rsa = (bits: number, exponent = 65_537): KeyObject =>
    generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: exponent }).publicKey
  const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey
  const exported = (one: KeyObject) => one.export({ format: 'jwk' })
  for (const keys of [
    [{ ...exported(rsa(1024)), kid: 'k1' }],
    [{ ...exported(rsa(2048, 3)), kid: 'k1' }],
    [{ ...exported(secp256k1), kid: 'k1' }],
    [{ kty: 'oct', k: 'c2VjcmV0', kid: 'k1' }],
    [{ ...key.jwk, d: 'AAAA' }],
    [{ ...key.jwk, use: 'enc' }],
    [key.jwk, { ...key.jwk }],
    [{ kty: 'EC', kid: 'k1' }],
    [],
  ]) {
    await assert.rejects(makeJwtClient({ jwks: { keys } }), { code: 'invalid_input' }, JSON.stringify(keys))
  }
})

test('JW-14 an encrypted assertion is refused, and fast', async () => {
  const headers = [
    { alg: 'PBES2-HS256+A128KW', enc: 'A128CBC-HS256', p2c: 1_000_000_000, p2s: 'AAAA' },
    { alg: 'dir', enc: 'A128GCM', zip: 'DEF' },
    { alg: 'RSA1_5', enc: 'A128GCM' },
  ]
  const started = performance.now()
  for (const header of headers) {
    assertRefused(await present(`${json(header)}.AAAA.AAAA.AAAA.AAAA`, { client_id: client.clientId }), header)
  }
  assert.ok(performance.now() - started < 1000)
})

test('nonsense instead of an assertion is refused', async () => {
  for (const assertion of ['x', 'a.b.c', '...', `${json({})}.${json([])}.x`, 'é.é.é', `a.${'A'.repeat(8000)}.c`]) {
    assertRefused(await present(assertion), assertion)
    assertRefused(await present(assertion, { client_id: client.clientId }), assertion)
  }
  const wrongType = await postForm(fixture, '/oauth/token', {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
    client_assertion: await sign(),
  })
  assert.equal(wrongType.status, 400)
  assert.equal(wrongType.body.error, 'invalid_request')
})

test('an assertion of a client with a secret, or a secret of a client with keys, is refused', async () => {
  const secret = await fixture.makeClient({ grantTypes: ['client_credentials'] })
  assertRefused(await present(await sign({}, {}, key, secret)))
  const fields = { grant_type: 'client_credentials', client_id: client.clientId, client_secret: 'x' }
  assertRefused(await postForm(fixture, '/oauth/token', fields))
})

test('an assertion opens introspection and revocation too, and nothing for a suspended client', async () => {
  const { body } = await present(await sign())
  const token = String(body.access_token)
  const fields = async (app = client) => ({ token, ...assertionFields(await sign({}, {}, key, app)) })
  assert.equal((await postForm(fixture, '/oauth/introspect', await fields())).body.active, true)
  assert.equal((await postForm(fixture, '/oauth/revoke', await fields())).status, 200)
  assert.equal((await postForm(fixture, '/oauth/introspect', await fields())).body.active, false)
  const suspended = await makeJwtClient({ jwks: { keys: [key.jwk] } })
  await callOperation(clientSuspend, fixture.services.contextFor(), { id: suspended.id })
  assertRefused(await present(await sign({}, {}, key, suspended)))
})

test('keys at an address are fetched when needed, kept, and asked for again when the client has rotated', async () => {
  const app = await makeJwtClient({ jwksUri: JWKS_URI })
  const next = await makeClientKey('ES256', 'k2')
  published.keys = [key.jwk]
  published.asked = 0
  for (let round = 0; round < 3; round++) assertAccepted(await present(await sign({}, {}, key, app)))
  assert.equal(published.asked, 1)
  published.keys = [key.jwk, next.jwk]
  assertRefused(await present(await sign({}, { kid: 'k2' }, next, app)), 'asked for a moment ago')
  fixture.services.clock.advance(31_000)
  assertAccepted(await present(await sign({}, { kid: 'k2' }, next, app)))
  assert.equal(published.asked, 2)
  for (let round = 0; round < 20; round++) assertRefused(await present(await sign({}, { kid: 'k3' }, next, app)))
  assert.equal(published.asked, 2, 'invalidCallers cannot make the server ask again and again')
  published.keys = [{ kty: 'oct', k: 'c2VjcmV0' }, 'x', null]
  fixture.services.clock.advance(301_000)
  assertRefused(await present(await sign({}, {}, key, app)))
  assert.deepEqual(new Set(fetched), new Set([JWKS_URI]))
})

test('keys that cannot be fetched are a temporary error, and nobody is said to be wrong', async () => {
  const uri = 'https://app.example/away.json'
  const app = await makeJwtClient({ jwksUri: uri })
  published.isAway = true
  const before = published.asked
  for (let time = 0; time < 3; time++) {
    const { status, body, headers } = await present(await sign({}, {}, key, app))
    assert.deepEqual([status, body.error, headers['retry-after']], [503, 'temporarily_unavailable', '15'])
  }
  assert.equal(published.asked, before + 1)
  published.isAway = false
  published.keys = [key.jwk]
  fixture.services.clock.advance(16_000)
  assertAccepted(await present(await sign({}, {}, key, app)))
})

test('a changed address of keys drops the old keys at once', async () => {
  published.keys = [key.jwk]
  const app = await makeJwtClient({ jwksUri: 'https://app.example/first.json' })
  assertAccepted(await present(await sign({}, {}, key, app)))
  const next = await makeClientKey()
  published.keys = [next.jwk]
  await callOperation(clientUpdate, fixture.services.contextFor(), {
    id: app.id,
    jwksUri: 'https://app.example/second.json',
  })
  assertRefused(await present(await sign({}, {}, key, app)))
  assertAccepted(await present(await sign({}, {}, next, app)))
})

test('an internal address of keys is refused when it is saved', async () => {
  const isRefused = (error: unknown) => error instanceof Failure && error.code === 'invalid_input'
  for (const jwksUri of ['https://127.0.0.1/jwks', 'https://localhost/jwks', 'https://10.0.0.1/', 'https://[::1]/']) {
    await assert.rejects(makeJwtClient({ jwksUri }), isRefused, jwksUri)
    const app = await makeJwtClient({ jwksUri: 'https://app.example/kept.json' })
    await assert.rejects(
      callOperation(clientUpdate, fixture.services.contextFor(), { id: app.id, jwksUri }),
      isRefused,
      jwksUri,
    )
  }
})
