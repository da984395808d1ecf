// Sends forged tokens to everything that verifies tokens.
import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { issuerOfClient, makeAdminClient, tokenFor } from '#testing/admin-realm.ts'
import { exchange, getCode, makeClient, makePerson, post, REDIRECT_URI, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'

// Tokens that nobody issued, or not for this, at everything that takes one: userinfo, introspection, revocation, the
// admin API.

let server: TestServer
let client: TestClient
let tokens: { access: string; id: string; refresh: string }
let published: Record<string, unknown>[]

before(async () => {
  server = await startServer({ env: { COUNTERSIGN_LOG_LEVEL: 'error' } })
  client = await makeClient(server)
  const person = await makePerson(server, 'ada@example.com')
  const { body } = await exchange(server, client, await getCode(server, client, person))
  tokens = {
    access: String(body.access_token),
    id: String(body.id_token),
    refresh: String(body.refresh_token),
  }
  const jwks = await fetch(`${server.url}/.well-known/jwks.json`)
  published = ((await jwks.json()) as { keys: Record<string, unknown>[] }).keys
})
after(() => server.stop())

const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const part = (token: string, at: number) => token.split('.')[at] ?? ''
const read = (token: string, at: number) => JSON.parse(Buffer.from(part(token, at), 'base64url').toString())

async function userinfo(authorization: string) {
  const response = await fetch(`${server.url}/oauth/userinfo`, { headers: { authorization } })
  const text = await response.text()
  return { status: response.status, challenge: response.headers.get('www-authenticate'), text }
}

/** Asserts that a token opens nothing, and is nothing to who asks about it. */
async function assertWorthless(token: string, told: unknown = token): Promise<void> {
  const answer = await userinfo(`Bearer ${token}`)
  assert.equal(answer.status, 401, JSON.stringify(told))
  assert.match(answer.challenge ?? '', /^Bearer .*error="invalid_token"/)
  const { status, body } = await post(server, '/oauth/introspect', { token }, { authorization: client.basic })
  assert.deepEqual([status, body], [200, { active: false }], JSON.stringify(told))
  const revoked = await post(server, '/oauth/revoke', { token }, { authorization: client.basic })
  assert.equal(revoked.status, 200)
  assert.equal((await server.call('GET', '/v1/realms', { key: token })).status, 401, JSON.stringify(told))
  assert.equal((await userinfo(`Bearer ${tokens.access}`)).status, 200, 'the token it was made of holds')
}

test('JW-01 a token without a signature, or with the one of another, opens nothing', async () => {
  const claims = part(tokens.access, 1)
  for (const alg of ['none', 'None', 'nOnE', '', null, undefined]) {
    const header = json({ alg, typ: 'at+jwt', kid: published[0]?.kid })
    await assertWorthless(`${header}.${claims}.`, alg)
    await assertWorthless(`${header}.${claims}.${part(tokens.access, 2)}`, alg)
  }
  await assertWorthless(tokens.access.replace(/\.[^.]*$/, '.'))
  await assertWorthless(tokens.access.replace(/\.[^.]*$/, ''))
  await assertWorthless(`${tokens.access}.`)
  await assertWorthless(`${tokens.access}=`)
  await assertWorthless(`${tokens.access}AA`)
})

test('JW-01 JW-08 changed claims open nothing', async () => {
  for (const change of [
    { sub: 'usr_00000000000000000000000000' },
    { scope: 'openid profile email admin' },
    { exp: 4_000_000_000 },
    { client_id: 'other' },
    {},
  ]) {
    const claims = json({ ...read(tokens.access, 1), ...change, more: true })
    await assertWorthless(`${part(tokens.access, 0)}.${claims}.${part(tokens.access, 2)}`, change)
  }
})

test('JW-02 a published key is no secret to sign with', async () => {
  const [jwk] = published
  const key = createPublicKey({ key: jwk as never, format: 'jwk' })
  const secrets = [
    key.export({ format: 'pem', type: 'spki' }),
    key.export({ format: 'der', type: 'spki' }),
    JSON.stringify(jwk),
  ]
  for (const secret of secrets) {
    const input = `${json({ alg: 'HS256', typ: 'at+jwt', kid: jwk?.kid })}.${part(tokens.access, 1)}`
    await assertWorthless(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)
  }
})

test('JW-03 JW-04 a token brings no key of its own', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  for (const header of [
    { jwk },
    { jku: `${server.url}/jwks.json` },
    { x5u: 'https://evil.example/' },
    { kid: '../etc' },
  ]) {
    const input = `${json({ alg: 'ES256', typ: 'at+jwt', ...header })}.${part(tokens.access, 1)}`
    const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    await assertWorthless(`${input}.${signature.toString('base64url')}`, header)
  }
})

