import { sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { EventHeadTable, EventTable } from '#database/schema.ts'
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
      const types = query.type === undefined ? [undefined] : typesOf(query.type)
      const rows = await listRows(connection, tenantId, { ...query, types, span })
      const page = toPage(rows, limit, (row) => String(row.seq))
      return { ...page, data: page.data.map(toEvent) }
    },
  }
}

interface RowQuery extends Omit<EventQuery, 'type' | 'cursor'> {
  /** The types to list; `[undefined]` for all. */
  readonly types: readonly (string | undefined)[]
  /** Bounds of `seq`: the least, and two that it must be less than. */
  readonly span: { [Bound in 'from' | 'before' | 'cursor']: number | undefined }
}

/**
 * One row more than a page, newest first. Each type is a page of its own from the index of types, all in one statement,
 * so that a noun costs what its types cost and not what the whole log is long.
 */
async function listRows({ kysely }: Connection, tenantId: string, query: RowQuery): Promise<EventTable[]> {
  const { actorId, subjectId, realmId, result, since, until, limit, span } = query
  const ofType = (type: string | undefined) => {
    let rows = kysely
      .selectFrom('event')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .orderBy('seq', 'desc')
      .limit(limit + 1)
    if (type !== undefined) rows = rows.where('type', '=', type)
    if (actorId !== undefined) rows = rows.where('actor_id', '=', actorId)
    if (subjectId !== undefined) rows = rows.where('subject_id', '=', subjectId)
    if (realmId !== undefined) rows = rows.where('realm_id', '=', realmId)
    // As a literal: a partial index of the failures answers only a query that says so.
    if (result !== undefined) rows = rows.where('result', '=', sql.lit(result))
    if (since !== undefined) rows = rows.where('occurred_at', '>=', since)
    if (until !== undefined) rows = rows.where('occurred_at', '<', until)
    if (span.from !== undefined) rows = rows.where('seq', '>=', span.from)
    if (span.before !== undefined) rows = rows.where('seq', '<', span.before)
    if (span.cursor !== undefined) rows = rows.where('seq', '<', span.cursor)
    return rows
  }
  const [first, ...others] = query.types
  if (others.length === 0) return ofType(first).execute()
  const part = (type: string | undefined) => kysely.selectFrom(ofType(type).as('part')).selectAll()
  const rows = await others.reduce((all, type) => all.unionAll(part(type)), part(first)).execute()
  return rows.sort((left, right) => right.seq - left.seq).slice(0, limit + 1)
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
