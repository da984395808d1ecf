import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { after, before, test } from 'node:test'
import { SignJWT } from 'jose'
import { clientSuspend } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { assertionFields, type ClientKey, makeClientKey, signAssertion } from '#testing/assertion.ts'
import { call } from '#testing/neighbours.ts'
import { type Scene, setScene } from '#testing/scene.ts'
import { type Answer, postForm } from '#testing/token-client.ts'

const ISSUER = 'https://id.example.com'
const JWKS_URI = 'https://app.example/jwks.json'

let scene: Scene
let key: ClientKey
let client: ClientWithSecret
/** What the client publishes at its JWKS URI, and how often it was asked for. */
const published = { keys: [] as unknown[], asked: 0 }
/** Every address that was asked for anything. */
const fetched: string[] = []

before(async () => {
  scene = await setScene({
    network: {
      fetchJson: async (url: string) => {
        fetched.push(url)
        published.asked += 1
        return { keys: published.keys }
      },
    },
  })
  key = await makeClientKey()
  client = await makeJwtClient({ jwks: { keys: [key.jwk] } })
})
after(() => scene.close())

function makeJwtClient(given: Record<string, unknown>): Promise<ClientWithSecret> {
  return scene.makeClient({ authMethod: 'private_key_jwt', grantTypes: ['client_credentials'], ...given })
}

const facts = (of = client) => ({ clientId: of.clientId, issuer: ISSUER, now: scene.house.clock.now() })
const sign = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, by = key, of = client) =>
  signAssertion(by, facts(of), claims, header)

const present = (assertion: string, more: Record<string, string> = {}) =>
  postForm(scene, '/oauth/token', { grant_type: 'client_credentials', ...assertionFields(assertion), ...more })

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
  assertRefused(await present(await sign(), { client_id: (await scene.makeClient()).clientId }))
})

test('every algorithm that the metadata names is understood', async () => {
  for (const alg of ['ES256', 'ES384', 'EdDSA', 'PS256', 'RS256']) {
    const own = await makeClientKey(alg)
    const app = await makeJwtClient({ jwks: { keys: [own.jwk] } })
    assertAccepted(await present(await sign({}, {}, own, app)), alg)
  }
})

test('CA-01 the audience is the issuer and nothing else', async () => {
  for (const aud of [
    `${ISSUER}/oauth/token`,
    `${ISSUER}/`,
    [ISSUER],
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
  scene.house.clock.advance(29_000)
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
  const now = Math.floor(scene.house.clock.now() / 1000)
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
  const { body } = await present(await sign())
  assertRefused(await present(String(body.access_token), { client_id: client.clientId }))
})

const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const payload = () => {
  const iat = Math.floor(scene.house.clock.now() / 1000)
  const { clientId } = client
  return { iss: clientId, sub: clientId, aud: ISSUER, iat, exp: iat + 60, jti: scene.house.random.id() }
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
  const wrongType = await postForm(scene, '/oauth/token', {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
    client_assertion: await sign(),
  })
  assert.equal(wrongType.status, 400)
  assert.equal(wrongType.body.error, 'invalid_request')
})

test('an assertion of a client with a secret, or a secret of a client with keys, is refused', async () => {
  const secret = await scene.makeClient({ grantTypes: ['client_credentials'] })
  assertRefused(await present(await sign({}, {}, key, secret)))
  const fields = { grant_type: 'client_credentials', client_id: client.clientId, client_secret: 'x' }
  assertRefused(await postForm(scene, '/oauth/token', fields))
})

test('an assertion opens introspection and revocation too, and nothing for a suspended client', async () => {
  const { body } = await present(await sign())
  const token = String(body.access_token)
  const fields = async (app = client) => ({ token, ...assertionFields(await sign({}, {}, key, app)) })
  assert.equal((await postForm(scene, '/oauth/introspect', await fields())).body.active, true)
  assert.equal((await postForm(scene, '/oauth/revoke', await fields())).status, 200)
  assert.equal((await postForm(scene, '/oauth/introspect', await fields())).body.active, false)
  const suspended = await makeJwtClient({ jwks: { keys: [key.jwk] } })
  await call(clientSuspend, scene.house.contextFor(), { id: suspended.id })
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
  scene.house.clock.advance(31_000)
  assertAccepted(await present(await sign({}, { kid: 'k2' }, next, app)))
  assert.equal(published.asked, 2)
  for (let round = 0; round < 20; round++) assertRefused(await present(await sign({}, { kid: 'k3' }, next, app)))
  assert.equal(published.asked, 2, 'strangers cannot make the server ask again and again')
  published.keys = [{ kty: 'oct', k: 'c2VjcmV0' }, 'x', null]
  scene.house.clock.advance(301_000)
  assertRefused(await present(await sign({}, {}, key, app)))
  assert.deepEqual(new Set(fetched), new Set([JWKS_URI]))
})
