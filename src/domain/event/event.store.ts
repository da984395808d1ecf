// The event log of one tenant: stored events, and issued tokens read as events.
import type { Connection } from '#database/database.ts'
import { type IndexedList, listIndexed } from '#database/indexed-list.ts'
import { prepared } from '#database/prepared.ts'
import type { EventTable } from '#database/tables/log.ts'
import { tokenEventById, tokenEventsAfter, tokenEventsBefore } from '#database/token-log/links.ts'
import { tokenChain } from '#database/token-log/token-chain.ts'
import { numberOf } from '#kernel/id.ts'
import { decodeCursor, type Page, toPage, unknownCursor } from '#kernel/page.ts'
import type { Event, EventQuery } from './event.ts'
import { actorsIn, type EventFilters, type LogFilter, logFilterOf } from './event-filter.store.ts'
import { headOf, lastEntryThrough, type Span, seqSpan, toEvent } from './event-row.store.ts'

type ListQuery = EventFilters & Pick<EventQuery, 'limit' | 'cursor'>

export type EventStore = ReturnType<typeof eventStore>

/** The properties of an event that filters need. */
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

const outlinesAfter = prepared<{ tenant_id: string; seq: number; limit: number }, EventOutline>(
  'event_outlines_after',
  (kysely, value) =>
    kysely
      .selectFrom('event')
      .select(['id', 'seq', 'type'])
      .where('tenant_id', '=', value('tenant_id'))
      .where('seq', '>', value('seq'))
      .orderBy('seq')
      .limit(value('limit')),
)

/** The event log of one tenant. Only the appender writes to it, and it only adds rows. */
export function eventStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const { rowsAfter: storedAfter, ...chain } = chainReads(connection, tenantId)
  return {
    ...chain,
    rowsAfter: storedAfter,

    /** Events after another one, in the order of the chain. @param seq 0 for the first */
    async after(seq: number, limit: number): Promise<Event[]> {
      const head = await headOf(connection, tenantId)
      const [events, tokens] = await Promise.all([
        storedAfter(seq, limit),
        tokenEventsAfter(connection, tenantId, seq, limit),
      ])
      // What was chained after the head was read may be among only one of them.
      const rows = inOrder(events, tokens).filter((row) => row.seq <= head.seq)
      return rows.slice(0, limit).map(toEvent)
    },

    /**
     * Outlines of the events after one, in their order.
     * @param withTokens whether issued tokens are among them
     * @returns at most `limit` outlines, and the place up to which no others are to be had
     */
    async outlinesAfter(
      seq: number,
      limit: number,
      withTokens: boolean,
    ): Promise<{ outlines: EventOutline[]; last: number }> {
      // What is chained up to the head now is there to be read.
      const head = await headOf(connection, tenantId)
      const [events, tokens] = await Promise.all([
        connection.run(outlinesAfter, { tenant_id: tenantId, seq, limit }),
        withTokens ? tokenEventsAfter(connection, tenantId, seq, limit) : [],
      ])
      const merged: EventOutline[] = [...events, ...tokens].sort((left, right) => left.seq - right.seq)
      // What was chained after the head was read is left for the next time.
      const outlines = merged.slice(0, limit).filter((outline) => outline.seq <= head.seq)
      return { outlines, last: outlines.length < limit ? Math.max(seq, head.seq) : (outlines.at(-1)?.seq ?? seq) }
    },

    async find(id: string): Promise<Event | undefined> {
      await connection.placeTokens?.([tenantId])
      const row = await kysely
        .selectFrom('event')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('seq', '=', numberOf(id))
        .where('id', '=', id)
        .executeTakeFirst()
      const event = row ?? (await tokenEventById(connection, id, tenantId))
      return event && toEvent(event)
    },

    /**
     * One page by its cursor, newest first.
     * @param homeTenantId the tenant whose administrators can act in every tenant
     * @throws Failure `invalid_request` for an invalid cursor
     */
    async list(query: ListQuery, homeTenantId: string = tenantId): Promise<Page<Event>> {
      const { cursor, limit } = query
      if (cursor === undefined) await connection.placeTokens?.([tenantId])
      const actors = await actorsIn(connection, query, [...new Set([tenantId, homeTenantId])])
      const filter = logFilterOf(query, { actors, tokensByDefault: true })
      const position = cursor === undefined ? undefined : seqOf(cursor)
      if (filter === undefined) return { data: [], nextCursor: null }
      // Tokens and events are read one after the other: what is chained meanwhile would be among only one of them.
      const end = position ?? (await headOf(connection, tenantId)).seq + 1
      const { from, before } = await seqSpan(connection, tenantId, query)
      const span = { from, before: Math.min(before, end) }
      const tokens = filter.tokens
        ? await tokenEventsBefore(connection, tenantId, { ...span, filter: filter.tokens, limit: limit + 1 })
        : []
      // A page that tokens fill has no event that is older than all of them.
      const rest = tokens.length > limit ? { ...span, from: tokens.at(-1)?.seq ?? span.from } : span
      const events = await listIndexed<EventTable, number>(connection, indexedEvents(tenantId, filter, rest, limit + 1))
      const rows = inOrder(events, tokens)
        .reverse()
        .slice(0, limit + 1)
      const page = toPage(rows, limit, (row) => String(row.seq))
      return { ...page, data: page.data.map(toEvent) }
    },
  }
}

/** What a verification reads of the log of one tenant. */
function chainReads(connection: Connection, tenantId: string) {
  return {
    /** The last event of the chain; 0 and {@link GENESIS} if there is none. */
    async head(): Promise<{ seq: number; hash: string }> {
      await connection.placeTokens?.([tenantId])
      return headOf(connection, tenantId)
    },

    /** The last entry that ends at a place or before it. */
    lastThrough: (seq: number) => lastEntryThrough(connection, tenantId, seq),

    /** The places of the events of a period, and of some more at both ends. */
    span: (during: { readonly since?: number | undefined; readonly until?: number | undefined }): Promise<Span> =>
      seqSpan(connection, tenantId, during),

    /** Rows as they are kept, in the order of the chain, without issued tokens: what a verification reads. */
    rowsAfter: (seq: number, limit: number) => connection.run(rowsAfter, { tenant_id: tenantId, seq, limit }),

    /** What a verification reads of the issued tokens. */
    tokenChain: tokenChain(connection, tenantId),
  }
}

function inOrder(events: readonly EventTable[], tokens: readonly EventTable[]): EventTable[] {
  return [...events, ...tokens].sort((left, right) => left.seq - right.seq)
}

/** The stored events of a log that pass a filter. @param span bounds of `seq`: the first, and an exclusive end */
export function indexedEvents(
  tenantId: string,
  { indexFilters, residualFilters }: LogFilter,
  span: Span,
  limit: number,
): IndexedList<number> {
  return { table: 'event', tenantId, position: 'seq', ...span, indexFilters, residualFilters, limit }
}

function seqOf(cursor: string): number {
  const position = decodeCursor(cursor)
  if (/^\d{1,15}$/.test(position)) return Number(position)
  throw unknownCursor()
}
