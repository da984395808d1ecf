// Checks that both databases behave the same.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { Failure } from '#kernel/error.ts'
import { DIALECTS, plainAppend, storeForTests, type TestStore } from '#testing/databases.ts'
import { eventDraft, issuanceDraft, partnerRow } from '#testing/rows.ts'
import type { Commit, Connection, Database, Wait } from './database.ts'
import { isTimeout, isUniqueViolation } from './errors.ts'
import { MIGRATIONS } from './migrations/timeline.ts'
import { prepared } from './prepared.ts'
import type { Schema } from './schema.ts'
import { tokenLog } from './token-log/open-token-log.ts'

const unavailable = (error: unknown) => error instanceof Failure && error.code === 'temporarily_unavailable'
const insertSetting = prepared<{ name: string; value: string }, never>(
  'test_setting_insert',
  (kysely, value) => kysely.insertInto('setting').values({ value: value('value'), name: value('name') }) as never,
)
const takeSetting = prepared<{ name: string; from: string; to: string }, { name: string }>(
  'test_setting_take',
  (kysely, value) =>
    kysely
      .updateTable('setting')
      .set({ value: value('to') })
      .where('name', '=', value('name'))
      .where('value', '=', value('from'))
      .returning('name'),
)

async function setting(connection: Connection, name: string): Promise<string | undefined> {
  const query = connection.kysely.selectFrom('setting').select('value').where('name', '=', name)
  return (await query.executeTakeFirst())?.value
}

async function eventsOf(connection: Connection, tenantId: string): Promise<{ seq: number; type: string }[]> {
  const query = connection.kysely.selectFrom('event').select(['seq', 'type']).where('tenant_id', '=', tenantId)
  return (await query.orderBy('seq').execute()).map((row) => ({ ...row }))
}

