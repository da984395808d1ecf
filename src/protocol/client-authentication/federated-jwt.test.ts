// Clients that authenticate by JWTs of an issuer that an administrator trusts, at a real https issuer.
import assert from 'node:assert/strict'
import { createHmac, createPublicKey } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type JWTPayload, SignJWT } from 'jose'
import { clientUpdate } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { type FederatedCredential, meansSubject } from '#domain/client/federated-credential.ts'
import { assertionFields, type ClientKey, makeClientKey } from '#testing/assertion.ts'
import { type DocumentFixture, openDocumentFixture } from '#testing/document-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { failure } from '#testing/run-operation.ts'
import { type Answer, postForm } from '#testing/token-client.ts'

const REALM = 'https://id.example.com'
const SUBJECT = 'system:serviceaccount:prod:orders'

let set: DocumentFixture
let key: ClientKey
let issuer: string
let client: ClientWithSecret

before(async () => {
  set = await openDocumentFixture()
  key = await makeClientKey('RS256')
  issuer = set.host.origin
  publish(key)
  set.host.publish('/.well-known/openid-configuration', { document: { issuer, jwks_uri: `${issuer}/keys` } })
  client = await federated({ subject: SUBJECT })
})
after(() => set.close())

function publish(...keys: ClientKey[]): void {
  set.host.publish('/keys', { document: { keys: keys.map(({ jwk }) => jwk) } })
}

type Given = Partial<FederatedCredential>
const federated = (...credentials: Given[]): Promise<ClientWithSecret> =>
  set.fixture.makeClient({
    authMethod: 'federated_jwt',
    grantTypes: ['client_credentials'],
    redirectUris: [],
    federatedCredentials: credentials.map((given) => ({ issuer, subject: SUBJECT, ...given })),
  })

/** A token as a platform gives it to a program: no jti needs to be new, and the client id is not in it. */
function platformToken(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, by = key) {
  const iat = Math.floor(set.clock.now() / 1000)
  const all = { iss: issuer, sub: SUBJECT, aud: [REALM], iat, nbf: iat, exp: iat + 3600, ...claims } as JWTPayload
  return new SignJWT(all).setProtectedHeader({ alg: by.alg, kid: 'k1', ...header }).sign(by.privateKey)
}

const present = (assertion: string, of = client, more: Record<string, string> = {}) =>
  postForm(set.fixture, '/oauth/token', {
    grant_type: 'client_credentials',
    client_id: of.clientId,
    ...assertionFields(assertion),
    ...more,
  })

function assertAccepted({ status, body }: Answer, told?: unknown): void {
  assert.equal(status, 200, JSON.stringify([told, body]))
}

function assertRefused({ status, body }: Answer, told?: unknown): void {
  assert.deepEqual([status, body.error], [401, 'invalid_client'], JSON.stringify([told, body]))
}

/** Why the newest refusal happened, as the operator sees it. */
async function reasonOf(answer: Answer): Promise<unknown> {
  assertRefused(answer)
  const events = await set.fixture.events('client_authentication.failed')
  return events.at(-1)?.data.reason
}

test('a token of a service account stands for the client until it expires, not only once', async () => {
  const token = await platformToken()
  assertAccepted(await present(token))
  assertAccepted(await present(token), 'platforms give programs one token for a while')
  set.clock.advance(2 * 3_600_000)
  assert.equal(await reasonOf(await present(token)), 'assertion_expired')
})

test('the client_id is in the request, because the subject is not that of the client', async () => {
  const assertion = await platformToken()
  assertRefused(
    await postForm(set.fixture, '/oauth/token', { grant_type: 'client_credentials', ...assertionFields(assertion) }),
  )
  const other = await federated({ subject: 'system:serviceaccount:prod:billing' })
  assert.equal(await reasonOf(await present(assertion, other)), 'subject_not_trusted')
  const plain = await set.fixture.makeClient({ grantTypes: ['client_credentials'] })
  assert.equal(await reasonOf(await present(assertion, plain)), 'wrong_method')
  const { clientId: client_id } = client
  assertRefused(await postForm(set.fixture, '/oauth/token', { grant_type: 'client_credentials', client_id }))
})

