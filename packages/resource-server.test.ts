// Checks what the library accepts and refuses, with the tokens of an issuer that signs whatever a test wants.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type ResourceServer, type ResourceServerOptions, resourceServer } from '@countersign/server'
import type { Needs } from '@countersign/server/access'
import { accessOf, protect } from '@countersign/server/express'
import { protect as protectFastify } from '@countersign/server/fastify'
import { Refusal } from '@countersign/server/refusal'
import Fastify from 'fastify'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { makeCertificate } from '#testing/certificate-authority.ts'
import { ath, makeDpopKey } from '#testing/dpop.ts'
import { fetchWith } from '#testing/mutual-tls.ts'

const RESOURCE = 'https://api.example.com/notes'
const SECOND = 1_000

let server: Server
let issuer: string
let now: number
/** What the issuer was asked for. */
let asked: string[]
/** Whether the issuer responds. */
let responds: boolean
let keys: { kid: string; alg: string; publicJwk: JWK; privateKey: CryptoKey }[]
/** What introspection says of a token. */
let introspected: Record<string, unknown>

async function addKey(alg: string): Promise<void> {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  const kid = randomUUID()
  keys.push({ kid, alg, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, privateKey })
}

async function answer(request: IncomingMessage): Promise<object | undefined> {
  const path = request.url ?? ''
  asked.push(path)
  if (!responds) return undefined
  if (path === '/.well-known/oauth-authorization-server') {
    return { issuer, jwks_uri: `${issuer}/keys`, introspection_endpoint: `${issuer}/introspect` }
  }
  if (path === '/keys') return { keys: keys.map(({ publicJwk }) => publicJwk) }
  const form = new URLSearchParams(await text(request))
  assert.equal(request.headers.authorization, `Basic ${btoa('an+api:a%3Asecret')}`)
  return form.get('token')?.startsWith('opaque') ? introspected : { active: false }
}

