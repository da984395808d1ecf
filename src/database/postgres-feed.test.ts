// What one process commits is known to another within a second, behind a pooler or a proxy that swallows what is sent, too.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { Failure } from '#kernel/error.ts'
import { plainAppend, storeForTests, type TestStore } from '#testing/databases.ts'
import { startPgBouncer } from '#testing/pgbouncer.ts'
import { testWith } from '#testing/real-parts.ts'
import { eventDraft } from '#testing/rows.ts'
import { until } from '#testing/until.ts'
import type { Database } from './database.ts'
import { openPostgres } from './postgres.ts'
import { prepared } from './prepared.ts'

const names = prepared<{ prefix: string }, { name: string }>('feed_test_names', (kysely, value) =>
  kysely.selectFrom('setting').select('name').where('name', '>=', value('prefix')),
)

const SECOND = 1000

/** Milliseconds after a commit of one until the other, told that something may have changed, reads what was committed. */
async function delay(one: Database, other: Database): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const name = `delay ${randomUUID()}`
  const look = async () => {
    const query = other.read.kysely.selectFrom('setting').select('name').where('name', '=', name)
    if ((await query.execute()).length > 0) resolve(performance.now())
  }
  const end = other.onCommit(() => void look())
  await one.write(async (connection) => {
    await connection.kysely.insertInto('setting').values({ name, value: '' }).execute()
    connection.appendEvent(eventDraft({ type: 'client.updated' }))
  })
  const start = performance.now()
  const found = await Promise.race([promise, pause(5 * SECOND).then(() => Infinity)])
  end()
  return found - start
}

/** A proxy that swallows both directions once it is told to, and keeps the connections. */
async function startProxy(url: string) {
  const { hostname, port } = new URL(url)
  let swallows = false
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const upstream = connect(Number(port), hostname)
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => !swallows && to.write(chunk))
      from.on('error', () => {})
      from.on('close', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const own = new URL(url)
  own.port = String((server.address() as { port: number }).port)
  return {
    url: own.href,
    swallow: (whether: boolean) => {
      swallows = whether
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe('the feed of commits between processes', () => {
  let store: TestStore
  let one: Database
  before(async () => {
    store = await storeForTests('postgres')
    one = await store.open()
  })
  after(() => store.close())

  const open = async (options: { url?: string; listenUrl?: string }) => {
    const told: string[] = []
    const report = (error: unknown) => told.push(String((error as Error).message))
    return { told, database: await openPostgres({ url: store.url, append: plainAppend, report, ...options }) }
  }

  test('whose LISTEN connection a proxy swallows is noticed, told, and made up for within a second', async (t) => {
    const proxy = await startProxy(store.url)
    const { database, told } = await open({ listenUrl: proxy.url })
    t.after(async () => {
      await database.close()
      proxy.close()
    })
    assert.ok((await delay(one, database)) < SECOND)
    assert.deepEqual(database.feed(), { heard: true })
    proxy.swallow(true)
    assert.ok((await delay(one, database)) < SECOND)
    await until(() => database.feed()?.heard === false)
    for (let round = 0; round < 3; round++) assert.ok((await delay(one, database)) < SECOND)
    assert.equal(told.filter((line) => /not heard.*DATABASE_LISTEN_URL/.test(line)).length, 1)
    proxy.swallow(false)
    await until(() => database.feed()?.heard === true)
    assert.match(told.at(-1) ?? '', /heard again/)
  })

  testWith(
    ['pgbouncer'],
    'behind PgBouncer in transaction mode works with a direct address, and is told without',
    async (t) => {
      const pooler = await startPgBouncer(store.url)
      t.after(() => pooler.close())
      const direct = await open({ url: pooler.url, listenUrl: store.url })
      const alone = await open({ url: pooler.url })
      t.after(() => Promise.all([direct.database.close(), alone.database.close()]))
      await until(() => alone.database.feed()?.heard === false)
      for (const { database } of [direct, alone]) {
        assert.ok((await delay(one, database)) < SECOND)
        // More at once than the pooler has connections, so that statements meet connections that never saw them.
        for (let round = 0; round < 5; round++) {
          await Promise.all(
            Array.from({ length: 30 }, async (_, at) => {
              await database.read.run(names, { prefix: '' })
              await database.write(async (connection) => {
                await connection.run(names, { prefix: '' })
                connection.appendEvent(eventDraft({ tenant_id: `tenant ${at}` }))
              })
            }),
          )
        }
      }
      assert.ok((await delay(direct.database, alone.database)) < SECOND)
      assert.ok((await delay(alone.database, direct.database)) < SECOND)
      assert.deepEqual(direct.database.feed(), { heard: true })
      assert.equal(alone.told.filter((line) => /DATABASE_LISTEN_URL/.test(line)).length, 1)
    },
  )

  test('on a primary that a failover made read-only fails its ping, says why once, and connects anew', async (t) => {
    const { database, told } = await open({})
    const outsider = new pg.Client(store.url)
    await outsider.connect()
    t.after(async () => {
      await outsider.end()
      await database.close()
    })
    const name = new URL(store.url).pathname.slice(1)
    const pids = async () => {
      const { rows } = await outsider.query(`select pid from pg_stat_activity where datname = '${name}'`)
      return rows.map(({ pid }) => pid as number)
    }
    await database.ping()
    await outsider.query(`alter database ${name} set default_transaction_read_only = on`)
    const { database: old, told: oldTold } = await open({})
    const before = await pids()
    await assert.rejects(
      old.write(({ kysely }) => kysely.insertInto('setting').values({ name: 'a', value: '' }).execute()),
      (error) => error instanceof Failure && error.code === 'temporarily_unavailable',
    )
    await assert.rejects(old.ping())
    await outsider.query('set session characteristics as transaction read write')
    await outsider.query(`alter database ${name} reset default_transaction_read_only`)
    const answered = async () =>
      old.ping().then(
        () => true,
        () => false,
      )
    await until(answered)
    await old.write(({ kysely }) => kysely.insertInto('setting').values({ name: 'b', value: '' }).execute())
    assert.equal(oldTold.filter((line) => /read-only \(25006\)/.test(line)).length, 1)
    assert.match(oldTold.at(-1) ?? '', /writes again/)
    assert.ok((await pids()).some((pid) => !before.includes(pid)))
    assert.deepEqual(told, [])
    await old.close()
  })
})