test('a rule with * means the subjects of its part only', async () => {
  const app = await federated({ subject: 'repo:acme/orders:*' })
  for (const sub of ['repo:acme/orders:ref:refs/heads/main', 'repo:acme/orders:pull_request']) {
    assertAccepted(await present(await platformToken({ sub }), app), sub)
  }
  for (const sub of [
    'repo:acme/orders-evil:ref:x',
    'repo:acme/orders:',
    'repo:acme/orders',
    'REPO:acme/orders:x',
    '*',
    '',
  ]) {
    assertRefused(await present(await platformToken({ sub }), app), sub)
  }
  for (const sub of [42, ['repo:acme/orders:x'], null, undefined]) {
    assertRefused(await present(await platformToken({ sub }), app), sub)
  }
  assert.equal(meansSubject('spiffe://acme.example/ns/prod/*', 'spiffe://acme.example/ns/prod/sa/orders'), true)
  assert.equal(meansSubject('spiffe://acme.example/ns/prod/*', 'spiffe://acme.example/ns/production/x'), false)
})

test('JW-13 issuer and audience are exact: another issuer, several audiences or the audience of others are refused', async () => {
  for (const iss of [`${issuer}/`, `${issuer}.evil.example`, 'https://other.example', [issuer], undefined, null]) {
    assert.equal(await reasonOf(await present(await platformToken({ iss }))), 'issuer_not_trusted', String(iss))
  }
  for (const aud of [
    'https://other.example',
    [REALM, 'https://other.example'],
    [],
    `${REALM}/oauth/token`,
    `${REALM}/`,
  ]) {
    assertRefused(await present(await platformToken({ aud })), aud)
  }
  assertAccepted(await present(await platformToken({ aud: REALM })))
  const own = await federated({ audience: 'countersign' })
  assertAccepted(await present(await platformToken({ aud: 'countersign' }), own))
  assert.equal(await reasonOf(await present(await platformToken(), own)), 'assertion_audience')
})

test('JW-12 times that are missing or odd are refused', async () => {
  const now = Math.floor(set.clock.now() / 1000)
  for (const claims of [
    { exp: undefined },
    { exp: now - 300 },
    { exp: now + 7 * 86_400 },
    { exp: now + 0.5 },
    { exp: -1 },
    { exp: '9999999999' },
    { exp: 1e20 },
    { iat: now + 300 },
    { nbf: now + 300 },
  ]) {
    assertRefused(await present(await platformToken(claims)), claims)
  }
})

