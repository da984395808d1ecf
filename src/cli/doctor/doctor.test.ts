// Checks what doctor finds in healthy and in faulty installations.
import assert from 'node:assert/strict'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { inspectDatabase } from '#database/inspect.ts'
import { NO_REDIS, redisForTests } from '#testing/redis.ts'
import { freePort, startServer, type TestServer } from '#testing/server.ts'
import { fakeTerminal } from '#testing/terminal.ts'
import { type DoctorOptions, examine } from './doctor.ts'
import type { Finding } from './finding.ts'
import { checkNode } from './machine.ts'

let server: TestServer
const directory = mkdtempSync(join(tmpdir(), 'countersign-doctor-'))

before(async () => {
  server = await startServer()
})
after(async () => {
  await server.stop()
  rmSync(directory, { recursive: true })
})

type Env = Record<string, string>

function healthy(): Env {
  return {
    COUNTERSIGN_DATA_DIR: server.dataDir,
    COUNTERSIGN_PUBLIC_ADDRESS: `127.0.0.1:${server.ports.public}`,
    COUNTERSIGN_ADMIN_ADDRESS: `127.0.0.1:${server.ports.admin}`,
  }
}

/** The findings by check; the worst one where a check has several. */
async function findings(env: Env, options: DoctorOptions = {}, now = Date.now) {
  const terminal = fakeTerminal({ env })
  const exit = await examine({ ...options, json: true }, { terminal, version: '0', now, inspectDatabase })
  const result = JSON.parse(terminal.printed()) as { ok: boolean; findings: Finding[] }
  assert.equal(exit, result.ok ? 0 : 1)
  assert.equal(terminal.printed().includes(server.adminKey), false)
  const rank = { skip: 0, ok: 1, warn: 2, fail: 3 }
  const worst = result.findings.toSorted((left, right) => rank[left.status] - rank[right.status])
  return { exit, of: Object.fromEntries(worst.map((finding) => [finding.check, finding])) as Record<string, Finding> }
}

/** An installation that no server runs on: a copy of the running one’s keys beside an empty database. */
function broken(name: string): Env {
  const dataDir = join(directory, name)
  mkdirSync(dataDir, { mode: 0o700 })
  cpSync(join(server.dataDir, 'master.key'), join(dataDir, 'master.key'))
  chmodSync(join(dataDir, 'master.key'), 0o600)
  return { ...healthy(), COUNTERSIGN_DATA_DIR: dataDir, COUNTERSIGN_ADMIN_API_KEY: server.adminKey }
}

test('a healthy installation: everything is ok, but for the key of the first boot', async () => {
  const { exit, of } = await findings(healthy())
  assert.equal(exit, 0, JSON.stringify(of))
  assert.equal(of['First-boot key']?.status, 'warn')
  const others = Object.values(of).filter(({ check }) => check !== 'First-boot key')
  assert.deepEqual(
    others.filter(({ status }) => status !== 'ok'),
    [],
  )
  assert.deepEqual(others.map(({ check }) => check).sort(), [
    'Admin API',
    'Admin listener',
    'Clock',
    'Configuration',
    'Data directory',
    'Database',
    'Discovery',
    'Disk space',
    'Event log',
    'Key set',
    'Master key',
    'Node.js',
    'PKCE',
    'Public listener',
    'Scopes',
  ])
  assert.match(of.Database?.message ?? '', /a server uses it/)
})

test('the lines say what and what to do', async () => {
  const terminal = fakeTerminal({ env: healthy() })
  const exit = await examine({}, { terminal, version: '0', now: Date.now, inspectDatabase })
  assert.equal(exit, 0)
  assert.match(terminal.printed(), /^ok {4}Node\.js {2,}/)
  assert.match(terminal.printed(), /^warn {2}First-boot key .*\n(.*\n)*? +→ Create keys/m)
  assert.match(terminal.printed(), /No problems found\. 1 warning\.\n$/)
})

test('a server elsewhere is looked at alone', async () => {
  const env = { COUNTERSIGN_ADMIN_URL: server.adminUrl, COUNTERSIGN_ADMIN_API_KEY: server.adminKey }
  const { exit, of } = await findings(env, { remote: true })
  assert.equal(exit, 0)
  const checks = ['Admin API', 'Clock', 'Discovery', 'Event log', 'Key set', 'PKCE', 'Scopes']
  assert.deepEqual(Object.keys(of).sort(), checks)
})

test('a configuration that the server refuses', async () => {
  const { exit, of } = await findings({ ...healthy(), COUNTERSIGN_LOG_LEVEL: 'loud', COUNTERSIGN_PUBLIC_ULR: 'x' })
  assert.equal(exit, 1)
  assert.equal(of.Configuration?.status, 'fail')
})

