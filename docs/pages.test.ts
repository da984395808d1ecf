import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { issuerOfClient, makeAdminClient, tokenFor } from '#testing/admin-realm.ts'
import { administrator } from '#testing/control-plane.ts'
import { makeClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Step, stepsOf, Walkthrough } from '#testing/walkthrough.ts'

// The commands of each page are run against a server of its own, in a folder that has all of this checkout but `data`.

const root = join(import.meta.dirname, '..')

/** What a page takes for granted. */
const PREPARED: Record<string, (server: TestServer) => Promise<Record<string, string>>> = {
  'cli.md': async () => ({}),
  'admin-api.md': async () => ({}),
  'operations.md': async () => ({}),
  'scim.md': async () => ({}),
  async 'zautha.md'(server) {
    return { TOKEN: await tokenFor(await makeAdminClient(server)) }
  },
  async 'scaikey.md'(server) {
    const issuer = issuerOfClient(await makeAdminClient(server))
    return { TOKEN: await administrator(server, issuer, { role: 'super_admin' }) }
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
  readonly walkthrough: Walkthrough
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
  const walkthrough = new Walkthrough({
    cwd: folder,
    scratch: mkdtempSync(join(folder, '.walkthrough-')),
    env: { COUNTERSIGN_ADMIN_URL: server.adminUrl, NO_COLOR: '1', npm_config_loglevel: 'error', ...more },
  })
  const text = readFileSync(join(import.meta.dirname, page), 'utf8')
    .replaceAll('127.0.0.1:9000', `127.0.0.1:${server.ports.public}`)
    .replaceAll('127.0.0.1:9001', `127.0.0.1:${server.ports.admin}`)
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

for (const page of Object.keys(PREPARED)) {
  test(`what docs/${page} tells to type prints what it says`, () =>
    withReader(page, async ({ walkthrough, steps }) => {
      assert.ok(steps.length > 0)
      for (const step of steps) await walkthrough.take(step)
    }))
}

test('a backup that is made while the server runs, restored as the page says, is all there was', () =>
  withReader('operations.md', async ({ folder, server, walkthrough, steps }) => {
    const client = await makeClient(server, { grant_types: ['client_credentials'], scopes: ['read'] })
    const backup = steps.find(({ script }) => script.includes('backup('))
    assert.ok(backup)
    await walkthrough.take(backup)
    const made = await server.api<{ head: { seq: number } }>('POST', '/v1/events/verify')
    await server.api('POST', '/v1/realms/default/users', { email: 'late@example.com' })
    await server.kill()

    const { dataDir } = server
    for (const name of readdirSync(dataDir)) if (/sqlite(-wal|-shm)?$/.test(name)) rmSync(join(dataDir, name))
    copyFileSync(join(folder, 'backup/countersign.sqlite'), join(dataDir, 'countersign.sqlite'))
    const restored = await startServer({ dataDir, ports: server.ports })
    try {
      const verified = await restored.api<{ ok: boolean; head: { seq: number } }>('POST', '/v1/events/verify')
      assert.deepEqual({ ok: verified.ok, seq: verified.head.seq }, { ok: true, seq: made.head.seq })
      const response = await fetch(`${restored.url}/oauth/token`, {
        method: 'POST',
        headers: { authorization: client.basic },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      })
      assert.equal(response.status, 200)
      const { data } = await restored.api<{ data: unknown[] }>('GET', '/v1/realms/default/users')
      assert.deepEqual(data, [])
    } finally {
      await restored.stop()
    }
  }))