for (const dialect of DIALECTS) {
  describe(`storage on ${dialect}`, () => {
    let store: TestStore
    let database: Database
    before(async () => {
      store = await storeForTests(dialect)
      database = await store.open({ patience: 300 })
    })
    after(() => store.close())

    test('writes of one turn stand or fall alone, each with what it appended', async () => {
      const tenantId = randomUUID()
      const names = Array.from({ length: 6 }, () => randomUUID())
      const outcomes = await Promise.allSettled(
        names.map((name, index) =>
          database.write(async (connection) => {
            connection.appendEvent(eventDraft({ tenant_id: tenantId, type: `kept.${index}` }))
            await connection.run(insertSetting, { name, value: String(index) })
            if (index % 3 === 1) throw new Error(`work ${index} has second thoughts`)
            return index
          }),
        ),
      )
      assert.deepEqual(
        outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.message)),
        [0, 'work 1 has second thoughts', 2, 3, 'work 4 has second thoughts', 5],
      )
      const settings = await Promise.all(names.map((name) => setting(database.read, name)))
      assert.deepEqual(settings, ['0', undefined, '2', '3', undefined, '5'])
      const events = await eventsOf(database.read, tenantId)
      assert.deepEqual(
        events.map((event) => event.seq),
        [1, 2, 3, 4],
      )
      assert.deepEqual(events.map((event) => event.type).sort(), ['kept.0', 'kept.2', 'kept.3', 'kept.5'])
    })

    test('works that only append share a batch, and one that throws appends nothing', async () => {
      const tenantId = randomUUID()
      const issuance = issuanceDraft({ tenant_id: tenantId })
      const outcomes = await Promise.allSettled([
        database.write((connection) => connection.appendEvent(eventDraft({ tenant_id: tenantId, type: 'a' }))),
        database.write((connection) => {
          connection.appendEvent(eventDraft({ tenant_id: tenantId, type: 'b' }))
          connection.appendToken(issuanceDraft({ tenant_id: tenantId }))
          throw new Error('no')
        }),
        database.write(async (connection) => {
          connection.appendEvent(eventDraft({ tenant_id: tenantId, type: 'c' }))
          connection.appendToken(issuance)
          return 'c'
        }),
      ])
      assert.deepEqual(
        outcomes.map((outcome) => outcome.status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      assert.deepEqual(await eventsOf(database.read, tenantId), [
        { seq: 1, type: 'a' },
        { seq: 2, type: 'c' },
      ])
      const log = tokenLog(database.read, tenantId)
      const tokens = await log.list({ realmId: issuance.realm_id, limit: 10 })
      assert.deepEqual(
        tokens.map(({ id, kid, expiresAt }) => ({ id, kid, expiresAt })),
        [{ id: issuance.id, kid: issuance.kid, expiresAt: issuance.expires_at }],
      )
    })

    test('a work reads what it wrote, and nobody else does before it is committed', async () => {
      const name = randomUUID()
      const seen = await database.write(async (connection) => {
        await connection.kysely.insertInto('setting').values({ name, value: 'mine' }).execute()
        return { inside: await setting(connection, name), outside: await setting(database.read, name) }
      })
      assert.deepEqual(seen, { inside: 'mine', outside: undefined })
      assert.equal(await setting(database.read, name), 'mine')
    })

    test('a conditional update is won by exactly one of 50 writers', async () => {
      const name = randomUUID()
      await database.write((connection) => connection.run(insertSetting, { name, value: 'free' }))
      const wins = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          database.write(async (connection) => {
            const taken = await connection.run(takeSetting, { name, from: 'free', to: String(index) })
            return taken.length === 1 ? index : undefined
          }),
        ),
      )
      const [winner, ...others] = wins.filter((win) => win !== undefined)
      assert.equal(await setting(database.read, name), String(winner))
      assert.deepEqual(others, [])
    })

    test('a second row with a unique key is recognised, costs its write only, and tells no value', async () => {
      const tenantId = randomUUID()
      const slug = `secret-${randomUUID()}`
      const insert = (kysely: Kysely<Schema>) => kysely.insertInto('partner').values(partnerRow({ slug })).execute()
      await database.write((connection) => insert(connection.kysely))
      const name = randomUUID()
      const [refused, neighbour] = await Promise.allSettled([
        database.write(async (connection) => {
          connection.appendEvent(eventDraft({ tenant_id: tenantId }))
          await insert(connection.kysely)
        }),
        database.write((connection) => connection.run(insertSetting, { name, value: 'here' })),
      ])
      assert.equal(neighbour.status, 'fulfilled')
      assert(refused.status === 'rejected' && isUniqueViolation(refused.reason))
      assert.equal(refused.reason.table, 'partner')
      assert.doesNotMatch(`${refused.reason.stack} ${JSON.stringify(refused.reason)}`, /secret|insert into/)
      assert.deepEqual(await eventsOf(database.read, tenantId), [])
      await assert.rejects(
        database.write((connection) => connection.run(insertSetting, { name, value: 'again' })),
        isUniqueViolation,
      )
    })

    test('a unique key is free again once its row is deleted', async () => {
      const slug = randomUUID()
      const row = partnerRow({ slug, deleted_at: 5 })
      const later = partnerRow({ slug })
      await database.write((connection) => connection.kysely.insertInto('partner').values([row, later]).execute())
      const rows = database.read.kysely.selectFrom('partner').select('id').where('slug', '=', slug)
      assert.equal((await rows.execute()).length, 2)
    })

    test('a work that swallows a failed query is not committed', async () => {
      const name = randomUUID()
      const write = database.write(async (connection) => {
        await connection.run(insertSetting, { name, value: 'first' })
        await connection.run(insertSetting, { name, value: 'second' }).catch(() => {})
        return 'as if nothing had happened'
      })
      await assert.rejects(write, isUniqueViolation)
      assert.equal(await setting(database.read, name), undefined)
    })

    test('a connection that is kept beyond its work is of no use', async () => {
      let kept: Connection | undefined
      await database.write((connection) => {
        kept = connection
      })
      assert(kept)
      const value = { name: randomUUID(), value: '' }
      await assert.rejects(kept.run(insertSetting, value), /over/)
      await assert.rejects(kept.kysely.insertInto('setting').values(value).execute(), /over/)
      assert.equal(await setting(database.read, value.name), undefined)
    })

    test('listeners hear of a commit when it is readable and before the writer is answered', async () => {
      const tenantId = randomUUID()
      const order: string[] = []
      let readable: Promise<unknown> | undefined
      const deaf = database.onCommit(() => {
        throw new Error('a listener with a defect')
      })
      const end = database.onCommit((commit) => {
        const own = 'events' in commit ? commit.events.filter((event) => event.tenant_id === tenantId) : []
        if (own.length === 0) return
        order.push(`commit ${own.map((event) => `${event.seq} ${event.type} ${event.hash}`)}`)
        readable = eventsOf(database.read, tenantId)
      })
      const draft = eventDraft({ tenant_id: tenantId, type: 'told' })
      await database.write((connection) => connection.appendEvent(draft)).then(() => order.push('answered'))
      deaf()
      end()
      assert.deepEqual(await readable, [{ seq: 1, type: 'told' }])
      await database.write((connection) => connection.appendEvent(eventDraft({ tenant_id: tenantId })))
      assert.deepEqual(order, ['commit 1 told plain', 'answered'])
    })

    test('a work that waits for something else is given up, and the writes behind it go on', async () => {
      const name = randomUUID()
      const stalled = database.write(async (connection) => {
        await connection.run(insertSetting, { name, value: 'stalled' })
        await new Promise(() => {})
      })
      const behind = database.write((connection) => connection.run(insertSetting, { name: `${name}-2`, value: 'on' }))
      await assert.rejects(stalled, /waited for something else/)
      await behind
      assert.equal(await setting(database.read, name), undefined)
      assert.equal(await setting(database.read, `${name}-2`), 'on')
    })

    test('numbers are numbers and text sorts by its bytes', async () => {
      const texts = ['b', 'B', '_', 'é', 'a-1', 'a1', '0', '\u{1f511}', '\uffee']
      const prefix = randomUUID()
      const rows = texts.map((text) => ({ name: `${prefix}${text}`, value: '' }))
      const time = Number.MAX_SAFE_INTEGER
      await database.write(async ({ kysely }) => {
        await kysely.insertInto('setting').values(rows).execute()
        const row = { tenant_id: prefix, seq: time, hash: '', tokens: 0 }
        await kysely.insertInto('event_head').values(row).execute()
      })
      const { kysely } = database.read
      const found = await kysely
        .selectFrom('setting')
        .select('name')
        .where('name', '>=', prefix)
        .where('name', '<', `${prefix}\u{10ffff}`)
        .orderBy('name')
        .execute()
      const byBytes = texts.map((text) => Buffer.from(text)).sort(Buffer.compare)
      assert.deepEqual(
        found.map((row) => row.name.slice(prefix.length)),
        byBytes.map(String),
      )
      const [sums] = await kysely
        .selectFrom('event_head')
        .where('tenant_id', '=', prefix)
        .select(({ fn, exists, selectFrom }) => [
          fn.sum<number>('seq').as('sum'),
          fn.countAll<number>().as('count'),
          exists(selectFrom('setting').select('name')).as('some'),
        ])
        .execute()
      assert.deepEqual({ ...sums }, { sum: time, count: 1, some: 1 })
    })

    test('a defect in a query is no Failure, and a row lock can be asked for on either', async () => {
      await assert.rejects(sql`select * from nowhere`.execute(database.read.kysely), (error) => {
        return error instanceof Error && !(error instanceof Failure) && /nowhere/.test(error.message)
      })
      const locked = await database.write(({ kysely }) =>
        kysely.selectFrom('setting').selectAll().where('name', '=', 'none').forUpdate().execute(),
      )
      assert.deepEqual(locked, [])
      await assert.rejects(
        database.read.kysely.transaction().execute(async () => {}),
        /Database.write/,
      )
    })
  })

  describe(`long reads on ${dialect}`, () => {
    let store: TestStore
    let database: Database
    before(async () => {
      store = await storeForTests(dialect)
      database = await store.open({ poolSize: 4 })
    })
    after(() => store.close())

    const long = () => database.read.longReads as Connection['kysely']
    const counted = (numbers: number) => sql<{ count: number }>`
      with recursive number(n) as (select 1 union all select n + 1 from number where n < ${numbers})
      select count(*) as count from number`

    test('they see what was committed, and their failures have types', async () => {
      await database.write(({ kysely }) =>
        kysely.insertInto('setting').values({ name: 'long', value: 'read' }).execute(),
      )
      const rows = await long().selectFrom('setting').selectAll().where('name', '=', 'long').execute()
      assert.deepEqual({ ...rows[0] }, { name: 'long', value: 'read' })
      await assert.rejects(sql`select * from nowhere`.execute(long()), (error) => {
        return error instanceof Error && !(error instanceof Failure) && /nowhere/.test(error.message)
      })
      await assert.rejects(sql`delete from setting`.execute(long()), 'they write nothing')
      assert.equal((await long().selectFrom('setting').select('name').execute()).length > 0, true)
    })

    test('while many of them run, others are answered at once', async () => {
      let running = true
      const all = Promise.all(Array.from({ length: 6 }, () => counted(1_000_000).execute(long()))).finally(() => {
        running = false
      })
      const waits: number[] = []
      while (running) {
        const begun = performance.now()
        await database.read.kysely.selectFrom('setting').select('name').limit(1).execute()
        await new Promise((resolve) => setImmediate(resolve))
        waits.push(performance.now() - begun)
      }
      assert.deepEqual(
        (await all).map(({ rows }) => Number(rows[0]?.count)),
        Array.from({ length: 6 }, () => 1_000_000),
      )
      const median = waits.toSorted((one, other) => one - other)[Math.floor(waits.length / 2)] ?? 0
      assert.ok(waits.length > 20 && median < 50, `${waits.length} reads, the median took ${median} ms`)
    })

    test('their waits are measured, and those of writes', async (t) => {
      const place = await storeForTests(dialect)
      t.after(() => place.close())
      const begun: Record<string, number> = { read: 0, write: 0, long_read: 0 }
      const ended: Record<string, number> = { ...begun }
      const onWait = (wait: Wait) => {
        begun[wait] = (begun[wait] ?? 0) + 1
        return () => {
          ended[wait] = (ended[wait] ?? 0) + 1
        }
      }
      const own = await place.open({ poolSize: 4, onWait })
      const before = { ...begun }
      const longReads = own.read.longReads as Connection['kysely']
      await Promise.all(Array.from({ length: 5 }, () => counted(10).execute(longReads)))
      await counted(10).execute(own.read.kysely)
      for (const name of ['one', 'two']) {
        await own.write(({ kysely }) => kysely.insertInto('setting').values({ name, value: '1' }).execute())
      }
      const since = Object.fromEntries(
        Object.entries(begun).map(([wait, count]) => [wait, count - (before[wait] ?? 0)]),
      )
      assert.deepEqual(since, { read: dialect === 'postgres' ? 1 : 0, write: 2, long_read: 5 })
      assert.deepEqual(ended, begun)
    })

    test('no more than a few hundred wait, and those that wait when the database is closed fail', async (t) => {
      const place = await storeForTests(dialect)
      t.after(() => place.close())
      const own = await place.open({ poolSize: 4 })
      const longReads = own.read.longReads as Connection['kysely']
      const outcomes = Promise.allSettled(Array.from({ length: 230 }, () => counted(20_000).execute(longReads)))
      await counted(1).execute(own.read.kysely)
      await own.close()
      const refused = (await outcomes).filter(({ status }) => status === 'rejected')
      assert.ok(refused.length >= 20)
      for (const outcome of refused) {
        assert.ok(outcome.status === 'rejected' && outcome.reason instanceof Failure)
        assert.equal(outcome.reason.code, 'temporarily_unavailable')
      }
    })

    if (dialect === 'postgres') {
      test('one that takes too long is ended by the server, and its connection is used again', async () => {
        const begun = performance.now()
        await assert.rejects(sql`select pg_sleep(20)`.execute(long()), (error) => isTimeout(error))
        assert.ok(performance.now() - begun < 10_000)
        assert.equal(Number((await counted(5).execute(long())).rows[0]?.count), 5)
      })
    }
  })

  describe(`the life of a database on ${dialect}`, () => {
    let store: TestStore
    before(async () => {
      store = await storeForTests(dialect)
    })
    after(() => store.close())

    test('migrating from several sides at once applies each step once', async () => {
      const { openDatabase } = await import('./open.ts')
      const options = { append: plainAppend }
      const one = await openDatabase(store.url, options)
      const other = dialect === 'postgres' ? await openDatabase(store.url, options) : one
      const applied = await Promise.all([one.migrate(), other.migrate(), one.migrate()])
      assert.deepEqual(applied.flat(), [...MIGRATIONS])
      assert.deepEqual(await one.migrate(), [])
      await Promise.all([one.close(), other.close()])
    })

    test('a row that cannot be appended fails its own write and none of those beside it', async () => {
      const database = await store.open({ report: () => {} })
      const tenantId = randomUUID()
      const issued = issuanceDraft({ tenant_id: tenantId })
      await database.write((connection) => connection.appendToken(issued))
      const outcomes = await Promise.allSettled(
        ['x', 'twice', 'y'].map((type) =>
          database.write((connection) => {
            connection.appendEvent(eventDraft({ tenant_id: tenantId, type }))
            connection.appendToken(type === 'twice' ? issued : issuanceDraft({ tenant_id: tenantId }))
          }),
        ),
      )
      assert.deepEqual(
        outcomes.map((outcome) => outcome.status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      assert(outcomes[1]?.status === 'rejected' && unavailable(outcomes[1].reason))
      const types = (await eventsOf(database.read, tenantId)).map((event) => event.type)
      assert.deepEqual(types.sort(), ['x', 'y'])
      await database.close()
    })

    test('KM-11 appenders that fail write nothing, and say no more than that the server cannot', async () => {
      const reported: unknown[] = []
      const broken = async () => {
        throw new Error('a value that nobody may see')
      }
      const database = await store.open({
        append: broken,
        report: (error) => reported.push(error),
      })
      const name = randomUUID()
      const writes = [eventDraft(), undefined].map((draft) =>
        database.write(async (connection) => {
          await connection.run(insertSetting, { name: `${name}${draft?.id}`, value: '' })
          if (draft) connection.appendEvent(draft)
          else connection.appendToken(issuanceDraft())
        }),
      )
      for (const write of writes) {
        await assert.rejects(write, (error) => unavailable(error) && !/nobody/.test(String(error)))
      }
      const rows = database.read.kysely.selectFrom('setting').selectAll().where('name', 'like', `${name}%`)
      assert.deepEqual(await rows.execute(), [])
      assert.equal(reported.length, 2)
      await database.close()
    })

    test('closing finishes the writes there are and refuses others', async () => {
      const database = await store.open()
      const commits: Commit[] = []
      database.onCommit((commit) => commits.push(commit))
      const names = Array.from({ length: 20 }, () => randomUUID())
      const writes = names.map((name) =>
        database.write(async (connection) => {
          await connection.run(insertSetting, { name, value: 'in time' })
          connection.appendEvent(eventDraft())
        }),
      )
      const closed = database.close()
      await assert.rejects(
        database.write(() => {}),
        unavailable,
      )
      await Promise.all(writes)
      await closed
      await database.close()
      await assert.rejects(database.ping(), unavailable)
      assert(commits.length > 0)
      const again = await store.open()
      await again.ping()
      const found = await again.read.kysely.selectFrom('setting').selectAll().where('name', 'in', names).execute()
      assert.equal(found.length, names.length)
      await again.close()
    })
  })
}