test('files that are missing, open or wrong', async () => {
  const nothing = await findings({ ...healthy(), COUNTERSIGN_DATA_DIR: join(directory, 'nowhere') })
  assert.match(nothing.of['Data directory']?.message ?? '', /does not exist/)
  assert.equal(nothing.exit, 1)

  const open = broken('open')
  chmodSync(open.COUNTERSIGN_DATA_DIR ?? '', 0o755)
  chmodSync(join(open.COUNTERSIGN_DATA_DIR ?? '', 'master.key'), 0o644)
  const found = await findings(open)
  assert.equal(found.of['Data directory']?.status, 'warn')
  assert.match(found.of['Master key']?.message ?? '', /chmod 600/)
  assert.equal(found.of['First-boot key']?.status, 'ok')
  assert.equal(found.exit, 1)
})

test('databases that are empty, of another version, broken or out of reach', async () => {
  const env = broken('databases')
  const at = (url: string) => findings({ ...env, COUNTERSIGN_DATABASE_URL: url })
  assert.match((await at('sqlite:none.sqlite')).of.Database?.message ?? '', /is empty/)
  const other = await findings({ ...healthy(), COUNTERSIGN_DATABASE_URL: 'sqlite:none.sqlite' })
  assert.match(other.of.Database?.message ?? '', /is empty, so it is not the database of the server that responds/)
  assert.match(other.of.Database?.remedy ?? '', /with the settings of the server/)

  const path = join(directory, 'newer.sqlite')
  const newer = new DatabaseSync(path)
  newer.exec(
    "create table kysely_migration (name text, timestamp text); insert into kysely_migration values ('9999-later', '')",
  )
  newer.close()
  assert.match((await at(`sqlite:${path}`)).of.Database?.message ?? '', /newer version \(9999-later\)/)

  const garbage = join(directory, 'garbage.sqlite')
  writeFileSync(garbage, 'this is no database at all, only a text that is long enough')
  assert.match((await at(`sqlite:${garbage}`)).of.Database?.message ?? '', /not a database/)

  const gone = await at(`postgres://someone:s3cret@127.0.0.1:${await freePort()}/countersign`)
  assert.equal(gone.of.Database?.status, 'fail')
  assert.ok(!JSON.stringify(gone.of).includes('s3cret'))
})

test('a Redis that is configured, and one that does not answer', async (t) => {
  const gone = await findings({
    ...healthy(),
    COUNTERSIGN_REDIS_URL: `redis://:s3cret@127.0.0.1:${await freePort()}/2`,
  })
  assert.equal(gone.exit, 1)
  assert.equal(gone.of.Redis?.status, 'fail')
  assert.match(gone.of.Redis?.message ?? '', /^Redis at 127\.0\.0\.1:\d+\/2: .*ECONNREFUSED/)
  assert.ok(!JSON.stringify(gone.of).includes('s3cret'))

  const redis = await redisForTests()
  if (redis === undefined) return t.diagnostic(NO_REDIS)
  t.after(() => redis.stop())
  const { exit, of } = await findings({ ...healthy(), COUNTERSIGN_REDIS_URL: redis.url })
  assert.equal(exit, 0)
  assert.match(of.Redis?.message ?? '', /^(Redis|Valkey) [\d.]+ at \S+ responds/)
})

test('a server that does not run', async () => {
  const ports = [await freePort(), await freePort()]
  const env = {
    ...broken('stopped'),
    COUNTERSIGN_PUBLIC_ADDRESS: `127.0.0.1:${ports[0]}`,
    COUNTERSIGN_ADMIN_ADDRESS: `127.0.0.1:${ports[1]}`,
  }
  const { exit, of } = await findings(env)
  assert.equal(exit, 1)
  const states = ['Public listener', 'Admin listener', 'Discovery', 'Admin API', 'Event log'].map(
    (name) => of[name]?.status,
  )
  assert.deepEqual(states, ['fail', 'fail', 'fail', 'fail', 'skip'])
  assert.match(of['Public listener']?.remedy ?? '', /Start the server/)
})

