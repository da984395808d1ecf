// Checks the event log: lists, filters and pages.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { EventDetail, EventType } from '#kernel/event.ts'
import { PLATFORM, renderId } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import { DIALECTS } from '#testing/databases.ts'
import { type EventLog, LOGGED_REALM, openEventLog } from '#testing/event-log.ts'
import { plansOf } from '#testing/explain.ts'
import type { Context } from '../context.ts'
import { eventGet, eventList, eventVerify } from './event.operations.ts'
import { indexedEvents } from './event.store.ts'
import { EventQuery, matches, typesOf } from './event.ts'
import { type EventFilters, type LogFilter, logFilterOf } from './event-filter.store.ts'

const list = (context: Context, query: Query) => eventList.run(context, parse(EventQuery, inTypes(query)))

interface Query {
  readonly type?: string
  readonly [filter: string]: unknown
}

/** A query with the types that match its pattern. */
function inTypes({ type, ...query }: Query): object {
  return type === undefined ? query : { ...query, types: typesOf(type) }
}

for (const dialect of DIALECTS) {
  describe(`the event log on ${dialect}`, () => {
    let log: EventLog
    before(async () => {
      log = await openEventLog(dialect)
    })
    after(() => log.close())

    test('events are listed newest first, in pages that neither repeat nor leave out any', async () => {
      const context = log.tenant()
      await log.emit(context, 7)
      const seen: number[] = []
      let cursor: string | null | undefined
      do {
        const page = await list(context, { limit: '3', ...(cursor && { cursor }) })
        seen.push(...page.data.map(({ seq }) => seq))
        cursor = page.nextCursor
        await log.emit(context, 1)
      } while (cursor)
      assert.deepEqual(seen, [7, 6, 5, 4, 3, 2, 1])
      await assert.rejects(list(context, { cursor: btoa('7; drop') }), { code: 'invalid_request' })
      await assert.rejects(list(context, { cursor: btoa('abc') }), { code: 'invalid_request' })
    })

    test('a filter shows what it says: a type, a noun, who, what, where, how it went and when', async () => {
      const context = log.tenant()
      const [user, key] = [log.id(), log.id()]
      const actor = { kind: 'user', id: user }
      const start = log.clock.now()
      const emit = async (...args: Parameters<Parameters<Parameters<Context['write']>[0]>[0]['emit']>) => {
        log.clock.advance(600_000)
        await context.write((unit) => unit.emit(...args))
      }
      await emit('user.created', { subject: { type: 'user', id: user } })
      await emit('user.updated', { subject: { type: 'user', id: user }, realmId: LOGGED_REALM })
      await emit('client.created', { subject: { type: 'client', id: 'c' }, actor })
      await emit('access.denied', {
        subject: { type: 'operation', id: 'client.list' },
        result: 'failure',
        actor,
        realmId: LOGGED_REALM,
      })
      await emit('user.deleted', { subject: { type: 'user', id: user }, actor })
      await emit('client.deleted', { subject: { type: 'client', id: 'c' }, data: { key } })
      const at = (minutes: number) => new Date(start + minutes * 60_000).toISOString()
      const cases: [Query, number[]][] = [
        [{}, [6, 5, 4, 3, 2, 1]],
        [{ type: 'user.created' }, [1]],
        [{ type: 'user.*' }, [5, 2, 1]],
        [{ type: 'client.*' }, [6, 3]],
        [{ actorId: renderId('user', user) }, [5, 4, 3]],
        [{ subjectId: user }, [5, 2, 1]],
        [{ subjectId: renderId('user', user), type: 'user.*', actorId: user }, [5]],
        [{ realmId: LOGGED_REALM }, [4, 2]],
        [{ result: 'failure' }, [4]],
        [{ result: 'success', type: 'user.*' }, [5, 2, 1]],
        [{ result: 'failure', type: 'user.*' }, []],
        [{ realmId: LOGGED_REALM, type: 'user.*' }, [2]],
        [{ since: at(30) }, [6, 5, 4, 3]],
        [{ until: at(30) }, [2, 1]],
        [{ since: at(20), until: at(50), type: 'user.*' }, [2]],
        [{ since: at(61) }, []],
        [{ until: at(10) }, []],
        [{ until: '1970-01-01T00:00:00Z' }, []],
      ]
      for (const [query, expected] of cases) {
        const { data } = await list(context, query)
        assert.deepEqual(
          data.map(({ seq }) => seq),
          expected,
          JSON.stringify(query),
        )
      }
      const paged = await list(context, { type: 'user.*', limit: '2' })
      assert.deepEqual(
        paged.data.map(({ seq }) => seq),
        [5, 2],
      )
      const rest = await list(context, { type: 'user.*', limit: '2', cursor: paged.nextCursor })
      assert.deepEqual(
        rest.data.map(({ seq }) => seq),
        [1],
      )
      for (const query of [
        { type: 'user' },
        { type: 'nonsense.*' },
        { type: '*' },
        { since: 'yesterday' },
        { actor: 'x' },
      ]) {
        assert.throws(() => parse(EventQuery, inTypes(query)), { code: 'invalid_input' }, JSON.stringify(query))
      }
    })

    test('filters that share few of many events find those, whichever is the rare one', async () => {
      const context = log.tenant()
      const users = [log.id(), log.id(), log.id()]
      const draw = (made: number): [EventType, EventDetail] => {
        const type = made % 1100 === 5 ? 'user.deleted' : made % 2 ? 'user.created' : 'user.updated'
        const id = (made % 700 === 0 ? users[0] : users[1 + (made % 2)]) ?? ''
        const subject = { type: 'user', id: made % 900 === 3 ? 'rare' : 'frequent' }
        return [type, { subject, actor: { kind: 'user', id }, ...(made % 1000 === 0 && { realmId: LOGGED_REALM }) }]
      }
      await context.write((unit) => {
        for (let made = 0; made < 2300; made++) unit.emit(...draw(made))
      })
      const all = await context.read.events.after(0, 3000)
      for (const subjectId of [undefined, 'rare', 'frequent']) {
        for (const actorId of [undefined, ...users]) {
          for (const type of [undefined, 'user.created', 'user.deleted', 'user.*']) {
            for (const realmId of [undefined, LOGGED_REALM]) {
              const filter = Object.fromEntries(
                Object.entries({ subjectId, actorId, type, realmId }).filter(([, value]) => value !== undefined),
              )
              const expected = all.filter((event) => matches(event, inTypes(filter))).map(({ seq }) => seq)
              const { data, nextCursor } = await list(context, { ...filter, limit: '40' })
              const found = data.map(({ seq }) => seq)
              assert.deepEqual(found, expected.reverse().slice(0, 40), JSON.stringify(filter))
              assert.equal(nextCursor !== null, expected.length > 40, JSON.stringify(filter))
            }
          }
        }
      }
    })

    test('a span of time is found though clocks were apart', async () => {
      const context = log.tenant()
      const start = log.clock.now()
      const seconds = [0, 8, 2, 10, 6, 16, 12, 60, 56, 62, 120, 114, 122]
      for (const second of seconds) {
        log.clock.set(start + second * 1000)
        await context.write((unit) => unit.emit('user.created', { subject: { type: 'user', id: String(second) } }))
      }
      const at = (second: number) => new Date(start + second * 1000).toISOString()
      for (let from = 0; from <= 124; from += 4) {
        for (const to of [from + 7, from + 60]) {
          const { data } = await list(context, { since: at(from), until: at(to) })
          const expected = seconds.filter((second) => second >= from && second < to).reverse()
          const found = data.map(({ subject }) => Number(subject.id))
          assert.deepEqual(found, expected, `${from} to ${to}`)
        }
      }
    })

    test('issued tokens are told of an actor only where their type is asked for', async () => {
      const mine = log.tenant()
      const actor = { kind: 'client', id: 'c' }
      await mine.write((unit) => {
        unit.emit('client.created', { subject: { type: 'client', id: 'c' }, actor })
        for (const id of ['t1', 't2']) unit.emit('token.issued', { subject: { type: 'issuance', id }, actor })
      })
      const told = async (query: Query) => {
        const { data } = await list(mine, query)
        for (const event of data) assert.ok(matches(event, inTypes(query)), 'the stream has what the list has')
        return data.map(({ subject }) => subject.id)
      }
      assert.deepEqual(await told({}), ['t2', 't1', 'c'])
      assert.deepEqual(await told({ actorId: 'c' }), ['c'])
      assert.deepEqual(await told({ actorId: 'c', type: 'token.*' }), ['t2', 't1'])
      assert.deepEqual(await told({ actorId: 'c', type: 'token.issued', subjectId: 't1' }), ['t1'])
    })

    test('an event is shown to its tenant only', async () => {
      const [mine, theirs] = [log.tenant(), log.tenant()]
      await log.emit(mine, 1)
      const [event] = (await list(mine, {})).data
      assert.ok(event)
      assert.deepEqual(await eventGet.run(mine, { id: event.id }), event)
      await assert.rejects(eventGet.run(theirs, { id: event.id }), { code: 'not_found' })
      assert.deepEqual((await list(theirs, {})).data, [])
      assert.equal(eventList.reach, 'tenant')
    })

    test('what happens to no tenant is a chain of its own', async () => {
      const [platform, mine] = [log.tenant(PLATFORM), log.tenant()]
      await mine.write((unit) => {
        unit.emit('tenant.created', { subject: { type: 'tenant', id: mine.scope.tenantId }, tenantId: PLATFORM })
        unit.emit('user.created', { subject: { type: 'user', id: 'u' } })
      })
      assert.deepEqual(
        (await list(mine, {})).data.map(({ type }) => type),
        ['user.created'],
      )
      assert.equal((await list(platform, { limit: 1 })).data[0]?.type, 'tenant.created')
      assert.equal((await eventVerify.run(platform, {})).ok, true)
    })
  })
}

