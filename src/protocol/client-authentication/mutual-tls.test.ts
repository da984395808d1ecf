// Clients that authenticate by a TLS certificate (RFC 8705 §2), at a real server: over TLS, and behind a proxy.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import {
  type CertificateOptions,
  makeCertificate,
  PRINTABLE,
  type TestCertificate,
} from '#testing/certificate-authority.ts'
import {
  fetchWith,
  type MutualTlsServer,
  PROXY_ADDRESS,
  type Sending,
  sendForm,
  startMutualTlsServer,
} from '#testing/mutual-tls.ts'

const SUBJECT = [
  ['C', 'DE'],
  ['O', 'Acme, Inc.'],
  ['CN', 'orders'],
] as const
const NAME = 'CN=orders,O=Acme\\, Inc.,C=DE'

let run: MutualTlsServer
let authority: TestCertificate
let certificate: TestCertificate
let clientId: string
before(async () => {
  run = await startMutualTlsServer()
  authority = makeCertificate({ subject: [['CN', 'Acme clients']], authority: true })
  await trust(authority)
  certificate = issue({ subject: SUBJECT })
})
// Only some refusals of one client become events.
beforeEach(async () => {
  clientId = await client({ tls_client_auth_subject_dn: NAME })
})
after(() => run.stop())

const issue = (options: CertificateOptions) => makeCertificate({ issuer: authority, ...options })
const trust = (...authorities: TestCertificate[]) =>
  run.server.api('PATCH', '/v1/realms/default', {
    policy: { client_certificate_authorities: authorities.map(({ cert }) => cert) },
  })

async function client(given: Record<string, unknown>): Promise<string> {
  const made = await run.server.api<{ client_id: string; client_secret?: string }>(
    'POST',
    '/v1/realms/default/clients',
    {
      label: 'Orders',
      auth_method: 'tls_client_auth',
      grant_types: ['client_credentials'],
      ...given,
    },
  )
  assert.equal(made.client_secret, undefined)
  return made.client_id
}

function ask(sending: Sending = {}, id = clientId, base = run.url, more: Record<string, string> = {}) {
  return sendForm(`${base}/oauth/token`, { grant_type: 'client_credentials', client_id: id, ...more }, sending)
}

let seen = 0

/** The reasons that the operator learned since the last question. */
async function newReasons(): Promise<string[]> {
  const query = 'type=client_authentication.failed&limit=200'
  const { data } = await run.server.api<{ data: { seq: number; data: { reason: string } }[] }>(
    'GET',
    `/v1/events?${query}`,
  )
  const sorted = data.filter(({ seq }) => seq > seen).sort((one, other) => one.seq - other.seq)
  seen = sorted.at(-1)?.seq ?? seen
  return sorted.map((event) => event.data.reason)
}

/** Asserts that a client gets no token, and that the operator learns this reason. */
async function assertRefused(reason: string, ...asked: Parameters<typeof ask>): Promise<void> {
  const { status, body } = await ask(...asked)
  assert.deepEqual([status, body.error], [401, 'invalid_client'], reason)
  assert.deepEqual((await newReasons()).at(-1), reason)
}

test('a certificate of an authority of the realm, with the name of the client, authenticates it', async () => {
  const { status, body } = await ask({ certificate })
  assert.deepEqual([status, body.token_type], [200, 'Bearer'])
  await assertRefused('certificate_missing')
  await assertRefused('wrong_method', { certificate }, clientId, run.url, { client_secret: 'x' })
})

test('the encoding of a name does not matter, its order and its values do', async () => {
  const printable = SUBJECT.map(([type, value]) => [type, value, PRINTABLE] as const)
  assert.equal((await ask({ certificate: issue({ subject: printable }) })).status, 200)
  for (const subject of [
    SUBJECT.toReversed(),
    [...SUBJECT, ['OU', 'more'] as const],
    [SUBJECT[0], SUBJECT[1], ['CN', 'Orders']] as const,
    [['CN', 'orders\nO=Acme, Inc.\nC=DE']] as const,
    [['CN', 'orders,O=Acme\\, Inc.,C=DE']] as const,
    [],
  ]) {
    await assertRefused('certificate_name', { certificate: issue({ subject }) })
  }
  const { headers } = await ask({ certificate: issue({ subject: [['CN', 'other']] }) })
  const decision = await run.server.api<Record<string, string>>('GET', `/v1/decisions/${headers['x-request-id']}`)
  assert.deepEqual(
    [decision.policy, decision.policy_value, decision.given],
    ['client.tls_client_auth_subject_dn', NAME, 'CN=other'],
  )
})