test('JW-06 JW-09 JW-14 other headers and signatures, and encrypted tokens, open nothing', async () => {
  const [header, claims, signature] = tokens.access.split('.')
  const s = Buffer.from(signature ?? '', 'base64url')
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const malleable = (order - BigInt(`0x${s.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0')
  for (const bytes of [Buffer.alloc(64), Buffer.concat([s.subarray(0, 32), Buffer.from(malleable, 'hex')])]) {
    await assertWorthless(`${header}.${claims}.${bytes.toString('base64url')}`)
  }
  await assertWorthless(`${json({ ...read(tokens.access, 0), crit: ['x'], x: 1 })}.${claims}.${signature}`)
  await assertWorthless(`${json({ alg: 'PBES2-HS256+A128KW', p2c: 1e9, enc: 'A128GCM' })}.AA.AA.AA.AA`)
  await assertWorthless(`${json({ alg: 'dir', enc: 'A128GCM', zip: 'DEF' })}.${'A'.repeat(4000)}.AA.AA.AA`)
})

test('JW-07 no other token passes for an access token, nor an access token for another', async () => {
  await assertWorthless(tokens.id, 'an ID token')
  assert.equal((await userinfo(`Bearer ${tokens.refresh}`)).status, 401)
  assert.equal((await server.call('GET', '/v1/realms', { key: tokens.refresh })).status, 401)
  assert.equal((await server.call('GET', '/v1/realms', { key: tokens.access })).status, 401)
  assert.equal((await userinfo(`Bearer ${server.adminKey}`)).status, 401)
  const asRefresh = { grant_type: 'refresh_token', refresh_token: tokens.access }
  const answer = await post(server, '/oauth/token', asRefresh, { authorization: client.basic })
  assert.equal(answer.body.error, 'invalid_grant')
  for (const hint of [tokens.access, `${part(tokens.id, 0)}.${part(tokens.id, 1)}.`]) {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: client.clientId,
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
      code_challenge: 'a'.repeat(43),
      code_challenge_method: 'S256',
      prompt: 'none',
      id_token_hint: hint,
    })
    const { headers } = await new UserAgent(server.url).request(`${server.url}/oauth/authorize?${query}`)
    assert.match(headers.get('location') ?? '', /error=login_required/)
  }
})

test('JW-01 JW-02 JW-03 JW-08 the admin API takes its own tokens, and nothing that is made of them', async () => {
  const admin = await makeAdminClient(server)
  const token = await tokenFor(admin)
  const open = async (key: string) => (await server.call('GET', '/v1/realms', { key })).status
  assert.equal(await open(token), 200)
  const [header, claims, signature] = token.split('.')
  const { keys } = (await (await fetch(`${issuerOfClient(admin)}/jwks.json`)).json()) as { keys: object[] }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signed = (head: object, body: object) => {
    const input = `${json(head)}.${json(body)}`
    const bytes = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    return `${input}.${bytes.toString('base64url')}`
  }
  const [head, body] = [read(token, 0), read(token, 1)]
  const hmacInput = `${json({ ...head, alg: 'HS256' })}.${claims}`
  const forged = [
    ...['none', 'None', '', null].map((alg) => `${json({ ...head, alg })}.${claims}.${signature}`),
    `${header}.${claims}.`,
    `${header}.${json({ ...body, org_id: 'tnt_00000000000000000000000000' })}.${signature}`,
    `${header}.${json({ ...body, exp: 4_000_000_000 })}.${signature}`,
    `${hmacInput}.${createHmac('sha256', JSON.stringify(keys[0])).update(hmacInput).digest('base64url')}`,
    signed(head, body),
    signed({ ...head, jwk: publicKey.export({ format: 'jwk' }) }, body),
    signed(head, { ...body, jti: crypto.randomUUID(), sub: 'super_admin' }),
    `${token}A`,
    `${part(tokens.access, 0)}.${claims}.${signature}`,
    signed(read(tokens.access, 0), { ...read(tokens.access, 1), aud: body.aud, scope: body.scope }),
  ]
  for (const one of forged) assert.equal(await open(one), 401, one)
  assert.equal(await open(token), 200)
})

test('JW-13 a token of another realm opens nothing here, and one of here nothing there', async () => {
  const realm = await server.api<{ issuer_id: string }>('POST', '/v1/realms', { name: 'Other' })
  const base = `/realms/${realm.issuer_id}`
  const other = await server.api<{ client_id: string; client_secret: string }>('POST', `/v1${base}/clients`, {
    label: 'Other',
    grant_types: ['client_credentials'],
    scopes: ['openid', 'read'],
  })
  const basic = { authorization: `Basic ${btoa(`${other.client_id}:${other.client_secret}`)}` }
  const { body } = await post(server, `${base}/oauth/token`, { grant_type: 'client_credentials' }, basic)
  await assertWorthless(String(body.access_token), 'a token of another realm')
  const there = await post(server, `${base}/oauth/introspect`, { token: tokens.access }, basic)
  assert.deepEqual(there.body, { active: false })
  await post(server, `${base}/oauth/revoke`, { token: tokens.access }, basic)
  const headers = { authorization: `Bearer ${tokens.access}` }
  assert.equal((await fetch(`${server.url}${base}/oauth/userinfo`, { headers })).status, 401)
  assert.equal((await userinfo(`Bearer ${tokens.access}`)).status, 200)
})

test('JW-18 a malformed Authorization header is refused, never thrown over', async () => {
  const { access } = tokens
  for (const header of [
    'Bearer',
    'Bearer ',
    `Bearer\t${access}`,
    `Bearer ${access} ${access}`,
    `Bearer ${access},`,
    `Bearer "${access}"`,
    `Basic Bearer ${access}`,
    `Basic ${access}`,
    `DPoP ${access}`,
    `Bearer é${access}`,
    access,
    `bearer=${access}`,
    `Bearer ${'a'.repeat(7000)}`,
  ]) {
    assert.equal((await userinfo(header)).status, 401, header.slice(0, 40))
    const { status } = await server.call('GET', '/v1/realms', { key: null, headers: { authorization: header } })
    assert.equal(status, 401, header.slice(0, 40))
  }
  for (const scheme of ['bearer', 'BEARER', 'Bearer ', 'Bearer   ']) {
    assert.equal((await userinfo(`${scheme.trim()} ${access}`)).status, 200)
    assert.equal((await userinfo(`${scheme}  ${access}`)).status, 200, 'RFC 6750 §2.1: one space or more')
  }
})

test('JW-18 two Authorization headers are refused', async () => {
  for (const [first, second] of [
    [`Bearer ${tokens.access}`, 'Bearer x'],
    ['Bearer x', `Bearer ${tokens.access}`],
    [`Bearer ${tokens.access}`, client.basic],
  ]) {
    const request = `GET /oauth/userinfo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${first}\r\nAuthorization: ${second}\r\n\r\n`
    assert.match(await raw(request), /^HTTP\/1\.1 40[01] /)
  }
  const twice = `Authorization: ${client.basic}\r\nAuthorization: ${client.basic}\r\n`
  const form = 'grant_type=client_credentials'
  const request = `POST /oauth/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${twice}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`
  assert.match(await raw(request), /^HTTP\/1\.1 40[01] /)
})

test('a request of HTTP/1.0 without a host is answered, too', async () => {
  const answer = await raw('GET /.well-known/openid-configuration HTTP/1.0\r\n\r\n')
  assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.match(answer, new RegExp(`"issuer":"${server.url}"`))
})

/** Sends bytes that no client library would, and gives what comes back. */
async function raw(request: string): Promise<string> {
  const socket = connect(server.ports.public, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (chunk) => (answer += chunk))
  socket.write(request)
  await once(socket, 'close')
  return answer
}
