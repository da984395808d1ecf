import type { Connection } from '#database/database.ts'
import type { NarrowList } from '#database/narrow-list.ts'
import { prepared } from '#database/prepared.ts'
import type { EventHeadTable, EventTable } from '#database/tables/log.ts'
import { type Event, GENESIS } from './event.ts'

/**
 * How much later than the event after it in the chain an event may have happened, in milliseconds: the time that a
 * write may take, and the difference between the clocks of processes that share a database.
 */
export const SKEW = 10_000

/** Beyond every seq. */
export const BEYOND = Number.MAX_SAFE_INTEGER

/** Bounds of `seq`: the least, and an end. */
export type Span = Pick<NarrowList<number>, 'from' | 'before'>

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

/** The end of a tenant’s chain as it was last written; 0 and {@link GENESIS} where nothing happened yet. */
export async function headOf(connection: Connection, tenantId: string): Promise<{ seq: number; hash: string }> {
  const [found] = await connection.run(findHead, { tenant_id: tenantId })
  return { seq: found?.seq ?? 0, hash: found?.hash ?? GENESIS }
}

/** Where in a tenant’s chain the events of a period lie, with some more at either end. */
export async function seqSpan(
  connection: Connection,
  tenantId: string,
  { since, until }: { readonly since?: number | undefined; readonly until?: number | undefined },
): Promise<Span> {
  const at = async (moment: number) => bisect(connection, tenantId, (await headOf(connection, tenantId)).seq, moment)
  return {
    from: since === undefined ? 1 : await at(since - SKEW),
    before: until === undefined ? BEYOND : await at(until + SKEW),
  }
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