test('an authority that the realm does not trust, an expired certificate and one for servers are refused', async () => {
  const other = makeCertificate({ subject: [['CN', 'Acme clients']], authority: true })
  await assertRefused('certificate_not_trusted', { certificate: makeCertificate({ issuer: other, subject: SUBJECT }) })
  await assertRefused('certificate_not_trusted', { certificate: makeCertificate({ subject: SUBJECT }) })
  const between = issue({ subject: [['CN', 'between']], authority: true })
  await assertRefused('certificate_not_trusted', { certificate: issue({ subject: SUBJECT, issuer: between }) })
  await assertRefused('certificate_not_trusted', { certificate: issue({ subject: SUBJECT, issuer: certificate }) })
  await assertRefused('certificate_not_trusted', { certificate: issue({ subject: SUBJECT, purposes: ['serverAuth'] }) })
  assert.equal(
    (await ask({ certificate: issue({ subject: SUBJECT, purposes: ['serverAuth', 'clientAuth'] }) })).status,
    200,
  )
  const past = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') }
  await assertRefused('certificate_expired', { certificate: issue({ subject: SUBJECT, ...past }) })
  const future = { notBefore: new Date('2048-01-01'), notAfter: new Date('2049-01-01') }
  await assertRefused('certificate_expired', { certificate: issue({ subject: SUBJECT, ...future }) })
})

test('a client presents the certificates between its own and the authority, and each of them counts', async () => {
  const between = issue({ subject: [['CN', 'between']], authority: true, pathLength: 1 })
  const lower = issue({ subject: [['CN', 'lower']], authority: true, issuer: between })
  const own = issue({ subject: SUBJECT, issuer: lower })
  const chain = [lower, between]
  await assertRefused('certificate_not_trusted', { certificate: own })
  await assertRefused('certificate_not_trusted', { certificate: { ...own, chain: [lower] } })
  assert.equal((await ask({ certificate: { ...own, chain } })).status, 200)
  assert.equal((await ask({ certificate: { ...own, chain: [...chain, authority] } })).status, 200)
  const resuming = fetchWith({ ...own, chain })
  for (let time = 0; time < 3; time++) {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const { status } = await resuming(`${run.url}/oauth/token`, { method: 'POST', headers, body })
    assert.equal(status, 200, 'a resumed session')
  }
  const byHeader = (...others: TestCertificate[]) => ({
    from: PROXY_ADDRESS,
    headers: {
      host: new URL(run.url).host,
      'client-cert': `:${own.der.toString('base64')}:`,
      'client-cert-chain': others.map(({ der }) => `:${der.toString('base64')}:`).join(', '),
    },
  })
  assert.equal((await ask(byHeader(...chain), clientId, run.server.url)).status, 200)
  await assertRefused('certificate_not_trusted', byHeader(between), clientId, run.server.url)

  const past = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') }
  for (const options of [
    { authority: false },
    { authority: true, ...past },
    { authority: true, permits: 'acme.example' },
    { authority: true, purposes: ['serverAuth'] },
    { authority: true, pathLength: 0, below: true },
  ] as const) {
    const wrong = issue({ subject: [['CN', 'wrong']], ...options })
    const lowest = 'below' in options ? issue({ subject: [['CN', 'lowest']], authority: true, issuer: wrong }) : wrong
    const leaf = issue({ subject: SUBJECT, issuer: lowest })
    const presented = { ...leaf, chain: [lowest, wrong] }
    await assertRefused('certificate_not_trusted', { certificate: presented })
  }
  await trust(lower)
  assert.equal((await ask({ certificate: own })).status, 200)
  await trust(authority)
})

test('an authority that the realm trusts no longer, or that has expired, authenticates nobody', async () => {
  const old = makeCertificate({ subject: [['CN', 'old']], authority: true, notAfter: new Date(Date.now() - 1000) })
  await trust(authority, old)
  await assertRefused('certificate_not_trusted', { certificate: makeCertificate({ issuer: old, subject: SUBJECT }) })
  await trust(old)
  await assertRefused('certificate_not_trusted', { certificate })
  await trust(authority)
  assert.equal((await ask({ certificate })).status, 200)
})

