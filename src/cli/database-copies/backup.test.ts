// Makes a backup of a server that issues tokens meanwhile, restores it, and starts a server with it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { storeForTests } from '#testing/databases.ts'
import { testWith } from '#testing/real-parts.ts'
import { startServer, type TestServer } from '#testing/server.ts'

const BIN = new URL('../../../bin/countersign', import.meta.url).pathname

function command(words: readonly string[], env: Readonly<Record<string, string>>) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(BIN, words, { env: { PATH: process.env.PATH ?? '', ...env } }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    )
  })
}

/** Asks for tokens, several at a time, until it is told to stop. @returns how many there were */
function load(server: TestServer, credentials: Readonly<Record<string, string>>) {
  let isOver = false
  let count = 0
  const body = () => new URLSearchParams({ grant_type: 'client_credentials', ...credentials })
  const caller = async () => {
    while (!isOver) {
      const response = await fetch(`${server.url}/oauth/token`, { method: 'POST', body: body() })
      assert.equal(response.status, 200, await response.text())
      count++
    }
  }
  const callers = Promise.all(Array.from({ length: 4 }, caller))
  return {
    count: () => count,
    stop: async () => {
      isOver = true
      await callers
    },
  }
}

for (const dialect of ['sqlite', 'postgres'] as const) {
  testWith(['postgresql-client'], `a backup of ${dialect} under load is one state, and starts again`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-backup-'))
    const [first, second] = [await storeForTests(dialect), await storeForTests(dialect)]
    const servers: TestServer[] = []
    t.after(async () => {
      for (const server of servers) server.process.kill('SIGKILL')
      await first.close()
      await second.close()
      rmSync(folder, { recursive: true, force: true })
    })
    const envOf = (url: string) => ({
      COUNTERSIGN_DATABASE_URL: dialect === 'sqlite' ? `sqlite:${url}` : url,
      COUNTERSIGN_MASTER_KEY: Buffer.from(Array.from({ length: 32 }, (_, at) => at + 1)).toString('base64'),
      COUNTERSIGN_DATA_DIR: folder,
    })
    const server = await startServer({ dataDir: folder, env: envOf(first.url) })
    servers.push(server)
    const client = await server.api<Record<string, string>>('POST', '/v1/realms/default/clients', {
      label: 'Load',
      grant_types: ['client_credentials'],
    })
    const { client_id = '', client_secret = '' } = client
    const running = load(server, { client_id, client_secret })
    const copy = join(folder, 'copy')
    const before = running.count()
    const made = await command(['backup', copy, '--json'], envOf(first.url))
    assert.equal(made.code, 0, made.err)
    assert.ok(running.count() > before, 'tokens were issued meanwhile')
    await running.stop()
    const manifest = JSON.parse(made.out)
    assert.deepEqual([manifest.dialect, manifest.files.length], [dialect, 1])
    assert.ok(manifest.not_included.includes('the master key'))
    const [{ name }] = manifest.files
    const file = join(copy, name)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(copy).mode & 0o777, 0o700)
    assert.equal((await command(['backup', copy], envOf(first.url))).code, 2, 'a folder that has something')

    const used = await command(['restore', copy], envOf(first.url))
    assert.equal(used.code, 1)
    assert.match(used.err, /exists already|has tables already/)
    const inUse = await command(['restore', copy, '--force'], envOf(first.url))
    assert.equal(inUse.code, 1)
    assert.match(inUse.err, /in use by another process|Stop every server/)
    await server.stop()

    const restored = await command(['restore', copy], envOf(second.url))
    assert.equal(restored.code, 0, restored.err)
    const again = await startServer({ dataDir: folder, env: envOf(second.url) })
    servers.push(again)
    const verified = await again.api<{ ok: boolean; tail_seq: number }>('POST', '/v1/events/verify', {})
    assert.equal(verified.ok, true, JSON.stringify(verified))
    const one = load(again, { client_id, client_secret })
    await one.stop()
    assert.ok(one.count() > 0)
    await again.stop()
    const forced = await command(['restore', copy, '--force'], envOf(second.url))
    assert.equal(forced.code, 0, forced.err)

    appendFileSync(file, 'x')
    const damaged = await command(['restore', copy, '--force'], envOf(second.url))
    assert.equal(damaged.code, 1)
    assert.match(damaged.err, /checksum/)
    const kept = readFileSync(join(copy, 'manifest.json'), 'utf8')
    assert.ok(kept.includes('event_heads'))

    writeFileSync(file, 'no copy')
    const sha256 = createHash('sha256').update('no copy').digest('hex')
    writeFileSync(join(copy, 'manifest.json'), JSON.stringify({ ...manifest, files: [{ name, bytes: 7, sha256 }] }))
    const wrong = await command(['restore', copy, '--force'], envOf(second.url))
    assert.equal(wrong.code, 1, 'a file that is not a copy at all')
    const still = await startServer({ dataDir: folder, env: envOf(second.url) })
    servers.push(still)
    assert.equal((await still.api<{ ok: boolean }>('POST', '/v1/events/verify', {})).ok, true, wrong.err)
  })
}

test('what is no backup is not restored', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-backup-'))
  try {
    const { code, err } = await command(['restore', folder], { COUNTERSIGN_DATA_DIR: folder })
    assert.equal(code, 1)
    assert.match(err, /no manifest\.json of a complete backup/)
    const missing = await command(['backup', join(folder, 'copy')], { COUNTERSIGN_DATA_DIR: folder })
    assert.equal(missing.code, 1)
    assert.match(missing.err, /There is no database at/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