describe('each combination of filters', () => {
  let log: EventLog
  before(async () => {
    log = await openEventLog('sqlite')
  })
  after(() => log.close())

  const filters = [
    [{ subjectId: 's' }, 'event_tenant_id_subject_id_seq (tenant_id=? AND subject_id=? AND seq>? AND seq<?)'],
    [{ actorId: 'a' }, 'event_tenant_id_actor_id_seq (tenant_id=? AND actor_id=? AND seq>? AND seq<?)'],
    [{ result: 'failure' }, 'event_tenant_id_result_seq (tenant_id=? AND result=? AND seq>? AND seq<?)'],
    [{ types: ['client.created'] }, 'event_tenant_id_type_seq (tenant_id=? AND type=? AND seq>? AND seq<?)'],
    [{ realmId: LOGGED_REALM }, 'event_tenant_id_realm_id_seq (tenant_id=? AND realm_id=? AND seq>? AND seq<?)'],
  ] as const
  const span = { from: 3, before: 9 }

  function logFilter(query: EventFilters): LogFilter {
    const filter = logFilterOf(query, { tokensByDefault: true })
    assert.ok(filter)
    return filter
  }

  for (let mask = 0; mask < 1 << filters.length; mask++) {
    const asked = filters.filter((_, index) => (mask >> index) & 1)
    const query = logFilter(Object.assign({ since: 1, until: 2 }, ...asked.map(([filter]) => filter)))
    const names = asked.flatMap(([filter]) => Object.keys(filter))

    test(`${names.join(', ') || 'none'} is answered by the index of one of them, in its order`, async () => {
      const indexes = asked.map(([, index]) => index)
      const expected = indexes.length > 0 ? indexes : ['sqlite_autoindex_event_1 (tenant_id=? AND seq>? AND seq<?)']
      assert.deepEqual(await plansOf(log.database, indexedEvents('t', query, span, 51)), expected)
    })
  }

  test('all of a noun are read from the index of the types, each from its end', async () => {
    const plans = await plansOf(log.database, indexedEvents('t', logFilter({ types: typesOf('client.*') }), span, 51))
    const [, index = ''] = filters[3]
    assert.deepEqual(plans, [Array(6).fill(index).join(', ')])
  })
})