test('JW-01, JW-02, JW-03, JW-04, JW-06, JW-07 only a key of the issuer signs, and nothing in the header is followed', async () => {
  const attacker = await makeClientKey('RS256')
  assertRefused(await present(await platformToken({}, {}, attacker)), 'another key')
  assertRefused(await present(await platformToken({}, { jwk: attacker.jwk }, attacker)), 'JW-03')
  const asked = set.host.asked.length
  for (const name of ['jku', 'x5u']) {
    assertRefused(await present(await platformToken({}, { [name]: `${issuer}/attacker` }, attacker)), 'JW-04')
  }
  assert.ok(!set.host.asked.slice(asked).includes('/attacker'), 'JW-04: nothing in the header is fetched')
  for (const header of [
    { crit: ['x'], x: 1 },
    { crit: ['b64'], b64: false },
  ]) {
    const [, payload = ''] = (await platformToken()).split('.')
    const head = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'k1', ...header })).toString('base64url')
    assertRefused(await present(`${head}.${payload}.AAAA`), 'JW-06')
  }
  for (const typ of ['at+jwt', 'logout+jwt', 'oauth-authz-req+jwt']) {
    assertRefused(await present(await platformToken({}, { typ })), 'JW-07')
  }
  assertAccepted(await present(await platformToken({}, { typ: 'JWT' })))
  const [, payload = '', signature = ''] = (await platformToken()).split('.')
  for (const alg of ['none', 'None', '', null]) {
    const head = Buffer.from(JSON.stringify({ alg, kid: 'k1' })).toString('base64url')
    for (const end of ['', signature]) assertRefused(await present(`${head}.${payload}.${end}`), 'JW-01')
  }
  const pem = createPublicKey({ key: key.jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  for (const secret of [pem.toString(), JSON.stringify(key.jwk)]) {
    const input = `${Buffer.from('{"alg":"HS256","kid":"k1"}').toString('base64url')}.${payload}`
    assertRefused(await present(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`), 'JW-02')
  }
  for (const text of ['', '.', '..', 'a.b.c', `${'x'.repeat(9000)}`, 'bm90.anNvbg.x']) {
    const { status } = await present(text)
    assert.ok(status === 401 || status === 400, text.slice(0, 20))
  }
})

test('a new key of the issuer is fetched once it is used, but unknown keys cause few requests', async () => {
  set.clock.advance(600_000)
  const next = { ...(await makeClientKey('ES256')), alg: 'ES256' }
  const renamed: ClientKey = { ...next, jwk: { ...next.jwk, kid: 'k2' } }
  assertAccepted(await present(await platformToken()))
  publish(key, renamed)
  set.clock.advance(31_000)
  assertAccepted(await present(await platformToken({}, { kid: 'k2' }, renamed)), 'a new kid')
  const asked = set.host.asked.length
  for (let round = 0; round < 20; round++) assertRefused(await present(await platformToken({}, { kid: `k-${round}` })))
  assert.ok(set.host.asked.length - asked <= 1, 'a cool-down for unknown kids')
})

test('keys that cannot be fetched are an error for a while, not a refusal', async () => {
  const app = await federated({ issuer: `${issuer}/nowhere` })
  const { status, body } = await present(await platformToken({ iss: `${issuer}/nowhere` }), app)
  assert.deepEqual([status, body.error], [503, 'temporarily_unavailable'])
  set.host.publish('/liar/.well-known/openid-configuration', { document: { issuer, jwks_uri: `${issuer}/keys` } })
  const liar = await federated({ issuer: `${issuer}/liar` })
  assert.equal(
    (await present(await platformToken({ iss: `${issuer}/liar` }), liar)).status,
    503,
    'it names another issuer',
  )
  const direct = await federated({ issuer: 'https://unresolvable.invalid', jwksUri: `${issuer}/keys` })
  assertAccepted(await present(await platformToken({ iss: 'https://unresolvable.invalid' }), direct), 'no discovery')
})

test('rules that would mean more than they seem to are refused, and SS-01 addresses inside the network', async () => {
  for (const subject of ['*', 'repo:acme*', 'repo:*/orders', '::*', ':*', '/*', 'a*b', 'repo:acme/**', '']) {
    await assert.rejects(federated({ subject }), { code: 'invalid_input' }, subject)
  }
  for (const at of [
    'http://issuer.example',
    'https://issuer.example?x',
    'https://issuer.example#x',
    'https://10.0.0.1',
  ]) {
    await assert.rejects(federated({ issuer: at }), { code: 'invalid_input' }, at)
  }
  for (const jwksUri of ['https://169.254.169.254/keys', 'https://10.0.0.1/keys', 'http://issuer.example/keys']) {
    await assert.rejects(federated({ jwksUri }), { code: 'invalid_input' }, jwksUri)
  }
  await assert.rejects(federated(), { code: 'invalid_input' })
  await assert.rejects(federated(...Array.from({ length: 21 }, () => ({}))), { code: 'invalid_input' })
  const credential = { issuer, subject: SUBJECT }
  await assert.rejects(set.fixture.makeClient({ federatedCredentials: [credential] }), { code: 'invalid_input' })
  const { id } = client
  const worse = callOperation(clientUpdate, set.fixture.services.contextFor(), {
    id,
    federatedCredentials: [{ ...credential, jwksUri: 'https://169.254.169.254/keys' }],
  })
  await assert.rejects(worse, failure('invalid_input'), 'SS-08')
})

test('another issuer or subject is another credential: a program needs credentials:write to change it', async () => {
  const { services } = set.fixture
  const { id } = await federated({})
  const change = { id, federatedCredentials: [{ issuer, subject: 'system:serviceaccount:evil:evil' }] }
  const program = services.contextFor({ permissions: ['clients:write'] })
  await assert.rejects(callOperation(clientUpdate, program, change), failure('forbidden'))
  const both = services.contextFor({ permissions: ['clients:write', 'credentials:write'] })
  const { federatedCredentials: now } = await callOperation(clientUpdate, both, change)
  assert.equal(now[0]?.subject, 'system:serviceaccount:evil:evil')
})

test('the FAPI profile refuses such assertions', async () => {
  const modern = await makeClientKey('ES256')
  publish(modern)
  set.clock.advance(600_000)
  assertAccepted(await present(await platformToken({}, {}, modern)))
  await set.setPolicy({ profile: 'fapi-2.0' })
  try {
    assert.equal(await reasonOf(await present(await platformToken({}, {}, modern))), 'method_not_allowed')
  } finally {
    await set.setPolicy({ profile: 'oauth-2.1' })
  }
})
