// Checks attacks that concern several endpoints of a running server; each test is named after its case in the catalogue.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { makeDpopKey } from '#testing/dpop.ts'
import { exchange, getCode, makeClient, makePerson, post, REDIRECT_URI, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const API = 'https://api.example.com/orders'

let server: TestServer
let client: TestClient
let person: Person
let agent: UserAgent

before(async () => {
  server = await startServer()
  await server.api('POST', '/v1/resources', {
    identifier: API,
    name: 'Orders',
    scopes: [{ name: 'orders:read', description: 'See' }],
  })
  client = await makeClient(server, {
    ...{ first_party: true, audiences: [API], introspect_all_tokens: true },
    scopes: ['openid', 'profile', 'email', 'offline_access', 'orders:read'],
  })
  person = await makePerson(server, 'ada@example.com')
  agent = new UserAgent(server.url)
})
after(() => server.stop())

const metadata = async (base = '') =>
  (await (await fetch(`${server.url}${base}/.well-known/openid-configuration`)).json()) as Record<string, unknown>

const authorize = (parameters: Record<string, string>) =>
  fetch(
    `${server.url}/oauth/authorize?${new URLSearchParams({
      ...{ response_type: 'code', client_id: client.clientId, redirect_uri: REDIRECT_URI, scope: 'openid', state: 's' },
      ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256', ...parameters },
    })}`,
    { redirect: 'manual' },
  )

const own = (headers: Record<string, string>, more: Record<string, string> = {}) =>
  post(server, '/oauth/token', { grant_type: 'client_credentials', ...more }, headers)

test('IS-01 every response says which realm it is from, in every response mode', async () => {
  const { issuer, authorization_response_iss_parameter_supported: says } = await metadata()
  assert.deepEqual([issuer, says], [server.url, true])
  const { callback } = await getCode(server, client, person, {}, agent)
  assert.equal(callback.searchParams.get('iss'), issuer)
  const answer = async (mode: string) => {
    const response = await authorize({ prompt: 'none', response_mode: mode })
    return { location: response.headers.get('location') ?? '', text: await response.text() }
  }
  assert.equal(new URL((await answer('query')).location).searchParams.get('iss'), issuer)
  assert.match((await answer('form_post')).text, new RegExp(`name="iss" value="${issuer}"`))
  const signed = new URL((await answer('query.jwt')).location).searchParams.get('response') ?? ''
  assert.deepEqual([decodeJwt(signed).iss, decodeJwt(signed).error], [issuer, 'login_required'])
  const realm = await server.api<{ issuer_id: string }>('POST', '/v1/realms', { name: 'Other' })
  assert.equal((await metadata(`/realms/${realm.issuer_id}`)).issuer, `${server.url}/realms/${realm.issuer_id}`)
})

test('IS-04 no ID token comes through the browser, with or without a nonce', async () => {
  for (const type of ['id_token', 'code id_token', 'code token', 'token', 'code id_token token', 'none']) {
    const response = await authorize({ response_type: type, nonce: 'n' })
    const error = new URL(response.headers.get('location') ?? '').searchParams.get('error')
    assert.equal(error, 'unsupported_response_type', type)
  }
  assert.deepEqual((await metadata()).response_types_supported, ['code'])
})

test('AC-09 a code of one session is worth nothing in another one', async () => {
  const attacker = await makePerson(server, 'mallory@example.com')
  const stolen = await getCode(server, client, attacker)
  const { verifier } = await getCode(server, client, person, {}, agent)
  const injected = await exchange(server, client, { code: stolen.code, verifier })
  assert.deepEqual([injected.status, injected.body.error], [400, 'invalid_grant'])
  assert.equal((await exchange(server, client, stolen)).body.error, 'invalid_grant')
})

test('JW-16 a hint whose algorithm is unknown is no hint, whatever hashes it has', async () => {
  const { body } = await exchange(server, client, await getCode(server, client, person, {}, agent))
  const [header = '', payload = '', signature = ''] = String(body.id_token).split('.')
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  assert.ok(claims.at_hash === undefined || typeof claims.at_hash === 'string')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const silent = async (hint: string) => {
    const query = new URLSearchParams({
      ...{ response_type: 'code', client_id: client.clientId, redirect_uri: REDIRECT_URI, scope: 'openid' },
      ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256', prompt: 'none', id_token_hint: hint },
    })
    const { headers } = await fetch(`${server.url}/oauth/authorize?${query}`, {
      redirect: 'manual',
      headers: { cookie: [...agent.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    })
    return new URL(headers.get('location') ?? '', server.url).searchParams
  }
  assert.ok((await silent(String(body.id_token))).has('code'))
  for (const alg of ['none', 'XX999', 'HS256']) {
    const forged = `${part({ alg, kid })}.${part({ ...claims, at_hash: 'x', c_hash: 'x' })}.${alg === 'none' ? '' : signature}`
    assert.equal((await silent(forged)).get('error'), 'login_required', alg)
  }
})

test('DP-14 CA-11 headers of a proxy that nobody trusts change neither the address of a proof nor who the client is', async () => {
  const key = await makeDpopKey()
  const spoofed = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    forwarded: 'host=evil.example;proto=https',
  }
  const foreign = await key.prove('https://evil.example/oauth/token', Date.now())
  assert.equal((await own({ authorization: client.basic, dpop: foreign, ...spoofed })).body.error, 'invalid_dpop_proof')
  const right = await key.prove(`${server.url}/oauth/token`, Date.now())
  assert.equal((await own({ authorization: client.basic, dpop: right, ...spoofed })).body.token_type, 'DPoP')
  const certificate = 'MIIBdTCCARugAwIBAgIUQ2xpZW50IGNlcnRpZmljYXRlMAoGCCqGSM49BAMCMBExDzANBgNVBAMMBmNsaWVudA=='
  for (const header of [
    'x-ssl-client-cert',
    'client-cert',
    'x-client-cert',
    'x-amzn-mtls-clientcert',
    'ssl-client-cert',
  ]) {
    const refused = await own({ [header]: `:${certificate}:` }, { client_id: client.clientId })
    assert.deepEqual([refused.status, refused.body.error], [401, 'invalid_client'], header)
  }
})

test('CA-08 whoever guesses secrets is refused alike, and locks out neither the client nor its network', async () => {
  const guess = (secret: string) => ({ authorization: `Basic ${btoa(`${client.clientId}:${secret}`)}` })
  for (let round = 0; round < 5; round++) {
    const guesses = Array.from({ length: 60 }, (_, at) => own(guess(`${round}-${at}`)))
    const statuses = new Set((await Promise.all(guesses)).map(({ status }) => status))
    assert.deepEqual([...statuses], [401])
    assert.equal((await own({ authorization: client.basic })).status, 200)
  }
})

test('SS-11 the address of a logout token is the registered one, with nothing that a request chooses', async () => {
  const register = (uri: string) =>
    server.call('POST', '/v1/realms/default/clients', {
      body: { label: 'L', redirect_uris: [REDIRECT_URI], backchannel_logout_uri: uri },
    })
  for (const uri of ['https://{host}/logout', '{host}', 'https://%7bhost%7d/logout']) {
    assert.equal((await register(uri)).status, 400, uri)
  }
})

test('SS-12 a page of the server loads no image of a client, and its logo from nowhere else', async () => {
  const third = await makeClient(server, { label: 'Third' })
  const response = await authorize({ client_id: third.clientId, logo_uri: 'https://evil.example/logo.svg' })
  const page = await fetch(new URL(response.headers.get('location') ?? '', server.url), {
    headers: {
      cookie: response.headers
        .getSetCookie()
        .map((line) => line.split(';')[0])
        .join('; '),
    },
  })
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'; .*img-src 'self' data:(;|$)/)
  assert.doesNotMatch(await page.text(), /evil\.example/)
})

test('KM-03 BO-01 BO-05 no private key is in the database, and no path without a credential tells of the installation', async () => {
  const files = readdirSync(server.dataDir).filter((name) => /sqlite/.test(name))
  assert.ok(files.length > 0)
  for (const name of files) {
    const bytes = readFileSync(join(server.dataDir, name))
    for (const text of ['PRIVATE KEY', '"d":"', server.adminKey])
      assert.equal(bytes.includes(text), false, `${name}: ${text}`)
  }
  const master = readFileSync(join(server.dataDir, 'master.key'), 'utf8').trim()
  const { version } = (await metadata()) as { version?: string }
  assert.equal(version, undefined)
  for (const base of [server.url, server.adminUrl]) {
    const paths = [
      '/',
      '/health',
      '/healthz',
      '/admin.key.firstboot',
      '/master.key',
      '/data/master.key',
      '/.env',
      '/debug',
    ]
    for (const path of [...paths, '/v1/settings', '/v1/setup', '/firstboot', '/docs', '/openapi.json', '/metrics']) {
      const text = await (await fetch(base + path)).text()
      for (const secret of [master, server.adminKey, server.dataDir]) assert.ok(!text.includes(secret), base + path)
    }
  }
  assert.equal((await fetch(`${server.url}/metrics`)).status, 404)
})

test('MC-05 a token for one resource opens no other, and tells nobody else what it is', async () => {
  const { body } = await own({ authorization: client.basic }, { resource: API })
  const token = String(body.access_token)
  assert.deepEqual(decodeJwt(token).aud, API)
  const userinfo = await fetch(`${server.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(userinfo.status, 401)
  const other = await makeClient(server, { label: 'Other' })
  const told = await post(server, '/oauth/introspect', { token }, { authorization: other.basic })
  assert.deepEqual(told.body, { active: false })
  const document = await fetch(`${server.url}/.well-known/oauth-protected-resource/orders`)
  const { resource, authorization_servers: issuers } = (await document.json()) as Record<string, unknown>
  assert.deepEqual([resource, issuers], [API, [server.url]])
})

test('MC-09 every address in the metadata of a realm is its own, whatever was registered there', async () => {
  const { issuer_id: id } = await server.api<{ issuer_id: string }>('POST', '/v1/realms', {
    name: 'Own',
    policy: { registration: { mode: 'open' } },
  })
  for (const base of ['', `/realms/${id}`]) {
    const all = await metadata(base)
    const urls = JSON.stringify(all).match(/https?:[^"]*/g) ?? []
    assert.ok(urls.length > 8)
    for (const url of urls) assert.ok(url.startsWith(`${server.url}${base}`), url)
  }
})
