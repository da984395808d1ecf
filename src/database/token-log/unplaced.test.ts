// Checks that processes on PostgreSQL issue tokens without waiting for each other, and that all of them are in the chain.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import type { Append, Commit } from '#database/database.ts'
import type { Context } from '#domain/context.ts'
import { chainAppender } from '#domain/event/event.appender.store.ts'
import { followEvents } from '#domain/event/event.stream.ts'
import type { Verification } from '#domain/event/event.ts'
import { openContext } from '#domain/open-context.ts'
import { openServicesOver, openTestServices, type TestServices } from '#testing/services.ts'
import { tokenBurst } from '#testing/token-burst.ts'
import { logThreadOver } from '#testing/verifier.ts'

describe('tokens that get their places in the chain later', () => {
  let services: TestServices
  let thread: ReturnType<typeof logThreadOver>
  let outsider: pg.Client
  before(async () => {
    services = await openTestServices({ database: 'postgres' })
    thread = logThreadOver(services.store)
    outsider = new pg.Client(services.store.url)
    await outsider.connect()
  })
  after(async () => {
    await outsider.end()
    await thread.close()
    await services.close()
  })

  const token = () => ({ clientId: services.random.id(), userId: null, audience: 'https://api.example.com' })
  const note = (context: Context) =>
    context.write((unit) => unit.emit('user.created', { subject: { type: 'user', id: 'u' } }))
  const seqs = async (context: Context) => {
    const { data } = await context.read.events.list({ limit: 200 })
    return data.map(({ seq }) => seq)
  }
  const change = (statement: ReturnType<typeof sql>) =>
    services.database.write(async ({ kysely }) => void (await statement.execute(kysely)))
  /** Verifies without giving anything a place. */
  async function verify({ scope }: Context, input = {}): Promise<Verification> {
    const read = { name: 'event.verify', tenantId: scope.tenantId, input }
    for await (const output of thread.outputs(read, new AbortController().signal)) return output as Verification
    throw new Error('no output')
  }

  /** A tenant with an event, whose head somebody holds while a work is done, so that nothing gets a place. */
  async function held<T>(work: (context: Context) => Promise<T>): Promise<T> {
    services.clock.advance(1000)
    const context = services.contextFor({ tenantId: services.random.id() })
    await note(context)
    await outsider.query('begin')
    await outsider.query('select 1 from event_head where tenant_id = $1 for update', [context.scope.tenantId])
    try {
      return await work(context)
    } finally {
      await outsider.query('commit')
    }
  }

  test('are issued while the head of the chain is locked, verify without a place, and have one once it is free', async () => {
    const context = await held(async (own) => {
      await tokenBurst(own, [token(), token()])
      await tokenBurst(own, [token()])
      const { ok, checked, head } = await verify(own)
      assert.deepEqual([ok, checked, head.seq], [true, 4, 1])
      return own
    })
    assert.deepEqual(await seqs(context), [4, 3, 2, 1])
    const [newest] = (await context.read.events.list({ limit: 1 })).data
    assert.deepEqual(await context.read.events.find(newest?.id ?? ''), newest)
    const { ok, checked, head } = await verify(context)
    assert.deepEqual([ok, checked, head.seq], [true, 4, 4])

    const number = 2 ** 52
    const part = { fromSeq: 2, toSeq: 4 }
    assert.equal((await verify(context, part)).ok, true)
    await change(sql`insert into issued_token (id, seq, profile, hash, delay, expires_at, part)
      select token.id || '\\x00', ${number}, profile, hash, delay, expires_at, part from issued_token as token
      where ${oldest(context.scope.tenantId)}`)
    for (const range of [{}, part]) {
      assert.deepEqual((await verify(context, range)).firstBad, { seq: number, reason: 'changed' })
    }
  })

  test('of two processes are all in one chain, each once, before the event that comes after them', async (t) => {
    const second = await openServicesOver(services.store)
    t.after(() => second.database.close())
    const context = services.contextFor({ tenantId: services.random.id() })
    const there = openContext(second, context.actor, context.scope)
    await note(context)
    const bursts = Array.from({ length: 20 }, (_, index) =>
      tokenBurst(index % 2 === 0 ? context : there, [token(), token()]),
    )
    const issued = (await Promise.all(bursts)).flat()
    await note(there)
    const { data } = await context.read.events.list({ limit: 200 })
    assert.deepEqual(
      data.map(({ seq }) => seq),
      Array.from({ length: 42 }, (_, index) => 42 - index),
    )
    assert.equal(data[0]?.type, 'user.created')
    assert.deepEqual(new Set(data.slice(1, -1).map(({ subject }) => subject.id)), new Set(issued.map(({ id }) => id)))
    const { ok, checked } = await verify(context)
    assert.deepEqual([ok, checked], [true, 42])
  })

  test('keep no connection from other tenants while the head of their chain is held', async () => {
    const other = services.contextFor({ tenantId: services.random.id() })
    const context = await held(async (own) => {
      await Promise.all(Array.from({ length: 12 }, () => tokenBurst(own, [token()]).then(() => seqs(own))))
      await note(other)
      const { rows } = await outsider.query(
        `select count(*)::int as waiting from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      )
      assert.equal(rows[0].waiting, 0)
      return own
    })
    assert.equal((await seqs(context)).length, 13)
  })

  test('and events hold the end of their chain for three seconds at most where their process stands still', async (t) => {
    const limits: unknown[] = []
    const append = chainAppender((text) => services.crypto.mac('event-chain', text))
    const watched: Append = async (connection, ...rest) => {
      const shown = sql<{ value: string }>`select current_setting('idle_in_transaction_session_timeout') as value`
      limits.push((await shown.execute(connection.kysely)).rows[0]?.value)
      return append(connection, ...rest)
    }
    const second = await openServicesOver(services.store, { openDatabase: (open) => open(watched) })
    t.after(() => second.database.close())
    const context = services.contextFor({ tenantId: services.random.id() })
    await note(openContext(second, context.actor, context.scope))
    assert.deepEqual(limits, ['3s'])
  })

  test('wake a stream of the process that issued them where another one gave them their places', async (t) => {
    const second = await openServicesOver(services.store)
    t.after(() => second.database.close())
    const context = services.contextFor({ tenantId: services.random.id() })
    const there = openContext(second, context.actor, context.scope)
    await note(context)
    const subscribe = (listener: (commit: Commit) => void) => second.database.onCommit(listener)
    const stream = followEvents(there, { subscribe, afterSeq: 0 })
    assert.equal((await stream.next()).value?.seq, 1)
    const next = stream.next()
    await tokenBurst(there, [token()])
    assert.deepEqual(await seqs(context), [2, 1])
    const late = pause(5000, undefined, { ref: false }).then(() => undefined)
    assert.equal((await Promise.race([next, late]))?.value?.seq, 2)
    await stream.return()
  })

  for (const [what, tamper, reason] of [
    ['row is changed', (t) => sql`update issued_token set delay = delay + 1 where ${newest(t)}`, 'changed'],
    ['row is missing', (t) => sql`delete from issued_token where ${newest(t)}`, 'missing'],
    [
      'profile is exchanged',
      (t) => sql`update issued_token set profile = (select min(id) from token_profile where tenant_id = ${t})
        where ${newest(t)}`,
      'changed',
    ],
    [
      'link is missing',
      (t) => sql`delete from unplaced_link where tenant_id = ${t}
        and number = (select min(number) + 1 from unplaced_link where tenant_id = ${t})`,
      'missing',
    ],
    ['count is changed', (t) => sql`update unplaced_link set count = 2 where tenant_id = ${t}`, 'changed'],
    ['HMAC is changed', (t) => sql`update unplaced_link set mac = 'x' where tenant_id = ${t}`, 'changed'],
  ] as [string, (tenantId: string) => ReturnType<typeof sql>, string][]) {
    test(`are found where a ${what}, before they have a place and after that`, async () => {
      const context = await held(async (own) => {
        // One writer has all of them: they come one after another.
        for (let count = 0; count < 3; count++) await tokenBurst(own, [token()])
        await change(tamper(own.scope.tenantId))
        const { firstBad } = await verify(own)
        assert.equal(firstBad?.reason, reason)
        return own
      })
      await seqs(context)
      const { ok } = await verify(context)
      assert.equal(ok, false)
    })
  }

  test('leave a gap in the numbers of their writer where the link of one is cut off with its token', async () => {
    const context = await held(async (own) => {
      const [first] = await tokenBurst(own, [token()])
      await change(sql`delete from unplaced_link where tenant_id = ${own.scope.tenantId}`)
      await change(
        sql`delete from issued_token where id = ${Buffer.from((first?.id ?? '').replaceAll('-', ''), 'hex')}`,
      )
      await tokenBurst(own, [token()])
      return own
    })
    await seqs(context)
    assert.deepEqual((await verify(context)).firstBad, { seq: 2, reason: 'missing' })
  })

  test('need no new writer where a write fails, and none at all where no writers are left', async (t) => {
    const context = services.contextFor({ tenantId: services.random.id() })
    await note(context)
    const [issued] = await tokenBurst(context, [token()])
    const writers = async () => (await outsider.query('select last_value from token_writer')).rows[0].last_value
    const before = await writers()
    const again = { ...context, random: { ...context.random, id: () => issued?.id ?? '' } }
    for (let count = 0; count < 5; count++) await assert.rejects(tokenBurst(again, [token()]))
    await tokenBurst(context, [token()])
    assert.equal(await writers(), before)
    assert.deepEqual(await seqs(context), [3, 2, 1])

    await outsider.query(`select setval('token_writer', 33554430)`)
    const second = await openServicesOver(services.store)
    t.after(async () => {
      await second.database.close()
      await outsider.query(`select setval('token_writer', ${before})`)
    })
    const there = openContext(second, context.actor, context.scope)
    for (let count = 0; count < 3; count++) await tokenBurst(there, [token()])
    assert.deepEqual(await seqs(context), [6, 5, 4, 3, 2, 1])
    assert.equal((await verify(context)).ok, true)
  })

  test('are not chained again where their link is put back, and a verification names it while the chain grows', async (t) => {
    let replayed: unknown
    const context = await held(async (own) => {
      await tokenBurst(own, [token()])
      const { rows } = await outsider.query(`select row_to_json(link) as link from unplaced_link as link
        where tenant_id = '${own.scope.tenantId}'`)
      replayed = rows[0].link
      return own
    })
    assert.deepEqual(await seqs(context), [2, 1])
    const putBack = 'insert into unplaced_link select * from json_populate_record(null::unplaced_link, $1)'
    await outsider.query(putBack, [JSON.stringify(replayed)])
    const reports: string[] = []
    const mac = (text: string) => services.crypto.mac('event-chain', text)
    const append = chainAppender(mac, ({ message }) => reports.push(message))
    const second = await openServicesOver(services.store, { openDatabase: (open) => open(append) })
    t.after(() => second.database.close())
    const there = openContext(second, context.actor, context.scope)
    await note(there)
    const version = async () =>
      (await outsider.query('select xmin from unplaced_link where tenant_id = $1', [context.scope.tenantId])).rows[0]
    await note(context)
    const found = await version()
    await tokenBurst(there, [token()])
    assert.deepEqual(await seqs(there), [5, 4, 3, 2, 1])
    assert.deepEqual(await version(), found, 'it is not put back again')
    assert.deepEqual([reports.length, reports[0]?.includes(context.scope.tenantId)], [1, true])
    let isDone = false
    const growing = (async () => {
      for (let count = 0; count < 500 && !isDone; count++) await note(context)
      return isDone
    })()
    assert.equal((await verify(context)).firstBad?.reason, 'changed')
    isDone = true
    assert.equal(await growing, true, 'it ends before the chain does')
    await outsider.query('delete from unplaced_link where tenant_id = $1', [context.scope.tenantId])
    assert.equal((await verify(context)).ok, true)
  })

  const tokenAtEnd = (tenantId: string, order: 'asc' | 'desc') =>
    sql`id = (select token.id from issued_token as token join token_profile as profile
      on profile.id = token.profile where profile.tenant_id = ${tenantId} order by token.id ${sql.raw(order)} limit 1)`

  function newest(tenantId: string) {
    return tokenAtEnd(tenantId, 'desc')
  }

  function oldest(tenantId: string) {
    return tokenAtEnd(tenantId, 'asc')
  }
})