test('another program on the port', async (t) => {
  const other = createServer((_request, response) => response.end('hello'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.after(() => other.close())
  const { port } = other.address() as AddressInfo
  const { of } = await findings({ ...healthy(), COUNTERSIGN_PUBLIC_ADDRESS: `127.0.0.1:${port}` })
  assert.match(of['Public listener']?.message ?? '', /Another program/)
  assert.equal(of.Discovery?.status, 'fail')
})

test('a public URL that is not the issuer', async () => {
  const { of } = await findings({ ...healthy(), COUNTERSIGN_PUBLIC_URL: `http://localhost:${server.ports.public}` })
  assert.equal(of.Discovery?.status, 'fail')
  assert.match(of.Discovery?.message ?? '', new RegExp(`has the issuer ${server.url}`))
})

test('an http address that others use', async () => {
  const { of } = await findings({ ...healthy(), COUNTERSIGN_PUBLIC_URL: 'http://192.0.2.1' }, {})
  assert.match(of.Configuration?.message ?? '', /unencrypted/)
})

test('a key that the server does not know', async () => {
  const { exit, of } = await findings({ ...healthy(), COUNTERSIGN_ADMIN_API_KEY: 'sk_live_this_is_not_a_key' })
  assert.equal(exit, 1)
  assert.match(of['Admin API']?.remedy ?? '', /the configuration/)
})

test('a clock that is wrong', async () => {
  const { of } = await findings(healthy(), {}, () => Date.now() + 60_000)
  assert.equal(of.Clock?.status, 'fail')
  const { of: slightly } = await findings(healthy(), {}, () => Date.now() - 10_000)
  assert.equal(slightly.Clock?.status, 'warn')
})

test('an old Node.js', () => {
  assert.equal(checkNode('v20.20.2').status, 'fail')
  assert.equal(checkNode('v24.11.0').status, 'fail')
  assert.equal(checkNode('v24.12.0').status, 'ok')
})

test('clients that need no PKCE, in the realms of every tenant', async () => {
  assert.equal((await findings(healthy())).of.PKCE?.message, 'Every client must use PKCE.')
  const tenant = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Acme', slug: 'acme' })
  const realms = await server.api<{ data: { issuer_id: string }[] }>('GET', `/v1/realms?tenant_id=${tenant.id}`)
  const made = []
  for (const realm of ['default', String(realms.data[0]?.issuer_id)]) {
    const client = { redirect_uris: ['https://app.example/cb'], grant_types: ['authorization_code'] }
    await server.api('POST', `/v1/realms/${realm}/clients`, { ...client, label: `Careful ${realm}` })
    const label = `Old library ${realm}`
    const path = `/v1/realms/${realm}/clients`
    made.push(await server.api<{ client_id: string }>('POST', path, { ...client, label, pkce_required: false }))
  }
  const { exit, of } = await findings(healthy())
  assert.equal(exit, 0)
  assert.equal(of.PKCE?.status, 'warn')
  for (const { client_id: id } of made)
    assert.match(of.PKCE?.message ?? '', new RegExp(`Old library \\w+ \\(${id}, realm`))
  assert.doesNotMatch(of.PKCE?.message ?? '', /Careful/)
})

test('clients with scopes that no API accepts', async () => {
  assert.equal((await findings(healthy())).of.Scopes?.status, 'ok')
  const identifier = 'https://api.example.com/doctor'
  await server.api('POST', '/v1/resources', { identifier, slug: 'doctor', scopes: [{ name: 'notes:read' }] })
  const client = { grant_types: ['client_credentials'], scopes: ['notes:read'] }
  await server.api('POST', '/v1/realms/default/clients', { ...client, label: 'Complete', audiences: [identifier] })
  await server.api('POST', '/v1/realms/default/clients', { ...client, label: 'Every one', audiences: ['*'] })
  const own = { ...client, scopes: ['global_token_revocation', 'organization', 'roles'] }
  await server.api('POST', '/v1/realms/default/clients', { ...own, label: 'Own scopes' })
  await server.api('POST', '/v1/realms/default/clients', { ...client, label: 'Loose' })
  const { Scopes: scopes } = (await findings(healthy())).of
  assert.equal(scopes?.status, 'warn')
  assert.match(scopes?.message ?? '', /Loose \(\w+, realm default: notes:read\)\.$/)
  assert.doesNotMatch(scopes?.message ?? '', /Complete|Every one|Own scopes/)
})

test('an event that somebody changed', async () => {
  const tampered = await startServer()
  try {
    const other = new DatabaseSync(join(tampered.dataDir, 'countersign.sqlite'), { timeout: 5000 })
    other.exec("update event set actor_label = 'Somebody else' where seq = 2")
    other.close()
    const { exit, of } = await findings({
      COUNTERSIGN_DATA_DIR: tampered.dataDir,
      COUNTERSIGN_PUBLIC_ADDRESS: `127.0.0.1:${tampered.ports.public}`,
      COUNTERSIGN_ADMIN_ADDRESS: `127.0.0.1:${tampered.ports.admin}`,
    })
    assert.equal(exit, 1)
    assert.match(of['Event log']?.message ?? '', /Event 2.*changed/)
  } finally {
    await tampered.stop()
  }
})
