import type { Connection } from '#database/database.ts'
import { type Criterion, listNarrowly, type NarrowList, type Sieve } from '#database/narrow-list.ts'
import { prepared } from '#database/prepared.ts'
import type { EventHeadTable, EventTable } from '#database/schema.ts'
import { Failure } from '#kernel/error.ts'
import { numberOf } from '#kernel/id.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import { asksForTokens, type Event, type EventQuery, GENESIS, TOKEN_ISSUED, typesOf } from './event.ts'

export type EventStore = ReturnType<typeof eventStore>

/**
 * How much later than the event after it in the chain an event may have happened, in milliseconds: the time that a
 * write may take, and the difference between the clocks of processes that share a database.
 */
const SKEW = 10_000

// Of every seq.
const BEYOND = Number.MAX_SAFE_INTEGER

/** Enough of an event to decide whether it matters. */
export type EventOutline = Pick<EventTable, 'id' | 'seq' | 'type'>

type Span = Pick<NarrowList<number>, 'from' | 'before'>

const rowsAfter = prepared<{ tenant_id: string; seq: number; limit: number }, EventTable>(
  'event_after',
  (kysely, value) =>
    kysely
      .selectFrom('event')
      .selectAll()
      .where('tenant_id', '=', value('tenant_id'))
      .where('seq', '>', value('seq'))
      .orderBy('seq')
      .limit(value('limit')),
)

const firstAfter = prepared<{ tenant_id: string; seq: number }, Pick<EventTable, 'seq' | 'occurred_at'>>(
  'event_first_after',
  (kysely, value) =>
    kysely
      .selectFrom('event')
      .select(['seq', 'occurred_at'])
      .where('tenant_id', '=', value('tenant_id'))
      .where('seq', '>', value('seq'))
      .orderBy('seq')
      .limit(1),
)

const outlinesAfter = prepared<{ tenant_id: string; seq: number; end: number }, EventOutline>(
  'event_outlines_after',
  (kysely, value) =>
    kysely
      .selectFrom('event')
      .select(['id', 'seq', 'type'])
      .where('tenant_id', '=', value('tenant_id'))
      .where('seq', '>', value('seq'))
      .where('seq', '<=', value('end'))
      .orderBy('seq'),
)

const findHead = prepared<{ tenant_id: string }, EventHeadTable>('event_head_find', (kysely, value) =>
  kysely.selectFrom('event_head').selectAll().where('tenant_id', '=', value('tenant_id')),
)

/** The event log of one tenant. Rows are only ever added, by the appender. */
export function eventStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const after = (seq: number, limit: number) => connection.run(rowsAfter, { tenant_id: tenantId, seq, limit })
  const head = async () => {
    const [found] = await connection.run(findHead, { tenant_id: tenantId })
    return { seq: found?.seq ?? 0, hash: found?.hash ?? GENESIS }
  }
  return {
    /** The end of the chain as it was last written; 0 and {@link GENESIS} where nothing happened yet. */
    head,

    /** Rows as they are kept, in the order of the chain: what a verification reads. */
    rowsAfter: after,

    /** Events in the order in which they happened, after one of them. @param seq 0 for the first */
    async after(seq: number, limit: number): Promise<Event[]> {
      return (await after(seq, limit)).map(toEvent)
    },

    /** Outlines of the events after one, as many as a window has, in their order. */
    outlinesAfter: (seq: number, window: number): Promise<EventOutline[]> =>
      connection.run(outlinesAfter, { tenant_id: tenantId, seq, end: seq + window }),

    async find(id: string): Promise<Event | undefined> {
      const row = await kysely
        .selectFrom('event')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('seq', '=', numberOf(id))
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toEvent(row)
    },

    /** One page, newest first. */
    async list(query: EventQuery): Promise<Page<Event>> {
      const { cursor, limit, since, until } = query
      const seqAt = async (moment: number) => bisect(connection, tenantId, (await head()).seq, moment)
      const from = since === undefined ? 1 : await seqAt(since - SKEW)
      const before = until === undefined ? BEYOND : await seqAt(until + SKEW)
      const span = { from, before: Math.min(before, cursor === undefined ? BEYOND : seqOf(cursor)) }
      const rows = await listNarrowly<EventTable, number>(connection, narrowList(tenantId, query, span))
      const page = toPage(rows, limit, (row) => String(row.seq))
      return { ...page, data: page.data.map(toEvent) }
    },
  }
}

/** What a query asks of the table, one row more than a page. @param span bounds of `seq`: the least, and an end */
export function narrowList(tenantId: string, query: EventQuery, span: Span): NarrowList<number> {
  const { subjectId, actorId, result, type, realmId, since, until } = query
  const criteria: Criterion[] = []
  const sieves: Sieve[] = []
  const tokensToo = asksForTokens(query)
  const add = (column: string, value: string | undefined) => {
    if (value === undefined) return
    if (tokensToo) sieves.push([column, '=', value])
    else criteria.push({ column, values: [value], without: { column: 'type', value: TOKEN_ISSUED } })
  }
  add('subject_id', subjectId)
  add('actor_id', actorId)
  if (result === 'failure') criteria.push({ column: 'result', values: [result], literal: true })
  if (type !== undefined) criteria.push({ column: 'type', values: typesOf(type) })
  add('realm_id', realmId)
  if (result === 'success') sieves.push(['result', '=', result])
  if (since !== undefined) sieves.push(['occurred_at', '>=', since])
  if (until !== undefined) sieves.push(['occurred_at', '<', until])
  return { table: 'event', tenantId, position: 'seq', ...span, criteria, sieves, limit: query.limit + 1 }
}

/**
 * Where in a chain a moment lies. Events are in the order of their time but for the skew of clocks, so this takes the
 * place of an index on the time, which every event would have to pay for.
 * @param last the chain's last seq
 * @returns a seq at or after the moment, all before it less than the moment, give or take the skew
 */
async function bisect(connection: Connection, tenantId: string, last: number, moment: number): Promise<number> {
  let low = 1
  let high = last + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const [row] = await connection.run(firstAfter, { tenant_id: tenantId, seq: middle - 1 })
    if (row && row.occurred_at < moment) low = row.seq + 1
    else high = middle
  }
  return low
}

function seqOf(cursor: string): number {
  const position = decodeCursor(cursor)
  if (/^\d{1,15}$/.test(position)) return Number(position)
  throw new Failure('invalid_request', 'The cursor is not one that this server gave out.')
}

/** An event as its row tells it. */
export function toEvent(row: EventTable): Event {
  return {
    id: row.id,
    seq: row.seq,
    type: row.type,
    occurredAt: row.occurred_at,
    actor: { kind: row.actor_kind, id: row.actor_id, label: row.actor_label },
    subject: { type: row.subject_type, id: row.subject_id },
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    result: row.result as Event['result'],
    ip: row.ip,
    userAgent: row.user_agent,
    requestId: row.request_id,
    surface: row.surface,
    data: JSON.parse(row.data),
    hash: row.hash,
  }
}
