import type { Connection } from '#database/database.ts'
import { type Criterion, listNarrowly, type NarrowList, type Sieve } from '#database/narrow-list.ts'
import { prepared } from '#database/prepared.ts'
import type { EventTable } from '#database/tables/log.ts'
import { Failure } from '#kernel/error.ts'
import { numberOf } from '#kernel/id.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import { asksForTokens, type Event, type EventQuery, TOKEN_ISSUED, typesOf } from './event.ts'
import { headOf, type Span, seqSpan, toEvent } from './event-row.store.ts'
import { eventSurveyStore } from './event-survey.store.ts'

export type EventStore = ReturnType<typeof eventStore>

/** Enough of an event to decide whether it matters. */
export type EventOutline = Pick<EventTable, 'id' | 'seq' | 'type'>

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

/** The event log of one tenant. Rows are only ever added, by the appender. */
export function eventStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const after = (seq: number, limit: number) => connection.run(rowsAfter, { tenant_id: tenantId, seq, limit })
  return {
    ...eventSurveyStore(connection),

    /** The end of the chain as it was last written; 0 and {@link GENESIS} where nothing happened yet. */
    head: () => headOf(connection, tenantId),

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
      const { cursor, limit } = query
      const { from, before } = await seqSpan(connection, tenantId, query)
      const span = { from, before: cursor === undefined ? before : Math.min(before, seqOf(cursor)) }
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

function seqOf(cursor: string): number {
  const position = decodeCursor(cursor)
  if (/^\d{1,15}$/.test(position)) return Number(position)
  throw new Failure('invalid_request', 'The cursor is not one that this server gave out.')
}
