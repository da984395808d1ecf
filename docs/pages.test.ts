// Checks the links, the commands and the claims of the documentation.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { issuerOfClient, makeAdminClient, tokenFor } from '#testing/admin-realm.ts'
import { administrator } from '#testing/control-plane.ts'
import { storeForTests, type TestStore } from '#testing/databases.ts'
import { DocumentationRun, type Step, stepsOf } from '#testing/documentation-run.ts'
import { notInstalled, testWith } from '#testing/real-parts.ts'
import { exchange, getCode, isActive, makeClient, makePerson, refresh } from '#testing/realm.ts'
import { freePort, startServer, type TestServer } from '#testing/server.ts'

// The commands of each page are run against a server of its own, in a folder that has all of this checkout but `data`.

const root = join(import.meta.dirname, '..')

/** The database of the commands for PostgreSQL. */
let postgres: TestStore | undefined
after(() => postgres?.close())

/** The Debian packages of the programs that a page uses. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'production.md': ['nginx', 'sqlite3', 'postgresql-client'],
}

/** What a page takes for granted. */
const PREPARED: Record<string, (server: TestServer) => Promise<Record<string, string>>> = {
  'cli.md': async () => ({}),
  'mail.md': async () => ({}),
  'admin-api.md': async () => ({}),
  'operations.md': async () => ({}),
  'scim.md': async () => ({}),
  'onboarding.md': async () => ({}),
  'federated-credentials.md': async () => ({}),
  'mutual-tls.md': async () => ({}),
  'backchannel-authentication.md': async () => ({}),
  'delegation.md': async () => ({}),
  'fronting.md': async () => ({}),
  'dpop.md': async () => ({}),
  'trusted-issuers.md': async () => ({}),
  async 'production.md'({ dataDir }) {
    postgres = await storeForTests('postgres')
    await postgres.open()
    return { DATABASE_URL: postgres.url, STATE_DIRECTORY: dataDir }
  },
  async 'zautha.md'(server) {
    return { TOKEN: await tokenFor(await makeAdminClient(server)) }
  },
  async 'scaikey.md'(server) {
    const issuer = issuerOfClient(await makeAdminClient(server))
    return { TOKEN: (await administrator(server, issuer, { role: 'super_admin' })).token }
  },
  async 'protocol.md'(server) {
    const identifier = 'https://api.example.com/notes'
    await server.api('POST', '/v1/resources', { identifier, slug: 'notes', scopes: [{ name: 'notes:read' }] })
    const { clientId, secret } = await makeClient(server, {
      grant_types: ['client_credentials'],
      scopes: ['notes:read'],
      audiences: [identifier],
    })
    return { CLIENT_ID: clientId, CLIENT_SECRET: secret }
  },
}

interface Reader {
  readonly folder: string
  readonly server: TestServer
  readonly walkthrough: DocumentationRun
  /** The steps of the page, with the ports of this server. */
  readonly steps: readonly Step[]
}

