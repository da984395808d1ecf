// Tokens that are bound to the certificates of clients (RFC 8705 §3), at a real server, with openid-client and behind nginx.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as openid from 'openid-client'
import { assertionFields, makeClientKey, signAssertion } from '#testing/assertion.ts'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { makeCertificate, type TestCertificate } from '#testing/certificate-authority.ts'
import { fetchWith, type MutualTlsServer, PROXY_ADDRESS, sendForm, startMutualTlsServer } from '#testing/mutual-tls.ts'
import { testWith } from '#testing/real-parts.ts'
import { makePerson, proofKey, REDIRECT_URI } from '#testing/realm.ts'
import { freePort } from '#testing/server.ts'
import { until } from '#testing/until.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const SUBJECT_DN = 'CN=orders,O=Acme'

let run: MutualTlsServer
let authority: TestCertificate
let certificate: TestCertificate
let person: Person
before(async () => {
  run = await startMutualTlsServer()
  authority = makeCertificate({ subject: [['CN', 'Acme clients']], authority: true })
  certificate = renewed()
  await run.server.api('PATCH', '/v1/realms/default', { policy: { client_certificate_authorities: [authority.cert] } })
  person = await makePerson(run.server, 'ada@example.com')
})
after(() => run.stop())

/** Another certificate with the same name, as after a renewal. */
function renewed(): TestCertificate {
  const subject = [
    ['O', 'Acme'],
    ['CN', 'orders'],
  ] as const
  return makeCertificate({ subject, issuer: authority })
}

async function client(given: Record<string, unknown> = {}): Promise<string> {
  const made = await run.server.api<{ client_id: string }>('POST', '/v1/realms/default/clients', {
    label: 'Orders',
    auth_method: 'tls_client_auth',
    tls_client_auth_subject_dn: SUBJECT_DN,
    tls_client_certificate_bound_access_tokens: true,
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    scopes: ['openid', 'email', 'offline_access'],
    redirect_uris: [REDIRECT_URI],
    ...given,
  })
  return made.client_id
}

const token = (fields: Record<string, string>, by: TestCertificate | undefined = certificate) =>
  sendForm(`${run.url}/oauth/token`, fields, { certificate: by })
const userinfo = (access: unknown, by?: TestCertificate) =>
  sendForm(
    `${by ? run.url : run.server.url}/oauth/userinfo`,
    {},
    {
      certificate: by,
      method: 'GET',
      headers: { authorization: `Bearer ${access}` },
    },
  )

/** A code for a client, from a browser of its own. */
async function codeFor(clientId: string, query: Record<string, string> = {}) {
  const { verifier, challenge } = proofKey()
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    scope: 'openid email offline_access',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'a state',
    ...query,
  })
  const callback = await new UserAgent(run.server.url).authorize(`${run.server.url}/oauth/authorize?${request}`, person)
  const code = callback.searchParams.get('code') ?? ''
  return { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT_URI }
}

test('openid-client: authentication by the certificate, bound tokens, userinfo, refresh and introspection', async () => {
  const clientId = await client()
  const options = { execute: [openid.allowInsecureRequests] }
  const metadata = { use_mtls_endpoint_aliases: true }
  const config = await openid.discovery(new URL(run.server.url), clientId, metadata, openid.TlsClientAuth(), options)
  config[openid.customFetch] = fetchWith(certificate) as openid.CustomFetch
  const own = await openid.clientCredentialsGrant(config)
  const state = await openid.tokenIntrospection(config, own.access_token)
  assert.deepEqual(
    [state.active, state.token_type, state.cnf],
    [true, 'Bearer', { 'x5t#S256': certificate.thumbprint }],
  )
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const url = await openid.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: REDIRECT_URI,
    scope: 'openid email offline_access',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: 'a state',
  })
  const callback = await new UserAgent(run.server.url).authorize(url.href, person)
  const tokens = await openid.authorizationCodeGrant(config, callback, { pkceCodeVerifier, expectedState: 'a state' })
  const { sub = '' } = tokens.claims() ?? {}
  assert.equal((await openid.fetchUserInfo(config, tokens.access_token, sub)).email, person.email)
  const fresh = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
  assert.equal((await openid.fetchUserInfo(config, fresh.access_token, sub)).email, person.email)
  await openid.tokenRevocation(config, fresh.access_token)
  assert.equal((await openid.tokenIntrospection(config, fresh.access_token)).active, false)
})

