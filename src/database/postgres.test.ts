// Checks PostgreSQL with several processes and lost connections.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import { Failure } from '#kernel/error.ts'
import { plainAppend, storeForTests, type TestStore } from '#testing/databases.ts'
import { eventDraft, issuanceDraft, partnerRow } from '#testing/rows.ts'
import { until } from '#testing/until.ts'
import type { Commit, Database } from './database.ts'
import { openPostgres } from './postgres.ts'

describe('PostgreSQL, shared by two processes', () => {
  let store: TestStore
  let one: Database
  let other: Database
  let outsider: pg.Client
  before(async () => {
    store = await storeForTests('postgres')
    ;[one, other] = await Promise.all([store.open(), store.open()])
    outsider = new pg.Client(store.url)
    await outsider.connect()
    // A process whose start took long may have been deaf meanwhile, which it makes up for.
    do await pause(300)
    while (!one.feed()?.heard || !other.feed()?.heard)
  })
  after(async () => {
    await outsider.end()
    await store.close()
  })

  /** The next commit that a database tells of. */
  const nextCommit = (database: Database) =>
    new Promise<Commit>((resolve) => {
      const end = database.onCommit((commit) => {
        end()
        resolve(commit)
      })
    })

  test('one hears that the other wrote, and not of issued tokens or of itself', async () => {
    const heard: Commit[] = []
    const end = other.onCommit((commit) => heard.push(commit))
    const own: Commit[] = []
    const endOwn = one.onCommit((commit) => own.push(commit))
    await one.write((connection) => connection.appendToken(issuanceDraft()))
    await one.write(({ kysely }) => kysely.insertInto('partner').values(partnerRow()).execute())
    await pause(50)
    assert.deepEqual(heard, [])
    const missed = nextCommit(other)
    await one.write((connection) => connection.appendEvent(eventDraft({ type: 'client.created' })))
    assert.deepEqual(await missed, { missed: true })
    await pause(20)
    assert.equal(own.length, 3)
    assert(own.every((commit) => 'events' in commit))
    end()
    endOwn()
  })

  test('both write the same chains and rows, and each conditional update is won once', async () => {
    const tenantId = randomUUID()
    const row = partnerRow({ name: 'free' })
    await one.write(({ kysely }) => kysely.insertInto('partner').values(row).execute())
    const wins = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        (index % 2 ? one : other).write(async (connection) => {
          connection.appendEvent(eventDraft({ tenant_id: tenantId }))
          const { numUpdatedRows } = await connection.kysely
            .updateTable('partner')
            .set({ name: String(index) })
            .where('id', '=', row.id)
            .where('name', '=', 'free')
            .executeTakeFirstOrThrow()
          return numUpdatedRows
        }),
      ),
    )
    assert.equal(wins.filter((won) => won === 1n).length, 1)
    const query = one.read.kysely.selectFrom('event').select('seq').where('tenant_id', '=', tenantId)
    const seqs = (await query.orderBy('seq').execute()).map((event) => event.seq)
    assert.deepEqual(
      seqs,
      Array.from({ length: 30 }, (_, index) => index + 1),
    )
  })

  test('transactions that lock each other are run again until both are through', async () => {
    const [left, right] = [partnerRow({ name: '' }), partnerRow({ name: '' })]
    await one.write(({ kysely }) => kysely.insertInto('partner').values([left, right]).execute())
    let runs = 0
    const touch = (database: Database, mark: string, ids: string[]) =>
      database.write(async ({ kysely }) => {
        runs += 1
        for (const id of ids) {
          const partner = kysely.selectFrom('partner').select('name').where('id', '=', id).forUpdate()
          const { name } = await partner.executeTakeFirstOrThrow()
          await kysely
            .updateTable('partner')
            .set({ name: `${name}${mark}` })
            .where('id', '=', id)
            .execute()
          await kysely.selectNoFrom(({ fn, val }) => fn('pg_sleep', [val(0.05)]).as('slept')).execute()
        }
      })
    await Promise.all([touch(one, 'a', [left.id, right.id]), touch(other, 'b', [right.id, left.id])])
    assert(runs >= 3, 'the two did lock each other')
    const rows = await one.read.kysely
      .selectFrom('partner')
      .select('name')
      .where('id', 'in', [left.id, right.id])
      .execute()
    assert.deepEqual(
      rows.map(({ name }) => [...name].sort().join('')),
      ['ab', 'ab'],
    )
  })

  test('a listener that loses its connection comes back and says that it may have missed something', async () => {
    const missed = nextCommit(other)
    const { rowCount } = await outsider.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and query like 'listen%' and pid <> pg_backend_pid()`,
    )
    assert.equal(rowCount, 2)
    assert.deepEqual(await missed, { missed: true })
    const heard = nextCommit(one)
    await until(async () => {
      const { rows } = await outsider.query(
        `select 1 from pg_stat_activity where datname = current_database() and query like 'listen%'`,
      )
      return rows.length === 2
    })
    await other.write((connection) => connection.appendEvent(eventDraft({ type: 'client.created' })))
    assert.deepEqual(await heard, { missed: true })
  })

  test('a write whose connection is cut fails as unavailable with nothing written, and the next one works', async () => {
    const row = partnerRow()
    const cut = one.write(async ({ kysely }) => {
      await kysely.insertInto('partner').values(row).execute()
      await kysely.selectNoFrom(({ fn, val }) => fn('pg_sleep', [val(5)]).as('cut')).execute()
    })
    cut.catch(() => {})
    for (let cuts: number | null = 0; cuts !== 1; await pause(10)) {
      const { rowCount } = await outsider.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and state = 'active' and query like 'select pg_sleep($1) as "cut"'`,
      )
      cuts = rowCount
    }
    await assert.rejects(cut, (error) => error instanceof Failure && error.code === 'temporarily_unavailable')
    await one.write(({ kysely }) => kysely.insertInto('partner').values(row).execute())
  })

  test('statements are not compiled, which would take longer than they do', async () => {
    const shown = sql<{ jit: string }>`select current_setting('jit') as jit`
    const { rows } = await shown.execute(one.read.kysely)
    assert.deepEqual(rows, [{ jit: 'off' }])
  })

  test('a value that it cannot hold is the request’s fault', async () => {
    const odd = one.read.kysely.selectFrom('partner').select('id').where('name', '=', 'a\0b')
    await assert.rejects(odd.execute(), (error) => error instanceof Failure && error.code === 'invalid_request')
    const write = one.write(({ kysely }) =>
      kysely
        .insertInto('partner')
        .values(partnerRow({ name: '\0' }))
        .execute(),
    )
    await assert.rejects(write, (error) => error instanceof Failure && error.code === 'invalid_request')
  })

  test('that is not there is named without its password', async () => {
    const options = { url: 'postgres://user:hidden@127.0.0.1:1/nowhere', append: plainAppend }
    await assert.rejects(openPostgres(options), (error) => {
      return error instanceof Error && /127\.0\.0\.1:1\/nowhere/.test(error.message) && !/hidden/.test(`${error.stack}`)
    })
  })

  test('closing leaves no connection behind', async () => {
    const database = await store.open()
    await Promise.all(
      Array.from({ length: 20 }, () => database.read.kysely.selectFrom('partner').selectAll().execute()),
    )
    const count = 'select count(*)::int as n from pg_stat_activity where datname = current_database()'
    const before = (await outsider.query(count)).rows[0].n
    await database.close()
    await once(outsider.query(new pg.Query('select pg_sleep(0.1)')), 'end')
    assert((await outsider.query(count)).rows[0].n < before)
  })
})
