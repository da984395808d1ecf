// Checks the addresses and the content of the discovery documents.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, customFetch as joseFetch, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { type DnsServer, startDns } from '#testing/dns.ts'
import { hostFetch } from '#testing/host-fetch.ts'
import { REDIRECT_URI } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'

// Where a realm is: under a path, under a name of its own below the realm domain, under a domain of its customer.

let paths: TestServer
let hosts: TestServer
let dns: DnsServer
/** Reaches the second server by any name. */
let byHost: typeof fetch
before(async () => {
  paths = await startServer()
  dns = await startDns({})
  hosts = await startServer({
    env: { COUNTERSIGN_REALM_DOMAIN: 'realms.test', COUNTERSIGN_DNS_SERVERS: dns.address },
  })
  byHost = hostFetch(hosts.ports.public)
})
after(async () => {
  await paths.stop()
  await hosts.stop()
  await dns[Symbol.asyncDispose]()
})

interface Made {
  readonly issuer_id: string
  readonly issuer: string
  readonly discovery_url: string
}

interface Document {
  readonly issuer: string
  readonly [name: string]: unknown
}

async function read(
  url: string,
  at: typeof fetch = fetch,
): Promise<{ status: number; headers: Headers; body: Document }> {
  const response = await at(url, {})
  return { status: response.status, headers: response.headers, body: (await response.json()) as Document }
}

test('a realm under a path is described in every well-known place', async () => {
  const made = await paths.api<Made>('POST', '/v1/realms', { name: 'Acme' })
  const path = `/realms/${made.issuer_id}`
  assert.equal(made.issuer, paths.url + path)
  assert.equal(made.discovery_url, `${paths.url}${path}/.well-known/openid-configuration`)
  const { body: first } = await read(made.discovery_url)
  for (const url of [
    `${path}/.well-known/oauth-authorization-server`,
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
  ]) {
    const { status, headers, body } = await read(paths.url + url)
    assert.equal(status, 200, url)
    assert.deepEqual(body, first)
    assert.match(headers.get('content-type') ?? '', /^application\/json/)
    assert.equal(headers.get('access-control-allow-origin'), '*')
  }
  const addresses = Object.entries(first).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name))
  assert.equal(addresses.length, 11)
  for (const [name, url] of addresses) assert.ok(String(url).startsWith(`${made.issuer}/`), name)
})

test('the default realm is described at the root, and says what it can', async () => {
  const { body } = await read(`${paths.url}/.well-known/openid-configuration`)
  assert.deepEqual((await read(`${paths.url}/.well-known/oauth-authorization-server`)).body, body)
  assert.equal(body.issuer, paths.url)
  const expected = {
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post', 'jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'],
    grant_types_supported: [
      ...['authorization_code', 'refresh_token', 'client_credentials'],
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:openid:params:grant-type:ciba',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    resource_indicators_supported: true,
    subject_types_supported: ['public', 'pairwise'],
    backchannel_token_delivery_modes_supported: ['poll', 'ping', 'push'],
    backchannel_user_code_parameter_supported: false,
    request_parameter_supported: true,
    request_object_signing_alg_values_supported: ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
    request_uri_parameter_supported: false,
  }
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(body[name], value, name)
  assert.ok((body.id_token_signing_alg_values_supported as string[]).includes('ES256'))
})

test('IS-09 a realm that is not there is not described, and no host is believed', async () => {
  for (const path of ['/realms/nothing', '/realms/..%2fdefault', '/realms/%252e%252e']) {
    const response = await fetch(`${paths.url}${path}/.well-known/openid-configuration`)
    assert.ok(response.status === 404 || response.status === 400, path)
  }
  const atPaths = hostFetch(paths.ports.public)
  for (const host of ['evil.example', 'evil.example:443', `${'x'.repeat(60)}.example`, '[::1]']) {
    const { status, body } = await read(`http://${host}/.well-known/openid-configuration`, atPaths)
    assert.deepEqual([status, body.issuer], [200, paths.url], host)
    assert.doesNotMatch(JSON.stringify(body), /evil/)
  }
  const forwarded = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' }
  const response = await fetch(`${paths.url}/.well-known/openid-configuration`, { headers: forwarded })
  assert.equal(((await response.json()) as Document).issuer, paths.url)
})

test('a disabled realm is still described, so that its tokens can be told from others', async () => {
  const made = await paths.api<Made>('POST', '/v1/realms', { name: 'Off' })
  await paths.api('PATCH', `/v1/realms/${made.issuer_id}`, { enabled: false })
  assert.equal((await read(made.discovery_url)).status, 200)
  assert.equal((await read(`${made.issuer}/.well-known/jwks.json`)).status, 200)
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  assert.equal((await fetch(`${made.issuer}/oauth/token`, { method: 'POST', body: form })).status, 403)
})

/** Goes through everything at an issuer: discovery, a sign-in, a token of its own, verification. */
async function assertWorks(issuerId: string, issuer: string): Promise<void> {
  const path = `/v1/realms/${issuerId}`
  const email = `${crypto.randomUUID()}@example.com`
  const password = 'correct horse battery staple'
  await hosts.api('POST', `${path}/users`, { email, password })
  const { client_id: id, client_secret: secret } = await hosts.api<{ client_id: string; client_secret: string }>(
    'POST',
    `${path}/clients`,
    {
      label: 'App',
      grant_types: ['authorization_code', 'client_credentials'],
      scopes: ['openid', 'email'],
      redirect_uris: [REDIRECT_URI],
    },
  )
  const options = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: byHost as never }
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    const response = await oauth.discoveryRequest(new URL(issuer), { algorithm, ...options })
    assert.equal((await oauth.processDiscoveryResponse(new URL(issuer), response)).issuer, issuer)
  }
  const response = await oauth.discoveryRequest(new URL(issuer), options)
  const as = await oauth.processDiscoveryResponse(new URL(issuer), response)
  const [client, auth] = [{ client_id: id }, oauth.ClientSecretBasic(secret)]

  const verifier = oauth.generateRandomCodeVerifier()
  const url = new URL(as.authorization_endpoint ?? '')
  assert.equal(url.origin, issuer)
  url.search = new URLSearchParams({
    client_id: id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'openid email',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString()
  const callback = await new UserAgent(issuer, byHost).authorize(url.href, { email, password })
  assert.equal(callback.searchParams.get('iss'), issuer)
  const params = oauth.validateAuthResponse(as, client, callback)
  const answer = await oauth.authorizationCodeGrantRequest(as, client, auth, params, REDIRECT_URI, verifier, options)
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, { requireIdToken: true })
  const sub = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? ''
  const told = await oauth.userInfoRequest(as, client, tokens.access_token, options)
  assert.equal((await oauth.processUserInfoResponse(as, client, sub, told)).email, email)

  const own = await oauth.clientCredentialsGrantRequest(as, client, auth, {}, options)
  const { access_token: token } = await oauth.processClientCredentialsResponse(as, client, own)
  const keys = createRemoteJWKSet(new URL(as.jwks_uri ?? ''), { [joseFetch]: byHost as never })
  const { payload } = await jwtVerify(token, keys, { issuer, audience: issuer, typ: 'at+jwt' })
  assert.equal(payload.client_id, id)
}