test('a bound token opens userinfo only over a connection with its certificate', async () => {
  const clientId = await client()
  const { body } = await token({ client_id: clientId, ...(await codeFor(clientId)) })
  assert.equal((await userinfo(body.access_token, certificate)).status, 200)
  for (const other of [undefined, renewed()]) {
    const refused = await userinfo(body.access_token, other)
    assert.deepEqual([refused.status, refused.body.error], [401, 'invalid_token'])
    assert.match(String(refused.headers['www-authenticate']), /^Bearer .*certificate/)
  }
  const next = renewed()
  const fresh = await token(
    { client_id: clientId, grant_type: 'refresh_token', refresh_token: String(body.refresh_token) },
    next,
  )
  assert.equal((await userinfo(fresh.body.access_token, next)).status, 200, 'a refresh binds to the certificate of now')
  assert.equal((await userinfo(fresh.body.access_token, certificate)).status, 401)
})

test('refresh tokens of a client without authentication are bound to its certificate too', async () => {
  const clientId = await client({
    auth_method: 'none',
    tls_client_auth_subject_dn: null,
    grant_types: ['authorization_code', 'refresh_token'],
  })
  const fields = { client_id: clientId, ...(await codeFor(clientId)) }
  const plain = await sendForm(`${run.server.url}/oauth/token`, fields)
  assert.deepEqual([plain.status, plain.body.error], [400, 'invalid_request'])
  const { body } = await token(fields)
  const again = { client_id: clientId, grant_type: 'refresh_token', refresh_token: String(body.refresh_token) }
  assert.equal((await sendForm(`${run.server.url}/oauth/token`, again)).body.error, 'invalid_request')
  assert.equal((await token(again, renewed())).body.error, 'invalid_grant')
  assert.equal((await token(again)).status, 200)
})

test('TX-07 a bound token is exchanged only over its connection, and the result stays bound', async () => {
  const clientId = await client({ token_exchange_allowed: true })
  const { body } = await token({ client_id: clientId, grant_type: 'client_credentials' })
  const fields = {
    client_id: clientId,
    grant_type: EXCHANGE,
    subject_token: String(body.access_token),
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  }
  assert.equal((await token(fields, renewed())).body.error, 'invalid_grant')
  const { status, body: exchanged } = await token(fields)
  assert.equal(status, 200, JSON.stringify(exchanged))
  const claims = JSON.parse(Buffer.from(String(exchanged.access_token).split('.')[1] ?? '', 'base64url').toString())
  assert.deepEqual(claims.cnf, { 'x5t#S256': certificate.thumbprint })
})

test('a pushed request over the connection with the certificate goes on to a bound code, and names no DPoP key', async () => {
  const clientId = await client()
  const push = (more: Record<string, string>) =>
    sendForm(
      `${run.url}/oauth/par`,
      {
        client_id: clientId,
        response_type: 'code',
        redirect_uri: REDIRECT_URI,
        scope: 'openid',
        code_challenge: proofKey().challenge,
        code_challenge_method: 'S256',
        ...more,
      },
      { certificate },
    )
  assert.equal((await push({})).status, 201)
  const { status, body } = await push({ dpop_jkt: 'A'.repeat(43) })
  assert.deepEqual([status, body.error], [400, 'invalid_request'])
  assert.match(String(body.error_description), /dpop_jkt/)
})

test('a client that did not choose bound tokens gets bearer tokens, with a certificate too', async () => {
  const clientId = await client({ tls_client_certificate_bound_access_tokens: false })
  const { body } = await token({ client_id: clientId, grant_type: 'client_credentials' })
  const claims = JSON.parse(Buffer.from(String(body.access_token).split('.')[1] ?? '', 'base64url').toString())
  assert.equal(claims.cnf, undefined)
})

