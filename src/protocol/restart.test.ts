// Checks that what was spent or revoked stays so after a restart.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { assertionFields, type ClientKey, makeClientKey, signAssertion } from '#testing/assertion.ts'
import { exchange, getCode, isActive, makeClient, makePerson, post, refresh, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

// What was spent before a power cut stays spent after it, and what lies on the disk opens nothing.

const dataDir = mkdtempSync(join(tmpdir(), 'countersign-restart-'))
const env = { COUNTERSIGN_LOG_LEVEL: 'debug' }

let server: TestServer
let client: TestClient
let jwtClient: TestClient
let key: ClientKey
let person: Person
let agent: UserAgent
let printed = ''
/** Every secret that went over the wire. */
const secrets: string[] = []

before(async () => {
  server = await startServer({ dataDir, env })
  client = await makeClient(server, { first_party: true })
  key = await makeClientKey()
  const keys = { jwks: { keys: [key.jwk] }, grant_types: ['client_credentials'] }
  jwtClient = await makeClient(server, { auth_method: 'private_key_jwt', ...keys })
  person = await makePerson(server, 'ada@example.com')
  agent = new UserAgent(server.url)
  secrets.push(client.secret, person.password, server.adminKey)
})
after(async () => {
  await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

async function powerCut(): Promise<void> {
  const { ports } = server
  await server.kill()
  printed += server.output()
  server = await startServer({ dataDir, ports, env })
}

async function signIn() {
  const coded = await getCode(server, client, person, {}, agent)
  const { body } = await exchange(server, client, coded)
  const tokens = { coded, access: String(body.access_token), refresh: String(body.refresh_token) }
  secrets.push(coded.code, coded.verifier, tokens.refresh, tokens.access, String(body.id_token))
  return tokens
}

async function spend(token: string) {
  const answer = await refresh(server, client, token)
  const next = String(answer.body.refresh_token ?? '')
  if (next) secrets.push(next, String(answer.body.access_token))
  return { ...answer, next }
}

test('RT-03 AC-01 CA-02 what was spent stays spent', async () => {
  const [family, unanswered, coded] = [await signIn(), await signIn(), await signIn()]
  const second = await spend(family.refresh)
  const third = await spend(second.next)
  const lost = await spend(unanswered.refresh)
  const facts = { clientId: jwtClient.clientId, issuer: server.url, now: Date.now() }
  const fields = { grant_type: 'client_credentials', ...assertionFields(await signAssertion(key, facts)) }
  assert.equal((await post(server, '/oauth/token', fields)).status, 200)

  await powerCut()

  const replayed = await spend(family.refresh)
  assert.deepEqual([replayed.status, replayed.body.error], [400, 'invalid_grant'])
  for (const token of [family.access, third.next, String(third.body.access_token)]) {
    assert.equal(await isActive(server, client, token), false)
  }
  assert.equal((await spend(unanswered.refresh)).next, lost.next, 'who lost the answer gets it again')
  const again = await exchange(server, client, coded.coded)
  assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant'])
  assert.equal(await isActive(server, client, coded.access), false)
  assert.equal((await post(server, '/oauth/token', fields)).status, 401)
})

test('RT-07 a realm that is disabled gives nothing out', async () => {
  const { refresh: token, access } = await signIn()
  await server.api('PATCH', '/v1/realms/default', { enabled: false })
  const answer = await spend(token)
  assert.deepEqual([answer.status, answer.body.error], [403, 'access_denied'])
  assert.equal(await isActive(server, client, access), false)
  const headers = { authorization: `Bearer ${access}` }
  assert.equal((await fetch(`${server.url}/oauth/userinfo`, { headers })).status, 403)
  await server.api('PATCH', '/v1/realms/default', { enabled: true })
  assert.equal((await spend(token)).status, 200)
})

test('RT-07 a realm of a tenant that is suspended gives nothing out', async () => {
  const { id } = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Acme', slug: 'acme' })
  const realm = await server.api<{ issuer_id: string }>('POST', `/v1/realms?tenant_id=${id}`, { name: 'Acme' })
  const base = `/realms/${realm.issuer_id}`
  const made = { label: 'Acme', grant_types: ['client_credentials'], scopes: ['read'] }
  const app = await server.api<{ client_id: string; client_secret: string }>('POST', `/v1${base}/clients`, made)
  const basic = { authorization: `Basic ${btoa(`${app.client_id}:${app.client_secret}`)}` }
  const issue = () => post(server, `${base}/oauth/token`, { grant_type: 'client_credentials' }, basic)
  const first = await issue()
  const ask = () => post(server, `${base}/oauth/introspect`, { token: String(first.body.access_token) }, basic)
  assert.equal((await ask()).body.active, true)
  await server.api('POST', `/v1/tenants/${id}/suspend`)
  assert.deepEqual([(await issue()).status, (await ask()).status], [403, 403])
  await server.api('POST', `/v1/tenants/${id}/reactivate`)
  assert.equal((await ask()).body.active, true)
})

test('RT-08 on the disk and in the log there is nothing that opens anything', async () => {
  const cookies = [...agent.cookies.values()]
  assert.ok(cookies.length > 0 && secrets.length > 20)
  await powerCut()
  const files = readdirSync(dataDir).filter((name) => name !== 'admin.key.firstboot')
  assert.ok(files.some((name) => name.endsWith('.sqlite')))
  for (const name of files) {
    const bytes = readFileSync(join(dataDir, name))
    for (const secret of [...secrets, ...cookies]) {
      assert.equal(bytes.includes(secret.split('.').at(-1) ?? ''), false, `${name} holds ${secret}`)
    }
  }
  for (const secret of [...secrets, ...cookies]) assert.equal(printed.includes(secret), false, `the log has ${secret}`)
})

test('RT-08 what is there instead are digests', async () => {
  const { access } = await signIn()
  const digest = async (text: string) =>
    Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('base64url')
  const file = readdirSync(dataDir).find((name) => name.endsWith('.sqlite')) ?? ''
  const database = new DatabaseSync(join(dataDir, file), { readOnly: true })
  const count = async (table: string, column: string, secret: string) =>
    database.prepare(`select count(*) as n from ${table} where ${column} = ?`).get(await digest(secret))?.n
  const hash = Buffer.from(await digest(access), 'base64url')
  assert.equal(database.prepare('select count(*) as n from issued_token where hash = ?').get(hash)?.n, 1)
  assert.equal(await count('client', 'secret_hash', client.secret), 1)
  assert.equal(await count('api_key', 'secret_hash', server.adminKey), 1)
  database.close()
})