test('a realm below the realm domain is known by its host', async () => {
  const made = await hosts.api<Made>('POST', '/v1/realms', { name: 'Acme' })
  assert.equal(made.issuer, `http://${made.issuer_id}.realms.test:${hosts.ports.public}`)
  await assertWorks(made.issuer_id, made.issuer)
  const [other] = [await hosts.api<Made>('POST', '/v1/realms', { name: 'Other' })]
  assert.equal((await read(`${other.issuer}/.well-known/openid-configuration`, byHost)).body.issuer, other.issuer)
  const upper = other.issuer.replace('realms.test', 'REALMS.test')
  assert.equal((await read(`${upper}/.well-known/openid-configuration`, byHost)).body.issuer, other.issuer)
  assert.equal((await read('http://nothing.realms.test/.well-known/openid-configuration', byHost)).status, 404)
  assert.equal((await read(`http://a.${made.issuer_id}.realms.test/jwks.json`, byHost)).status, 404)
  const root = await read(`${hosts.url}/.well-known/openid-configuration`)
  assert.equal(root.body.issuer, hosts.url, 'the default realm stays where it was')
})

test('a realm under its customer’s domain is known by that, once DNS leads there', async () => {
  const made = await hosts.api<Made>('POST', '/v1/realms', { name: 'Custom' })
  const path = `/v1/realms/${made.issuer_id}`
  const claim = { body: { custom_domain: 'login.acme.example' } }
  assert.equal((await hosts.call('PATCH', path, claim)).status, 400)
  dns.set({ 'login.acme.example': { cname: 'somebody.else.example' } })
  assert.equal((await hosts.call('PATCH', path, claim)).status, 400)
  dns.set({ 'login.acme.example': { cname: `${made.issuer_id}.realms.test` } })
  const { issuer } = await hosts.api<Made>('PATCH', path, claim.body)
  assert.equal(issuer, 'https://login.acme.example')
  await assertWorks(made.issuer_id, issuer)
  const other = await hosts.api<Made>('POST', '/v1/realms', { name: 'Thief' })
  const theft = await hosts.call('PATCH', `/v1/realms/${other.issuer_id}`, claim)
  assert.ok(theft.status === 400 || theft.status === 409, String(theft.status))
  await hosts.api('PATCH', path, { custom_domain: null })
  const back = await read(`${made.issuer}/.well-known/openid-configuration`, byHost)
  assert.equal(back.body.issuer, made.issuer)
})

test('the host of a realm serves that realm only, whatever the path says', async () => {
  const [own, other] = await Promise.all(
    ['Own', 'Other'].map((name) => hosts.api<Made>('POST', '/v1/realms', { name })),
  )
  assert.ok(own && other)
  const domain = 'only.customer.test'
  dns.set({ [domain]: { cname: `${own.issuer_id}.realms.test` } })
  await hosts.api('PATCH', `/v1/realms/${own.issuer_id}`, { custom_domain: domain })
  const described = '/.well-known/openid-configuration'
  const statuses = async (host: string, paths: readonly string[]) =>
    Promise.all(paths.map(async (path) => (await byHost(`http://${host}${path}`, {})).status))
  const paths = [
    described,
    `/realms/${own.issuer_id}${described}`,
    `/realms/${other.issuer_id}${described}`,
    `${described}/realms/${other.issuer_id}`,
    `/realms/${other.issuer_id}/oauth/authorize`,
    `/realms/default${described}`,
  ]
  for (const host of [domain, `${own.issuer_id}.realms.test`]) {
    assert.deepEqual(await statuses(host, paths), [200, 200, 404, 404, 404, 404], host)
  }
  const anywhere = [described, `/realms/${own.issuer_id}${described}`, `/realms/${other.issuer_id}${described}`]
  assert.deepEqual(await statuses('127.0.0.1', anywhere), [200, 200, 200])
})