test('FAPI 2.0 with certificates: private_key_jwt or tls_client_auth, and tokens that are bound', async () => {
  const key = await makeClientKey()
  const byKey = await client({
    profile: 'fapi-2.0',
    auth_method: 'private_key_jwt',
    tls_client_auth_subject_dn: null,
    jwks: { keys: [key.jwk] },
  })
  const assertion = async () =>
    assertionFields(await signAssertion(key, { clientId: byKey, issuer: run.server.url, now: Date.now() }))
  const pushed = await sendForm(`${run.server.url}/oauth/par`, {
    ...(await assertion()),
    ...Object.fromEntries(new URLSearchParams('response_type=code&scope=openid&code_challenge_method=S256')),
    code_challenge: proofKey().challenge,
    redirect_uri: REDIRECT_URI,
  })
  assert.equal(pushed.status, 201, JSON.stringify(pushed.body))
  const own = { grant_type: 'client_credentials' }
  assert.equal((await token({ ...own, ...(await assertion()) })).status, 200)
  const unbound = await sendForm(`${run.server.url}/oauth/token`, { ...own, ...(await assertion()) })
  assert.deepEqual([unbound.status, unbound.body.error], [400, 'invalid_request'])
  const byName = await client({ profile: 'fapi-2.0' })
  assert.equal((await token({ ...own, client_id: byName })).status, 200)
  const loose = await client({ profile: 'fapi-2.0', tls_client_certificate_bound_access_tokens: false })
  assert.equal((await token({ ...own, client_id: loose })).body.error, 'invalid_dpop_proof')
})

test('clients register themselves with a certificate (RFC 8705 §2.1.2, §3.4)', async () => {
  const { server } = run
  await server.api('PATCH', '/v1/realms/default', {
    policy: { registration: { mode: 'open', client_credentials: true } },
  })
  const register = async (metadata: Record<string, unknown>) => {
    const all = { grant_types: ['client_credentials'], client_name: 'Orders', ...metadata }
    const reply = await fetch(`${server.url}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(all),
    })
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
  }
  const bound = { tls_client_certificate_bound_access_tokens: true }
  const named = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: SUBJECT_DN, ...bound }
  const { body } = await register(named)
  assert.deepEqual({ ...body, ...named }, body)
  assert.equal((await token({ grant_type: 'client_credentials', client_id: String(body.client_id) })).status, 200)
  const self = makeCertificate()
  const keys = { token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: { keys: [self.jwk] } }
  const { body: other } = await register(keys)
  assert.equal(
    (await token({ grant_type: 'client_credentials', client_id: String(other.client_id) }, self)).status,
    200,
  )
  for (const [member, metadata] of Object.entries({
    tls_client_auth_subject_dn: { token_endpoint_auth_method: 'tls_client_auth' },
    tls_client_auth_san_dns: { ...named, tls_client_auth_san_dns: 'orders.example' },
    jwks_uri: { token_endpoint_auth_method: 'self_signed_tls_client_auth' },
  })) {
    const { status, body: refused } = await register(metadata)
    assert.deepEqual([status, refused.error], [400, 'invalid_client_metadata'])
    assert.match(String(refused.error_description), new RegExp(`^${member}: `))
  }
})

testWith(
  ['nginx'],
  'CA-11 behind nginx, the certificate of the connection counts, and not what a client sends',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-nginx-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const port = await freePort()
    for (const part of ['cert', 'key'] as const) writeFileSync(join(folder, `${part}.pem`), TEST_CERTIFICATE[part])
    writeFileSync(
      join(folder, 'nginx.conf'),
      `pid nginx.pid; daemon off; error_log stderr; events {}
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate cert.pem; ssl_certificate_key key.pem;
    ssl_verify_client optional_no_ca;
    location / {
      proxy_pass ${run.server.url};
      proxy_bind ${PROXY_ADDRESS};
      proxy_set_header Host ${new URL(run.url).host};
      proxy_set_header Client-Cert $ssl_client_escaped_cert;
    }
  }
}`,
    )
    const nginx = spawn('/usr/sbin/nginx', ['-p', folder, '-c', 'nginx.conf'], { stdio: 'ignore' })
    t.after(async () => {
      nginx.kill()
      if (nginx.exitCode === null) await once(nginx, 'exit')
    })
    const proxy = `https://127.0.0.1:${port}/oauth/token`
    const fields = { client_id: await client(), grant_type: 'client_credentials' }
    await until(() =>
      sendForm(proxy, fields, { certificate }).then(
        () => true,
        () => false,
      ),
    )
    const { status, body } = await sendForm(proxy, fields, { certificate })
    assert.equal(status, 200, JSON.stringify(body))
    const forged = { 'client-cert': `:${certificate.der.toString('base64')}:` }
    for (const other of [undefined, makeCertificate()]) {
      assert.equal((await sendForm(proxy, fields, { headers: forged, certificate: other })).status, 401)
    }
  },
)
