// Upgrades installations of earlier versions under way: what they issued, recorded and had to deliver stays what it was.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DIALECTS } from './databases.ts'
import { postgresForTests } from './postgres.ts'
import { getTokens, type PersonTokens } from './realm-tokens.ts'
import { startReceiver } from './receiver.ts'
import { freePort, type ServerOptions, startServer, type TestServer } from './server.ts'
import { until } from './until.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const PEOPLE = 3
const SERVICE_TOKENS = 40
const PAGE = 200
/** Not every commit is a version that starts. */
const COMMITS = 10

/** Earlier versions, by the first migration that they do not have. */
const VERSIONS = {
  'tokens were compact rows': '0025-token-log',
  'tokens had writers': '0052-token-writers',
}

function git(...args: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: ROOT, maxBuffer: 2 ** 30 })
  assert.equal(status, 0, String(stderr))
  return stdout
}

/** Starts the newest version without a migration that starts, with the packages of this one. */
async function startBefore(migration: string, directory: string, options: ServerOptions): Promise<TestServer> {
  const path = `src/database/migrations/${migration}.ts`
  const [added = ''] = git('log', '--diff-filter=A', '--format=%H', '--', path).toString().trim().split('\n')
  const commits = git('log', '--format=%H', '-n', String(COMMITS), `${added}~1`).toString().trim().split('\n')
  let failure: unknown
  for (const commit of commits) {
    const place = join(directory, commit)
    mkdirSync(place)
    assert.equal(
      spawnSync('tar', ['-x', '-C', place], { input: git('archive', commit, 'src', 'package.json') }).status,
      0,
    )
    symlinkSync(join(ROOT, 'node_modules'), join(place, 'node_modules'))
    try {
      return await startServer({ ...options, command: ([node = '']) => [node, join(place, 'src/main.ts')] })
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

interface Row {
  readonly id: string
}

/** All items of a list. */
async function all(server: TestServer, path: string): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | null | undefined
  do {
    const query = `limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`
    const page = await server.api<{ data: Row[]; next_cursor: string | null }>('GET', `${path}?${query}`)
    rows.push(...page.data)
    cursor = page.next_cursor
  } while (cursor)
  return rows
}

/**
 * An item has all that an earlier version said of it; a later one may say more, and has other forms of what an event says of
 * its actor, its subject and its data.
 */
function assertSays(now: object | undefined, before: object, what: string): void {
  const said = Object.entries(before).filter(([, value]) => Array.isArray(value) || typeof value !== 'object')
  const kept = said.map(([key]) => [key, (now as Record<string, unknown>)?.[key]])
  assert.deepEqual(kept, said, what)
}

async function ask(server: TestServer, path: string, init: RequestInit): Promise<{ status: number; body: object }> {
  const response = await fetch(server.url + path, init)
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
}

for (const [what, migration] of Object.entries(VERSIONS)) {
  for (const dialect of DIALECTS) {
    test(`an installation from before ${what} is upgraded on ${dialect}`, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'countersign-upgrade-'))
      t.after(() => rmSync(directory, { recursive: true, force: true }))
      const postgres = dialect === 'postgres' ? await postgresForTests() : undefined
      t.after(() => postgres?.close())
      await using receiver = await startReceiver()
      const dataDir = join(directory, 'data')
      mkdirSync(dataDir)
      const ports = { public: await freePort(), admin: await freePort() }
      const env: Record<string, string> = {
        COUNTERSIGN_ADMIN_API_KEY: 'upgrade-test-admin-key',
        COUNTERSIGN_MASTER_KEY: randomBytes(32).toString('base64'),
        COUNTERSIGN_LOG_LEVEL: 'warn',
        ...(postgres && { COUNTERSIGN_DATABASE_URL: postgres.url }),
      }
      const options = { dataDir, ports, env }
      const earlier = await startBefore(migration, directory, options)

      await receiver.down()
      await earlier.api('POST', '/v1/webhooks', { url: receiver.url, events: ['user.*', 'token.issued'] })
      const client = await earlier.api<{ client_id: string; client_secret: string }>(
        'POST',
        '/v1/realms/default/clients',
        { label: 'Service', grant_types: ['client_credentials'], scopes: ['work'] },
      )
      const authorization = `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}`
      const form = (server: TestServer, path: string, fields: Record<string, string>) =>
        ask(server, path, { method: 'POST', headers: { authorization }, body: new URLSearchParams(fields) })
      const tokens: string[] = []
      for (let made = 0; made < SERVICE_TOKENS; made++) {
        const { body } = await form(earlier, '/oauth/token', { grant_type: 'client_credentials' })
        tokens.push((body as { access_token: string }).access_token)
      }
      await form(earlier, '/oauth/revoke', { token: tokens[3] ?? '' })
      const people: PersonTokens[] = []
      for (let made = 0; made < PEOPLE; made++) people.push(await getTokens(earlier, 'default'))

      const introspected = (server: TestServer) =>
        Promise.all(tokens.map(async (token) => (await form(server, '/oauth/introspect', { token })).body))
      const userinfo = (server: TestServer) =>
        Promise.all(
          people.map(({ access }) =>
            ask(server, '/oauth/userinfo', { headers: { authorization: `Bearer ${access}` } }),
          ),
        )
      const lists = ['/v1/realms/default/issuances', '/v1/realms/default/sessions', '/v1/events']
      const before = {
        introspected: await introspected(earlier),
        userinfo: await userinfo(earlier),
        lists: await Promise.all(lists.map((path) => all(earlier, path))),
      }
      assert.equal(
        before.introspected.filter((body) => (body as { active: boolean }).active).length,
        SERVICE_TOKENS - 1,
      )
      await earlier.kill()

      const later = await startServer(options)
      t.after(() => later.stop())
      for (const [index, now] of (await introspected(later)).entries()) {
        assertSays(now, before.introspected[index] ?? {}, 'introspection')
      }
      for (const [index, { status, body }] of (await userinfo(later)).entries()) {
        assert.equal(status, 200)
        assertSays(body, before.userinfo[index]?.body ?? {}, 'userinfo')
      }
      for (const [index, path] of lists.entries()) {
        const now = await all(later, path)
        const old = before.lists[index] ?? []
        const isOld = new Set(old.map(({ id }) => id))
        assert.deepEqual(
          now.filter(({ id }) => isOld.has(id)).map(({ id }) => id),
          old.map(({ id }) => id),
          path,
        )
        for (const item of old)
          assertSays(
            now.find(({ id }) => id === item.id),
            item,
            `${path} ${item.id}`,
          )
      }
      const { refresh, clientId } = people[0] ?? { refresh: '', clientId: '' }
      const { client_id: name } = await later.api<{ client_id: string }>(
        'GET',
        `/v1/realms/default/clients/${clientId}`,
      )
      const refreshed = await ask(later, '/oauth/token', {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh, client_id: name }),
      })
      assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body))
      assert.equal((await form(later, '/oauth/token', { grant_type: 'client_credentials' })).status, 200)
      const verified = await later.api<{ ok: boolean; checked: number }>('POST', '/v1/events/verify')
      assert.equal(verified.ok, true, JSON.stringify(verified))

      await receiver.up()
      const due = before.lists[2]?.filter((event) =>
        /^(user\.|token\.issued)/.test((event as { type?: string }).type ?? ''),
      )
      await until(() => receiver.taken().length >= (due?.length ?? 0))
      t.diagnostic(
        `${dialect}: ${tokens.length + people.length} tokens, ${before.lists.map(({ length }) => length)} rows, ${verified.checked} events verified`,
      )
    })
  }
}