test('each kind of name means that kind only', async () => {
  const names = { dns: 'orders.example', uri: 'spiffe://acme/orders', ip: [10, 0, 0, 7], email: 'orders@acme.example' }
  const all = issue({ subject: [['CN', 'orders.example']], names })
  const only = issue({ subject: [['CN', 'orders.example']] })
  for (const [field, value] of [
    ['tls_client_auth_san_dns', 'orders.example'],
    ['tls_client_auth_san_uri', 'spiffe://acme/orders'],
    ['tls_client_auth_san_ip', '10.0.0.7'],
    ['tls_client_auth_san_email', 'orders@acme.example'],
  ] as const) {
    const id = await client({ [field]: value })
    assert.equal((await ask({ certificate: all }, id)).status, 200, field)
    await assertRefused('certificate_name', { certificate: only }, id)
  }
  const trick = issue({ names: { uri: 'urn:x, DNS:orders.example' } })
  await assertRefused(
    'certificate_name',
    { certificate: trick },
    await client({ tls_client_auth_san_dns: 'orders.example' }),
  )
  const wild = issue({ names: { dns: '*.example' } })
  await assertRefused(
    'certificate_name',
    { certificate: wild },
    await client({ tls_client_auth_san_dns: 'orders.example' }),
  )
})

test('a client with certificates of its own is known by them, whoever issued them', async () => {
  const own = makeCertificate({ subject: [['CN', 'self']] })
  const next = makeCertificate({ subject: [['CN', 'self']] })
  const keys = { auth_method: 'self_signed_tls_client_auth', jwks: { keys: [own.jwk, next.jwk] } }
  const id = await client(keys)
  assert.equal((await ask({ certificate: own }, id)).status, 200)
  assert.equal((await ask({ certificate: next }, id)).status, 200)
  await assertRefused('certificate_not_registered', { certificate: makeCertificate({ subject: [['CN', 'self']] }) }, id)
  await assertRefused('certificate_not_registered', { certificate }, id)
  await assertRefused('certificate_missing', {}, id)
  const past = makeCertificate({ notAfter: new Date(Date.now() - 1000) })
  const late = await client({ ...keys, jwks: { keys: [past.jwk] } })
  await assertRefused('certificate_expired', { certificate: past }, late)
})

test('a key for encryption and a weak key authenticate no client with certificates of its own', async () => {
  const own = makeCertificate({ subject: [['CN', 'self']] })
  const keys = (jwk: object) => ({ auth_method: 'self_signed_tls_client_auth', jwks: { keys: [jwk] } })
  const encrypting = await client(keys({ ...own.jwk, use: 'enc' }))
  await assertRefused('certificate_not_registered', { certificate: own }, encrypting)
  const signing = await client(keys({ ...own.jwk, use: 'sig' }))
  assert.equal((await ask({ certificate: own }, signing)).status, 200)
  const weak = issue({ subject: [['CN', 'self']], rsaBits: 1024 })
  const id = await client(keys({ ...own.jwk, x5c: weak.jwk.x5c }))
  const headers = { 'client-cert': `:${weak.der.toString('base64')}:`, host: new URL(run.url).host }
  await assertRefused('certificate_not_registered', { headers, from: PROXY_ADDRESS }, id, run.server.url)
})

test('CA-11 a certificate in a header counts only from a trusted proxy', async () => {
  const base = run.server.url
  const sequence = `:${certificate.der.toString('base64')}:`
  const escaped = encodeURIComponent(certificate.cert)
  const host = new URL(run.url).host
  const lone = (header: string, name = 'client-cert', at = host) => ({ headers: { [name]: header, host: at } })
  for (const header of [sequence, escaped]) {
    assert.equal((await ask({ ...lone(header), from: PROXY_ADDRESS }, clientId, base)).status, 200)
    await assertRefused('certificate_missing', lone(header), clientId, base)
    await assertRefused(
      'certificate_missing',
      { ...lone(header, 'x-ssl-client-cert'), from: PROXY_ADDRESS },
      clientId,
      base,
    )
  }
  await assertRefused('certificate_missing', lone(sequence), clientId, run.url)
  const other = makeCertificate()
  await assertRefused('certificate_not_trusted', { ...lone(sequence), certificate: other, from: PROXY_ADDRESS })
  for (const broken of [
    certificate.der.toString('base64'),
    `:${certificate.der.subarray(0, 100).toString('base64')}:`,
    `:${Buffer.concat([certificate.der, Buffer.from('x')]).toString('base64')}:`,
    `${sequence}, ${sequence}`,
    '%E0%A4',
    `:${'A'.repeat(12_000)}:`,
  ]) {
    await assertRefused('certificate_missing', { ...lone(broken), from: PROXY_ADDRESS }, clientId, base)
  }
})

