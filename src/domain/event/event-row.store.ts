// Reads rows of the event log, and finds the place of a moment in a chain.
import type { Connection } from '#database/database.ts'
import type { IndexedList } from '#database/indexed-list.ts'
import { prepared } from '#database/prepared.ts'
import type { EventHeadTable, EventTable } from '#database/tables/log.ts'
import { firstLinkAfter } from '#database/token-log/links.ts'
import { type Event, GENESIS } from './event.ts'

/**
 * How much later than its successor in the chain an event may have happened, in milliseconds. The difference is the
 * duration of a write and the difference between the clocks of the processes.
 */
export const SKEW = 10_000

/** Greater than every seq. */
export const SEQ_END = Number.MAX_SAFE_INTEGER

/** A range of `seq`: the first, and the end. */
export type Span = Pick<IndexedList<number>, 'from' | 'before'>

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

const findHead = prepared<{ tenant_id: string }, EventHeadTable>('event_head_find', (kysely, value) =>
  kysely.selectFrom('event_head').selectAll().where('tenant_id', '=', value('tenant_id')),
)

/** The last event of a tenant’s chain; 0 and {@link GENESIS} if it has no events. */
export async function headOf(connection: Connection, tenantId: string): Promise<{ seq: number; hash: string }> {
  const [head] = await connection.run(findHead, { tenant_id: tenantId })
  return { seq: head?.seq ?? 0, hash: head?.hash ?? GENESIS }
}

/** The last entry of a chain that ends at a place or before it; {@link GENESIS} if there is none. */
export async function lastEntryThrough(
  connection: Connection,
  tenantId: string,
  seq: number,
): Promise<{ seq: number; hash: string }> {
  const head = await headOf(connection, tenantId)
  if (seq >= head.seq) return head
  const { kysely } = connection
  const [event, link] = await Promise.all(
    (['event', 'token_link'] as const).map((table) =>
      kysely
        .selectFrom(table)
        .select(['seq', 'hash'])
        .where('tenant_id', '=', tenantId)
        .where('seq', '<=', seq)
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst(),
    ),
  )
  if (!event || !link) return event ?? link ?? { seq: 0, hash: GENESIS }
  return event.seq > link.seq ? event : link
}

/**
 * The range of a tenant’s chain that contains the events of a period. The range may include some events more at both
 * ends.
 */
export async function seqSpan(
  connection: Connection,
  tenantId: string,
  { since, until }: { readonly since?: number | undefined; readonly until?: number | undefined },
): Promise<Span> {
  const at = async (moment: number) => bisect(connection, tenantId, (await headOf(connection, tenantId)).seq, moment)
  return {
    from: since === undefined ? 1 : await at(since - SKEW),
    before: until === undefined ? SEQ_END : await at(until + SKEW),
  }
}

/**
 * Finds the position of a time in a chain by binary search. Events are in the order of time except for clock
 * differences, so no index on the time is needed.
 * @param last the last seq of the chain
 * @returns a seq at or after the time, so that all earlier events are older, except for clock differences
 */
async function bisect(connection: Connection, tenantId: string, last: number, moment: number): Promise<number> {
  let low = 1
  let high = last + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const next = await nextAfter(connection, tenantId, middle - 1)
    if (next && next.occurredAt < moment) low = next.seq + 1
    else high = middle
  }
  return low
}

/** The end and the time of the first event, or of the first tokens that were issued together, that ends after a seq. */
async function nextAfter(
  connection: Connection,
  tenantId: string,
  seq: number,
): Promise<{ seq: number; occurredAt: number } | undefined> {
  const [[event], link] = await Promise.all([
    connection.run(firstAfter, { tenant_id: tenantId, seq }),
    firstLinkAfter(connection, tenantId, seq),
  ])
  if (event && (!link || event.seq < link.first)) return { seq: event.seq, occurredAt: event.occurred_at }
  return link
}

/** An event as its row tells it. */
export function toEvent(row: EventTable): Event {
  return {
    id: row.id,
    seq: row.seq,
    type: row.type,
    occurredAt: row.occurred_at,
    actor: { kind: row.actor_kind, id: row.actor_id, label: row.actor_label },
    subject: { type: row.subject_type, id: row.subject_id, label: row.subject_label },
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