before(async () => {
  keys = []
  await addKey('ES256')
  server = createServer(async (request, response) => {
    const body = await answer(request)
    response.writeHead(body ? 200 : 500, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  now = Date.now()
  asked = []
  responds = true
})

function open(options: Partial<ResourceServerOptions> = {}): ResourceServer {
  return resourceServer({ issuer, resource: RESOURCE, now: () => now, ...options })
}

/** An access token. @param claims what is not as it should be */
function sign(
  claims: Record<string, unknown> = {},
  { typ = 'at+jwt', key = keys.at(-1), secret = undefined as Uint8Array | undefined } = {},
) {
  assert.ok(key)
  const iat = Math.floor(now / SECOND)
  const right = { iss: issuer, aud: RESOURCE, sub: 'ada', client_id: 'app', jti: randomUUID(), iat, exp: iat + 600 }
  return new SignJWT({ ...right, ...claims })
    .setProtectedHeader(secret ? { alg: 'HS256', typ, kid: key.kid } : { alg: key.alg, typ, kid: key.kid })
    .sign(secret ?? key.privateKey)
}

function ask(
  api: ResourceServer,
  token: string,
  {
    needs,
    dpop,
    scheme = 'Bearer',
    certificate,
    path = '/notes?page=2',
  }: { needs?: Needs; dpop?: string; scheme?: string; certificate?: string; path?: string } = {},
) {
  const headers: Record<string, string | undefined> = { authorization: `${scheme} ${token}`, dpop }
  return api.verify({ method: 'GET', path, header: (name) => headers[name], certificateThumbprint: certificate }, needs)
}

/** The refusal of a request. @throws Error if it is accepted */
async function refusal(request: Promise<unknown>): Promise<Refusal> {
  const error = await request.then(
    () => undefined,
    (thrown) => thrown,
  )
  assert.ok(error instanceof Refusal, `not refused: ${error}`)
  return error
}

test('RFC 9068: a token with anything wrong is refused, and a good one says who calls', async () => {
  const api = open()
  const access = await ask(api, await sign({ scope: 'read write', act: { sub: 'agent' } }))
  assert.deepEqual(
    [access.subject, access.clientId, access.scopes, access.actor],
    ['ada', 'app', ['read', 'write'], { sub: 'agent' }],
  )
  await ask(api, await sign({ aud: ['https://other.example', RESOURCE] }))
  await ask(api, await sign({}, { typ: 'application/at+jwt' }))
  const stranger = await generateKeyPair('ES256')
  const [own] = keys
  assert.ok(own)
  const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${(await sign()).split('.')[1]}.`
  const wrong: Record<string, string> = {
    expired: await sign({ exp: Math.floor(now / SECOND) - 6 }),
    'not yet valid': await sign({ nbf: Math.floor(now / SECOND) + 60 }),
    'another issuer': await sign({ iss: `${issuer}/` }),
    'another audience': await sign({ aud: 'https://other.example' }),
    'a longer audience': await sign({ aud: `${RESOURCE}/` }),
    'an ID token': await sign({}, { typ: 'JWT' }),
    'no client': await sign({ client_id: undefined }),
    'no jti': await sign({ jti: undefined }),
    'no expiry': await sign({ exp: undefined }),
    'another key': await sign({}, { key: { ...own, privateKey: stranger.privateKey } }),
    'the public key as a secret': await sign({}, { secret: new TextEncoder().encode(JSON.stringify(own.publicJwk)) }),
    'no signature': none,
    opaque: 'opaque-token',
    'a status that is none': await sign({ status: null }),
    'a status of another host': await sign({ status: { status_list: { idx: 0, uri: 'https://other.example/list' } } }),
    'an index that is none': await sign({ status: { status_list: { idx: -1, uri: `${issuer}/list` } } }),
  }
  for (const [name, token] of Object.entries(wrong)) {
    const { status, code, headers } = await refusal(ask(api, token))
    assert.deepEqual([status, code], [401, 'invalid_token'], name)
    assert.match(
      headers['www-authenticate'] ?? '',
      /resource_metadata="https:\/\/api\.example\.com\/\.well-known\/oauth-protected-resource\/notes"$/,
      name,
    )
  }
})

test('RFC 6750: credentials of another scheme are none, and an access token is one word', async () => {
  const api = open()
  for (const scheme of ['Basic', 'Bearerx', '']) {
    const { status, code, headers } = await refusal(ask(api, 'YTpi', { scheme }))
    assert.deepEqual([status, code], [401, 'unauthorized'], scheme)
    assert.doesNotMatch(headers['www-authenticate'] ?? '', /error/)
  }
  for (const token of ['', 'two words', 'quoted"', await sign().then((one) => `${one}, Bearer ${one}`)]) {
    assert.equal((await refusal(ask(api, token))).status, 400, token)
  }
  await ask(api, await sign(), { scheme: 'bEARER' })
})

test('keys are fetched once for all that wait, again for a new key, and not for each token with an unknown key', async () => {
  const api = open()
  const token = await sign()
  await Promise.all(Array.from({ length: 20 }, () => ask(api, token)))
  assert.deepEqual(asked, ['/.well-known/oauth-authorization-server', '/keys'])
  await addKey('EdDSA')
  const [unknown] = keys
  assert.ok(unknown)
  const forged = await Promise.all(
    Array.from({ length: 20 }, () => sign({}, { key: { ...unknown, kid: randomUUID() } })),
  )
  for (const one of forged) assert.equal((await refusal(ask(api, one))).status, 401)
  assert.equal(asked.length, 2, 'within 30 seconds of a fetch there is no other')
  now += 30 * SECOND
  await Promise.all([ask(api, await sign()), ask(api, await sign())])
  assert.deepEqual(asked.slice(2), ['/keys'], 'the new key is found')
  responds = false
  now += 600 * SECOND
  for (let attempt = 0; attempt < 3; attempt++) await ask(api, await sign())
  assert.equal(asked.length, 4, 'the keys go on while the issuer does not respond, which is asked once')
  now += 3_600 * SECOND
  assert.equal((await refusal(ask(api, await sign()))).status, 503, 'but not for ever')
})

test('while the issuer does not respond, the response is 503, and it is left alone for a while', async () => {
  const api = open()
  responds = false
  const token = await sign()
  for (let attempt = 0; attempt < 3; attempt++) {
    const { status, headers } = await refusal(ask(api, token))
    assert.deepEqual([status, headers['www-authenticate'], headers['retry-after']], [503, undefined, '5'])
  }
  assert.equal(asked.length, 1)
  responds = true
  now += 5 * SECOND
  await ask(api, token)
  const impostor = open({
    issuer: `${issuer}/realm`,
    fetch: () => fetch(`${issuer}/.well-known/oauth-authorization-server`),
  })
  assert.equal((await refusal(ask(impostor, token))).status, 503, 'the metadata of another issuer is not used')
})

test('requests to the issuer fit workers, and no redirect is followed', async () => {
  function ofWorker(this: unknown, input: string | URL, init?: RequestInit) {
    assert.equal(this, undefined, 'Illegal invocation')
    assert.equal(init?.redirect, 'manual')
    return fetch(input, init)
  }
  await ask(open({ fetch: ofWorker }), await sign())
  const led = open({ fetch: async () => Response.redirect(`${issuer}/keys`) })
  assert.equal((await refusal(ask(led, await sign()))).status, 503)
})

test('Fastify runs no handler of a refused request, also where a hook of the reply takes time', async (t) => {
  const app = Fastify()
  t.after(() => app.close())
  let runs = 0
  app.addHook('onSend', async () => void (await setTimeout(5)))
  app.get('/notes', { onRequest: protectFastify(open()) }, async () => ({ runs: ++runs }))
  const refused = await app.inject('/notes')
  assert.deepEqual([refused.statusCode, runs], [401, 0])
  const { statusCode } = await app.inject({ url: '/notes', headers: { authorization: `Bearer ${await sign()}` } })
  assert.deepEqual([statusCode, runs], [200, 1])
})

test('RFC 9470 and RFC 9396: the challenge says what the client must ask for', async () => {
  const api = open()
  const signedInAt = Math.floor(now / SECOND) - 300
  const token = await sign({
    acr: 'aal1',
    auth_time: signedInAt,
    authorization_details: [{ type: 'payment', amount: 5 }],
  })
  await ask(api, token, { needs: { acrValues: ['aal1', 'aal2'], maxAge: 300 } })
  const stepUp = await refusal(ask(api, token, { needs: { acrValues: ['aal2'], maxAge: 60, scopes: [] } }))
  assert.deepEqual([stepUp.status, stepUp.code], [401, 'insufficient_user_authentication'])
  assert.match(stepUp.headers['www-authenticate'] ?? '', /acr_values="aal2", max_age="60"/)
  assert.equal(
    (await refusal(ask(api, await sign(), { needs: { maxAge: 60 } }))).code,
    'insufficient_user_authentication',
  )
  const upTo = (limit: number): Needs => ({
    details: (details) => details.some(({ type, amount }) => type === 'payment' && Number(amount) >= limit),
  })
  await ask(api, token, { needs: upTo(5) })
  assert.equal((await refusal(ask(api, token, { needs: upTo(6) }))).status, 403)
})

test('RFC 9449: a server that asks for nonces accepts its own for a while, and tokens without a key where they are not needed', async () => {
  const secret = new Uint8Array(32).fill(7)
  const [api, beside] = [open({ dpop: { nonce: secret } }), open({ dpop: { nonce: secret, required: true } })]
  const key = await makeDpopKey()
  const token = await sign({ cnf: { jkt: key.jkt } })
  const prove = (nonce?: string) => key.prove(RESOURCE, now, { htm: 'GET', ath: ath(token), ...(nonce && { nonce }) })
  const first = await refusal(ask(api, token, { scheme: 'DPoP', dpop: await prove() }))
  assert.deepEqual([first.status, first.code], [401, 'use_dpop_nonce'])
  const nonce = first.headers['dpop-nonce'] ?? ''
  const { headers } = await ask(beside, token, { scheme: 'DPoP', dpop: await prove(nonce) })
  assert.equal(headers['dpop-nonce'], nonce, 'another process with the same secret takes it')
  now += 300 * SECOND
  assert.equal((await refusal(ask(api, token, { scheme: 'DPoP', dpop: await prove(nonce) }))).code, 'use_dpop_nonce')
  const elsewhere = await key.prove('https://other.example/notes', now, { htm: 'GET', ath: ath(token), nonce })
  const astray = await refusal(ask(open(), token, { scheme: 'DPoP', dpop: elsewhere, path: '//other.example/notes' }))
  assert.equal(astray.code, 'invalid_dpop_proof')
  const nowhere = await key.prove('no address', now, { htm: 'GET', ath: ath(token), nonce })
  for (const path of [':port/notes', '*']) {
    const { code } = await refusal(ask(open(), token, { scheme: 'DPoP', dpop: nowhere, path }))
    assert.equal(code, 'invalid_dpop_proof', path)
  }
  assert.throws(() => open({ resource: 'urn:example:notes' }), TypeError)
  const asBearer = await refusal(ask(open(), token))
  assert.match(asBearer.headers['www-authenticate'] ?? '', /^DPoP error="invalid_token".* algs="/)
  const plain = await sign()
  await ask(api, plain)
  const needed = await refusal(ask(beside, plain))
  assert.match(needed.headers['www-authenticate'] ?? '', /^DPoP error="invalid_token"/)
  assert.equal((await refusal(ask(api, plain, { scheme: 'DPoP', dpop: await prove(nonce) }))).code, 'invalid_token')
})

test('RFC 8705: a token of a certificate needs it, and a token that is bound in an unknown way is refused', async () => {
  const api = open()
  const token = await sign({ cnf: { 'x5t#S256': 'thumbprint' } })
  await ask(api, token, { certificate: 'thumbprint' })
  assert.equal((await refusal(ask(api, token, { certificate: 'another' }))).code, 'invalid_token')
  assert.equal((await refusal(ask(api, token))).code, 'invalid_token')
  for (const cnf of [{ 'x5t#S512': 'thumbprint' }, {}]) {
    assert.equal((await refusal(ask(api, await sign({ cnf }), { certificate: 'thumbprint' }))).code, 'invalid_token')
  }
})

test('RFC 8705: the certificate of the connection counts, also where a session is resumed', async (t) => {
  const [own, other] = [makeCertificate(), makeCertificate()]
  const token = await sign({ cnf: { 'x5t#S256': own.thumbprint } })
  const guard = protect(open())
  const options = { ...TEST_CERTIFICATE, requestCert: true, rejectUnauthorized: false }
  const api = createTlsServer(options, (request, response) => {
    guard(request, response, () => response.end(JSON.stringify(accessOf(request).subject)))
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  t.after(() => api.close())
  const url = `https://127.0.0.1:${(api.address() as AddressInfo).port}/notes`
  const headers = { authorization: `Bearer ${token}` }
  const [withOwn, withOther] = [fetchWith(own), fetchWith(other)]
  for (let attempt = 0; attempt < 3; attempt++) {
    assert.equal((await withOwn(url, { headers })).status, 200)
    assert.equal((await withOther(url, { headers })).status, 401)
  }
})

test('RFC 7662: a token that is no JWT is introspected where that is set, and a JWT where it always is', async () => {
  const introspection = { clientId: 'an api', clientSecret: 'a:secret' }
  const api = open({ introspection })
  const exp = Math.floor(now / SECOND) + 600
  introspected = { active: true, sub: 'ada', client_id: 'app', aud: RESOURCE, exp, scope: 'read' }
  assert.deepEqual((await ask(api, 'opaque', { needs: { scopes: ['read'] } })).scopes, ['read'])
  for (const wrong of [
    { aud: 'https://other.example' },
    { aud: undefined },
    { iss: 'https://other.example' },
    { active: false },
  ]) {
    introspected = { ...introspected, active: true, aud: RESOURCE, iss: undefined, ...wrong }
    assert.equal((await refusal(ask(api, 'opaque'))).code, 'invalid_token', JSON.stringify(wrong))
  }
  for (const broken of [new Response('<html>'), Response.json([]), Response.json(null)]) {
    const answers = (input: string | URL, init?: RequestInit) =>
      String(input).endsWith('/introspect') ? Promise.resolve(broken) : fetch(input, init)
    assert.equal((await refusal(ask(open({ introspection, fetch: answers }), 'opaque'))).status, 503)
  }
  await ask(api, await sign())
  const strict = open({ introspection: { ...introspection, always: true } })
  assert.equal((await refusal(ask(strict, await sign()))).code, 'invalid_token')
})
