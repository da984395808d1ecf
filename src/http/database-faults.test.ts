// A database that cannot be written for a while: the server goes on, says so in its readiness and in one line, and recovers.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { postgresForTests } from '#testing/postgres.ts'
import { testWhere } from '#testing/real-parts.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { MOUNT_MISSING, mountSmallDisk, type SmallDisk } from '#testing/small-disk.ts'
import { until } from '#testing/until.ts'

interface Ready {
  readonly status: number
  readonly database: { readonly status: string; readonly reason?: string }
}

async function readiness({ adminUrl }: TestServer): Promise<Ready> {
  const reply = await fetch(`${adminUrl}/health/ready`)
  const { checks } = (await reply.json()) as { checks: { database: Ready['database'] } }
  return { status: reply.status, database: checks.database }
}

async function becomes(server: TestServer, status: number): Promise<Ready> {
  let ready = await readiness(server)
  const isSo = async () => {
    ready = await readiness(server)
    return ready.status === status
  }
  await until(isSo, server.output)
  return ready
}

/** Writes on until one fails. */
async function writeUntilFull(server: TestServer): Promise<{ status: number; body: unknown }> {
  for (let number = 0; number < 400; number++) {
    const slug = `filling-${number}-${Math.random().toString(36).slice(2)}`
    const reply = await server.call('POST', '/v1/tenants', { body: { slug, name: slug } })
    if (reply.status >= 400) return reply
  }
  throw new Error('The disk did not fill up.')
}

const lines = (server: TestServer, text: RegExp) =>
  server
    .output()
    .split('\n')
    .filter((line) => text.test(line)).length

/** Whether exactly one more line than before says something. */
async function toldOnce(server: TestServer, text: RegExp, before = 0): Promise<void> {
  await until(() => lines(server, text) > before, server.output)
  assert.equal(lines(server, text), before + 1, server.output())
}

async function fullAndRoomAgain(server: TestServer, disk: SmallDisk, told: RegExp): Promise<void> {
  const before = lines(server, /writes again/)
  disk.fill()
  const failed = await writeUntilFull(server)
  assert.equal(failed.status, 503)
  assert.match(JSON.stringify(failed.body), /try again later/)
  const ready = await becomes(server, 503)
  assert.deepEqual(ready.database, { status: 'unhealthy', reason: 'full' })
  for (let round = 0; round < 5; round++) await writeUntilFull(server)
  assert.equal((await fetch(`${server.url}/.well-known/jwks.json`)).status, 200)
  assert.equal((await fetch(`${server.url}/health/live`)).status, 200)
  disk.clear()
  await becomes(server, 200)
  await server.api('POST', '/v1/tenants', { slug: 'room-again', name: 'Room again' })
  await toldOnce(server, told)
  await toldOnce(server, /writes again/, before)
}

describe('a server on SQLite', () => {
  let disk: SmallDisk | undefined
  let server: TestServer
  before(async () => {
    disk = MOUNT_MISSING === '' ? mountSmallDisk(24) : undefined
    server = await startServer(disk && { dataDir: disk.path })
  })
  after(async () => {
    await server.stop()
    disk?.remove()
  })

  test('whose database another program holds answers what needs no write at once, says so, and writes after', async () => {
    const other = new DatabaseSync(join(server.dataDir, 'countersign.sqlite'))
    other.exec('begin immediate')
    const waiting = server.call('POST', '/v1/tenants', { body: { slug: 'waited', name: 'Waited' } })
    const end = performance.now() + 1500
    let answers = 0
    while (performance.now() < end) {
      assert.equal((await fetch(`${server.url}/health/live`)).status, 200)
      answers += 1
    }
    // A thread that waited for the lock would answer once.
    assert.ok(answers > 20, `${answers} answers`)
    assert.deepEqual((await becomes(server, 503)).database, { status: 'unhealthy', reason: 'locked' })
    other.exec('rollback')
    other.close()
    assert.equal((await waiting).status, 201)
    await becomes(server, 200)
    await toldOnce(server, /another program holds the lock/)
    await toldOnce(server, /SQLite writes again/)
  })

  testWhere(
    MOUNT_MISSING,
    'KM-06 whose disk is full says so in its readiness and in one line, and recovers by itself',
    async () => {
      if (disk !== undefined) await fullAndRoomAgain(server, disk, /the disk is full/)
    },
  )
})

describe('a server on PostgreSQL', () => {
  testWhere(
    MOUNT_MISSING,
    'KM-06 whose disk is full says so in its readiness and in one line, and recovers by itself',
    async (t) => {
      const disk = mountSmallDisk(48)
      const directory = join(disk.path, 'space')
      mkdirSync(directory)
      const { url, close } = await postgresForTests({ directory })
      const server = await startServer({ env: { COUNTERSIGN_DATABASE_URL: url } })
      t.after(async () => {
        await server.stop()
        await close()
        disk.remove()
      })
      await fullAndRoomAgain(server, disk, /the disk of the server is full/)
    },
  )
})