async function withReader(page: string, read: (reader: Reader) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-page-'))
  const dataDir = join(folder, 'data')
  mkdirSync(dataDir, { mode: 0o700 })
  for (const name of readdirSync(root)) if (name !== 'data') symlinkSync(join(root, name), join(folder, name))
  const server = await startServer({ dataDir })
  const more = (await PREPARED[page]?.(server)) ?? {}
  const walkthrough = new DocumentationRun({
    cwd: folder,
    scratch: mkdtempSync(join(folder, '.walkthrough-')),
    env: { COUNTERSIGN_ADMIN_URL: server.adminUrl, NO_COLOR: '1', npm_config_loglevel: 'error', ...more },
  })
  const text = readFileSync(join(import.meta.dirname, page), 'utf8')
    .replaceAll('127.0.0.1:9000', `127.0.0.1:${server.ports.public}`)
    .replaceAll('127.0.0.1:9001', `127.0.0.1:${server.ports.admin}`)
    .replaceAll('8443', String(await freePort()))
  try {
    const steps = stepsOf(text)
    assert.equal((text.match(/^```sh/gm) ?? []).length, steps.length, 'every block of commands is a step')
    await read({ folder, server, walkthrough, steps })
  } finally {
    await walkthrough.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Whether the installed pg_dump is older than the server that the tests found, which it then refuses. */
async function isDumpOlder(): Promise<boolean> {
  if (postgres === undefined) return false
  const client = new pg.Client(postgres.url)
  await client.connect()
  const { rows } = await client.query('show server_version_num')
  await client.end()
  const [version = '0'] = execFileSync('pg_dump', ['--version'], { encoding: 'utf8' }).match(/\d+/) ?? []
  return Number(version) < Math.floor(Number(rows[0].server_version_num) / 10_000)
}

for (const page of Object.keys(PREPARED)) {
  testWith(NEEDED[page] ?? [], `what docs/${page} tells to type prints what it says`, () =>
    withReader(page, async ({ walkthrough, steps }) => {
      assert.ok(steps.length > 0)
      const older = await isDumpOlder()
      for (const step of steps) {
        if (older && step.script.includes('pg_dump')) console.log(notInstalled('pg_dump of the server', step.section))
        else await walkthrough.take(step)
      }
    }),
  )
}

test('the sizes of docs/production.md are those that were measured', () => {
  const { servers, workloads } = JSON.parse(readFileSync(join(root, 'bench/results/latest.json'), 'utf8'))
  const page = readFileSync(join(import.meta.dirname, 'production.md'), 'utf8')
  const rows = {
    client_credentials: 'access tokens by client credentials',
    refresh: 'refreshes',
    code: 'authorization codes and their tokens',
    login: 'sign-ins with a password',
    introspection: 'introspections',
    userinfo: 'userinfo',
  }
  for (const [name, row] of Object.entries(rows)) {
    const { rate } = workloads.find((each: { name: string }) => each.name === name).servers.countersign
    assert.ok(page.includes(`| ${row} | ${Math.round(rate).toLocaleString('en')} |`), row)
  }
  const own = servers.find(({ name }: { name: string }) => name === 'countersign')
  assert.ok(page.includes(`Memory is ${Math.round(own.rssIdle)} MB idle and ${Math.round(own.rssAfter)} MB after`))
})

test('KM-08 a backup that is made while the server runs, restored as the page says, is all there was', () =>
  withReader('operations.md', async ({ folder, server, walkthrough, steps }) => {
    const client = await makeClient(server, { grant_types: ['client_credentials'], scopes: ['read'] })
    const app = await makeClient(server, { first_party: true, introspect_all_tokens: true })
    const person = await makePerson(server, 'ada@example.com')
    const { body: first } = await exchange(server, app, await getCode(server, app, person))
    const backup = steps.find(({ script }) => script.includes('backup('))
    assert.ok(backup)
    const earlier = await server.api<{ head: { seq: number } }>('POST', '/v1/events/verify')
    await walkthrough.take(backup)
    await server.api('POST', '/v1/realms/default/users', { email: 'late@example.com' })
    const { body: late } = await refresh(server, app, String(first.refresh_token))
    assert.equal(await isActive(server, app, String(late.access_token)), true)
    await server.kill()

    const { dataDir } = server
    for (const name of readdirSync(dataDir)) if (/sqlite(-wal|-shm)?$/.test(name)) rmSync(join(dataDir, name))
    copyFileSync(join(folder, 'backup/countersign.sqlite'), join(dataDir, 'countersign.sqlite'))
    const restored = await startServer({ dataDir, ports: server.ports })
    try {
      const verified = await restored.api<{ ok: boolean; head: { seq: number } }>('POST', '/v1/events/verify')
      assert.ok(verified.ok)
      // The server itself adds keys meanwhile.
      assert.ok(verified.head.seq >= earlier.head.seq)
      const response = await fetch(`${restored.url}/oauth/token`, {
        method: 'POST',
        headers: { authorization: client.basic },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      })
      assert.equal(response.status, 200)
      const { data } = await restored.api<{ data: { id: string }[] }>('GET', '/v1/realms/default/users')
      assert.deepEqual(
        data.map(({ id }) => id),
        [person.id],
      )
      // What came after the backup is worth nothing, and does not take with it what was before.
      assert.equal(await isActive(restored, app, String(late.access_token)), false)
      const after = await refresh(restored, app, String(late.refresh_token))
      assert.deepEqual([after.status, after.body.error], [400, 'invalid_grant'])
      assert.equal((await refresh(restored, app, String(first.refresh_token))).status, 200)
    } finally {
      await restored.stop()
    }
  }))
