// Checks that the reason of each refusal is recorded.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { refusalList } from '#domain/refusal/refusal.operations.ts'
import { purgeRefusals } from '#domain/refusal/refusal.store.ts'
import { RefusalCounter } from '#domain/refusal/refusal-counter.ts'
import { assertionFields, makeClientKey, signAssertion } from '#testing/assertion.ts'
import { openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { DIALECTS } from '#testing/databases.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { exchange, getCode, makeClient, makePerson, post, refresh, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { openTestServices } from '#testing/services.ts'
import { codeFor, exchangeCode } from '#testing/token-client.ts'

interface Refusals {
  readonly client_id: string
  readonly error: string
  readonly reason: string
  readonly advice: string
  readonly network: string
  readonly count: number
}

let server: TestServer
let client: TestClient

before(async () => {
  server = await startServer()
  client = await makeClient(server, { redirect_uris: ['https://app.example/callback', 'https://app.example/other'] })
})
after(() => server.stop())

const asClient = (secret: string, id = client.clientId) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` })
const GRANT = { grant_type: 'client_credentials' }

/** The refusals of a client, once there are as many reasons as expected: they are written within about two seconds. */
async function refusalsOf(clientId: string, reasons: number): Promise<Refusals[]> {
  const path = `/v1/realms/default/refusals?client_id=${encodeURIComponent(clientId)}`
  for (let tries = 0; ; tries++) {
    const { data } = await server.api<{ data: Refusals[] }>('GET', path)
    if (new Set(data.map(({ reason }) => reason)).size >= reasons || tries > 50) return data
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function eventsOf(type: string): Promise<{ data: Record<string, string>; subject: { label: string } }[]> {
  const { data } = await server.api<{ data: never[] }>('GET', `/v1/events?type=${type}&limit=200`)
  return data
}

test('the reason of each invalid_client is in the list and in the event log, and not in the answer', async () => {
  const key = await makeClientKey()
  const keyed = await makeClient(server, {
    auth_method: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
    grant_types: ['client_credentials'],
    redirect_uris: [],
  })
  const place = { clientId: keyed.clientId, issuer: server.url, now: Date.now() }
  const withAssertion = async (claims: object, signer = key) =>
    post(server, '/oauth/token', {
      ...GRANT,
      ...assertionFields(await signAssertion(signer, place, claims as Record<string, unknown>)),
    })
  const seconds = Math.floor(Date.now() / 1000)
  const repeated = { jti: 'the same' }
  assert.equal((await withAssertion(repeated)).status, 200)
  const answers = [
    await withAssertion({ exp: seconds - 300, iat: seconds - 400 }),
    await withAssertion({ aud: 'https://elsewhere.example' }),
    await withAssertion({ exp: seconds + 7200 }),
    await withAssertion({ jti: '' }),
    await withAssertion({}, await makeClientKey()),
    await withAssertion(repeated),
    await post(server, '/oauth/token', { ...GRANT, client_id: keyed.clientId }),
    await post(server, '/oauth/token', GRANT, asClient('wrong')),
    await post(server, '/oauth/token', GRANT, asClient('wrong')),
    await post(server, '/oauth/token', GRANT, asClient('a secret', 'nobody\u00fc')),
  ]
  for (const { status, body } of answers) {
    assert.equal(body.error, 'invalid_client', JSON.stringify(body))
    assert.equal(status, 401)
    assert.doesNotMatch(JSON.stringify(body), /reason|expired|replay|wrong_/)
  }
  const expected = ['assertion_audience', 'assertion_expired', 'assertion_invalid', 'assertion_jti']
  const others = ['assertion_lifetime', 'assertion_replayed', 'wrong_method']
  const rows = await refusalsOf(keyed.clientId, 7)
  assert.deepEqual(rows.map(({ reason }) => reason).sort(), [...expected, ...others])
  assert.ok(rows.every(({ error, network, advice }) => error === 'invalid_client' && network && advice))
  const wrong = (await refusalsOf(client.clientId, 1)).filter(({ reason }) => reason === 'wrong_secret')
  assert.equal(
    wrong.reduce((sum, { count }) => sum + count, 0),
    2,
  )
  const unknown = await refusalsOf('nobody?', 1)
  assert.deepEqual([unknown[0]?.reason, unknown[0]?.count], ['unknown_client', 1])

  const events = await eventsOf('client_authentication.failed')
  const told = events.filter(({ data }) => data.client_id === keyed.clientId).map(({ data }) => data.reason)
  assert.deepEqual(told.sort(), [...expected, ...others])
  assert.equal(events.filter(({ data }) => data.reason === 'wrong_secret').length, 2)
  assert.equal(events.filter(({ data }) => data.reason === 'unknown_client').length, 0)
  const everything = JSON.stringify([rows, wrong, unknown, events])
  for (const secret of ['a secret', client.secret, 'eyJ']) assert.ok(!everything.includes(secret), secret)
})

test('a request that names no client, or cannot be read, is counted with its reason', async () => {
  const answers = [
    await post(server, '/oauth/token', GRANT),
    await post(server, '/oauth/token', GRANT, { authorization: 'Basic !!!' }),
  ]
  for (const { body } of answers) assert.equal(body.error, 'invalid_client', JSON.stringify(body))
  const wanted = ['malformed_credentials', 'no_client_id']
  const deadline = Date.now() + 60_000
  for (;;) {
    const { data } = await server.api<{ data: Refusals[] }>('GET', '/v1/realms/default/refusals?limit=200')
    const found = data.filter(({ reason }) => wanted.includes(reason))
    if (found.length < wanted.length && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      continue
    }
    assert.deepEqual(found.map(({ reason, count }) => [reason, count]).sort(), [
      ['malformed_credentials', 1],
      ['no_client_id', 1],
    ])
    return
  }
})

test('the reason of each invalid_grant is in the list and in the event log', async () => {
  const person = await makePerson(server, 'rita@example.com')
  const other = await makeClient(server, { label: 'Another' })
  const good = await getCode(server, client, person, { scope: 'openid offline_access', prompt: 'consent' })
  const first = await exchange(server, client, good)
  assert.equal(first.status, 200)
  const token = String(first.body.refresh_token)
  const second = String((await refresh(server, client, token)).body.refresh_token)
  const third = String((await refresh(server, client, second)).body.refresh_token)
  assert.ok(third)
  const fresh = () => getCode(server, client, person)
  const answers = [
    await refresh(server, other, third),
    await refresh(server, client, 'not a token'),
    await refresh(server, client, token),
    await refresh(server, client, third),
    await exchange(server, client, good),
    await exchange(server, client, { ...(await fresh()), verifier: 'x'.repeat(43) }),
    await exchange(server, client, await fresh(), { redirect_uri: 'https://app.example/other' }),
    await exchange(server, other, await fresh()),
    await exchange(server, client, { code: 'no such code', verifier: 'x'.repeat(43) }),
  ]
  for (const { status, body } of answers) {
    assert.equal(body.error, 'invalid_grant', JSON.stringify(body))
    assert.equal(status, 400)
    // The page of the error has the id of the request, which the operator finds in the log.
    const { error_uri: page, ...rest } = body
    const { error_uri: _, ...first } = answers[0]?.body ?? {}
    assert.match(String(page), /\/errors\?error=invalid_grant&request=[\w-]+$/)
    assert.deepEqual(rest, first, 'nothing tells the reasons apart')
  }
  const mine = [
    'code_unknown',
    'code_used',
    'pkce_mismatch',
    'redirect_uri_mismatch',
    'refresh_token_reused',
    'refresh_token_revoked',
    'refresh_token_unknown',
  ]
  const rows = (await refusalsOf(client.clientId, 8)).filter(({ error }) => error === 'invalid_grant')
  assert.deepEqual(rows.map(({ reason }) => reason).sort(), mine)
  const theirs = await refusalsOf(other.clientId, 2)
  assert.deepEqual(theirs.map(({ reason }) => reason).sort(), ['code_of_other_client', 'refresh_token_of_other_client'])
  const events = await eventsOf('token_request.refused')
  const told = events.filter(({ data }) => data.client_id === client.clientId)
  assert.deepEqual(told.map(({ data }) => data.reason).sort(), mine)
  assert.equal(told[0]?.subject.label, 'Test client')
  assert.ok(told.every(({ data }) => ['authorization_code', 'refresh_token'].includes(data.grant_type ?? '')))
})

test('an expired code, and a person who was suspended meanwhile', async (t) => {
  const scene = await openAuthorizationFixture()
  t.after(() => scene.close())
  const app = await scene.makeClient({ firstParty: true })
  const code = await codeFor(scene, app)
  scene.services.clock.advance(10 * 60_000)
  assert.equal((await exchangeCode(scene, app, code)).body.error, 'invalid_grant')
  assert.deepEqual(
    (await scene.events('token_request.refused')).map(({ data }) => data.reason),
    ['code_expired'],
  )
})

for (const dialect of DIALECTS) {
  test(`strangers make a bounded number of rows, processes add up, and rows go after three days, on ${dialect}`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const { id: realmId, tenantId } = services.realm
    const [one, two] = [new RefusalCounter(services), new RefusalCounter(services)]
    const refused = { tenantId, realmId, error: 'invalid_client', ip: '192.0.2.1' } as const
    for (let nobody = 0; nobody < 3000; nobody++)
      one.count({ ...refused, reason: 'unknown_client', clientId: `nobody ${nobody}` })
    const known = { ...refused, reason: 'wrong_secret', clientId: 'app' } as const
    for (const counter of [one, two, two]) counter.count(known)
    await one.flush()
    await two.flush()
    await one.flush()
    const context = services.contextFor({ realm: services.realm })
    const { data } = await callOperation(refusalList, context, { limit: 200 })
    assert.equal(data.length, 52)
    const counts = (reason: string) => data.filter((row) => row.reason === reason).map(({ count }) => count)
    assert.deepEqual([counts('wrong_secret'), counts('other')], [[3], [2950]])
    const filtered = await callOperation(refusalList, context, { reason: 'wrong_secret', network: '192.0.2.1' })
    assert.deepEqual(
      filtered.data.map(({ clientId }) => clientId),
      ['app'],
    )
    services.clock.advance(3 * 86_400_000 + 120_000)
    const before = services.clock.now() - 3 * 86_400_000
    assert.equal(await services.database.write((connection) => purgeRefusals(connection, before)), 52)
  })
}
