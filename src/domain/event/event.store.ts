import { sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { EventHeadTable, EventTable } from '#database/schema.ts'
import { unindexed } from '#database/unindexed.ts'
import { Failure } from '#kernel/error.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import { type Event, type EventQuery, GENESIS, typesOf } from './event.ts'

export type EventStore = ReturnType<typeof eventStore>

/** How far the clocks of processes that write to one chain may be apart, in milliseconds. */
const SKEW = 300_000

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

    async find(id: string): Promise<Event | undefined> {
      const row = await kysely
        .selectFrom('event')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toEvent(row)
    },

    /** One page, newest first. */
    async list(query: EventQuery): Promise<Page<Event>> {
      const { cursor, limit, since, until } = query
      const seqAt = async (moment: number) => bisect(after, (await head()).seq, moment)
      const span = {
        from: since === undefined ? undefined : await seqAt(since - SKEW),
        before: until === undefined ? undefined : await seqAt(until + SKEW),
        cursor: cursor === undefined ? undefined : seqOf(cursor),
      }
      const rows = await listQuery(connection, tenantId, query, span).execute()
      const page = toPage(rows, limit, (row) => String(row.seq))
      return { ...page, data: page.data.map(toEvent) }
    },
  }
}

/** Bounds of `seq`: the least, and two that it must be less than. */
export type Span = { readonly [Bound in 'from' | 'before' | 'cursor']: number | undefined }

/**
 * One row more than a page, newest first, by the index of the narrowest column that is asked for. Where those are the
 * types of a noun, each is a page of its own, so that a noun costs what its types cost and not what the log is long.
 */
export function listQuery({ kysely }: Connection, tenantId: string, query: EventQuery, span: Span) {
  const types = query.type === undefined ? [] : typesOf(query.type)
  const lead = leadOf(query)
  const column = (name: string) => (name === lead ? sql.ref<string>(name) : unindexed(name))
  const before = Math.min(span.before ?? Number.MAX_SAFE_INTEGER, span.cursor ?? Number.MAX_SAFE_INTEGER)
  const ofTypes = (some: string[]) => {
    let rows = kysely
      .selectFrom('event')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where((row) => row.between('seq', span.from ?? 1, before - 1))
      .orderBy('seq', 'desc')
      .limit(query.limit + 1)
    if (some.length > 0) rows = rows.where(column('type'), 'in', some)
    if (query.subjectId !== undefined) rows = rows.where(column('subject_id'), '=', query.subjectId)
    if (query.actorId !== undefined) rows = rows.where(column('actor_id'), '=', query.actorId)
    if (query.realmId !== undefined) rows = rows.where(column('realm_id'), '=', query.realmId)
    // As a literal: the index of the failures answers only a query that says it wants them.
    if (query.result !== undefined) rows = rows.where(column('result'), '=', sql.lit(query.result))
    if (query.since !== undefined) rows = rows.where('occurred_at', '>=', query.since)
    if (query.until !== undefined) rows = rows.where('occurred_at', '<', query.until)
    return rows
  }
  if (lead !== 'type' || types.length === 1) return ofTypes(types)
  const [first, ...others] = types.map((type) => kysely.selectFrom(ofTypes([type]).as('part')).selectAll())
  if (!first) return ofTypes([])
  const all = others.reduce((parts, part) => parts.unionAll(part), first)
  return kysely
    .selectFrom(all.as('found'))
    .selectAll()
    .orderBy('seq', 'desc')
    .limit(query.limit + 1)
}

function leadOf({ subjectId, actorId, result, type, realmId }: EventQuery): string | undefined {
  if (subjectId !== undefined) return 'subject_id'
  if (actorId !== undefined) return 'actor_id'
  if (result === 'failure') return 'result'
  if (type !== undefined) return 'type'
  return realmId === undefined ? undefined : 'realm_id'
}

/**
 * Where in a chain a moment lies. Events are in the order of their time but for the skew of clocks, so this takes the
 * place of an index on the time, which every event would have to pay for.
 * @param last the chain's last seq
 * @returns a seq at or after the moment, all before it less than the moment, give or take the skew
 */
async function bisect(after: (seq: number, limit: number) => Promise<EventTable[]>, last: number, moment: number) {
  let low = 1
  let high = last + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const [row] = await after(middle - 1, 1)
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