test('CA-11 a certificate in a header counts only where the Host itself is that of mtls_url', async () => {
  const base = run.server.url
  const header = { 'client-cert': `:${certificate.der.toString('base64')}:` }
  const { host } = new URL(run.url)
  const from = PROXY_ADDRESS
  for (const other of [
    {},
    { 'x-forwarded-host': host },
    { host: new URL(base).host, 'x-forwarded-host': host },
    { host: '127.0.0.1' },
    { host: `${host}.example` },
    { host: 'id.example.com', forwarded: `host=${host}` },
  ]) {
    await assertRefused('certificate_missing', { headers: { ...header, ...other }, from }, clientId, base)
  }
  const forwarded = { ...header, host, 'x-forwarded-host': host }
  assert.equal((await ask({ headers: forwarded, from }, clientId, base)).status, 200)
})

test('the metadata names the methods and the addresses for certificates, where they can work', async () => {
  const metadata = async () =>
    (await (await fetch(`${run.server.url}/.well-known/openid-configuration`)).json()) as Record<string, unknown>
  const { mtls_endpoint_aliases: aliases, token_endpoint_auth_methods_supported: methods, ...others } = await metadata()
  assert.deepEqual(aliases, {
    pushed_authorization_request_endpoint: `${run.url}/oauth/par`,
    token_endpoint: `${run.url}/oauth/token`,
    device_authorization_endpoint: `${run.url}/oauth/device_authorization`,
    backchannel_authentication_endpoint: `${run.url}/oauth/bc-authorize`,
    userinfo_endpoint: `${run.url}/oauth/userinfo`,
    introspection_endpoint: `${run.url}/oauth/introspect`,
    global_token_revocation_endpoint: `${run.url}/oauth/global-token-revocation`,
    revocation_endpoint: `${run.url}/oauth/revoke`,
  })
  assert.ok((methods as string[]).includes('tls_client_auth'))
  assert.ok((methods as string[]).includes('self_signed_tls_client_auth'))
  assert.equal(others.tls_client_certificate_bound_access_tokens, true)
  await trust()
  const without = (await metadata()).token_endpoint_auth_methods_supported as string[]
  assert.deepEqual(
    [without.includes('tls_client_auth'), without.includes('self_signed_tls_client_auth')],
    [false, true],
  )
  await trust(authority)
})

test('the listener for certificates serves no pages and no other endpoints', async () => {
  for (const path of ['/oauth/authorize', '/sign-in', '/v1/realms', '/jwks.json', '/healthz']) {
    const { status } = await sendForm(
      `${run.url}${path}`,
      {},
      { certificate, method: 'GET', headers: { accept: '*/*' } },
    )
    assert.equal(status, 404, path)
  }
})

test('names that contradict each other, and what is no authority, are refused', async () => {
  for (const [field, given] of Object.entries({
    tlsClientAuthSubjectDn: {},
    tlsClientAuthSanDns: { tls_client_auth_subject_dn: NAME, tls_client_auth_san_dns: 'a.example' },
    tlsClientAuthSanUri: { tls_client_auth_san_uri: 'spiffe://a/b', auth_method: 'client_secret' },
    jwks: { auth_method: 'self_signed_tls_client_auth', jwks: { keys: [{ ...certificate.jwk, x5c: undefined }] } },
    tlsClientCertificateBoundAccessTokens: {
      tls_client_auth_subject_dn: NAME,
      tls_client_certificate_bound_access_tokens: true,
      dpop_bound_access_tokens: true,
    },
  })) {
    const body = { label: 'x', auth_method: 'tls_client_auth', grant_types: ['client_credentials'], ...given }
    const { status, body: answer } = await run.server.call('POST', '/v1/realms/default/clients', { body })
    assert.equal(status, 400, field)
    const column = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    assert.match(JSON.stringify(answer), new RegExp(column), field)
  }
  const constrained = makeCertificate({ authority: true, permits: 'acme.example' })
  for (const pem of [
    'x',
    constrained.cert,
    certificate.cert,
    authority.der.toString('base64'),
    `${authority.cert}${authority.key}x`,
  ]) {
    const body = { policy: { client_certificate_authorities: [pem] } }
    assert.equal((await run.server.call('PATCH', '/v1/realms/default', { body })).status, 400, pem.slice(0, 40))
  }
})
