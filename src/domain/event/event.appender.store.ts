// Writes events at the end of their tenants' chains. Called by the database once per batch, inside its transaction.
import type { Appenders, Connection, EventDraft } from '#database/database.ts'
import { insertAll } from '#database/insert-all.ts'
import { prepared } from '#database/prepared.ts'
import type { EventHeadTable, EventTable } from '#database/tables/log.ts'
import { numberedId } from '#kernel/id.ts'
import { countEvents } from '../counter/counter.appender.store.ts'
import { chainText, GENESIS, TOKEN_ISSUED } from './event.ts'

/** Reads a head and, where several processes write, keeps it from the others until the commit. */
const lockHead = prepared<{ tenant_id: string }, EventHeadTable>('event_head_lock', (kysely, value) =>
  kysely
    .updateTable('event_head')
    .set((row) => ({ seq: row.ref('seq') }))
    .where('tenant_id', '=', value('tenant_id'))
    .returning(['tenant_id', 'seq', 'hash', 'tokens']),
)

const moveHead = prepared<EventHeadTable, unknown>(
  'event_head_move',
  (kysely, value) =>
    kysely
      .updateTable('event_head')
      .set({ seq: value('seq'), hash: value('hash'), tokens: value('tokens') })
      .where('tenant_id', '=', value('tenant_id')) as never,
)

const insertEvent = prepared<EventTable, unknown>(
  'event_insert',
  (kysely, value) =>
    kysely.insertInto('event').values({
      id: value('id'),
      tenant_id: value('tenant_id'),
      seq: value('seq'),
      type: value('type'),
      occurred_at: value('occurred_at'),
      actor_kind: value('actor_kind'),
      actor_id: value('actor_id'),
      actor_label: value('actor_label'),
      subject_type: value('subject_type'),
      subject_id: value('subject_id'),
      realm_id: value('realm_id'),
      result: value('result'),
      ip: value('ip'),
      user_agent: value('user_agent'),
      request_id: value('request_id'),
      surface: value('surface'),
      data: value('data'),
      hash: value('hash'),
    }) as never,
)

/**
 * @param mac HMAC-SHA256 under the key of the event chain, so that who can write to the database but does not hold the
 *   master key cannot make a chain that verifies
 */
export function eventAppender(mac: (text: string) => string): Appenders['events'] {
  return async (connection, drafts) => {
    const written: EventTable[] = []
    for (const [tenantId, own] of byTenant(drafts)) {
      let head = await lockedHead(connection, tenantId)
      for (const draft of own) {
        const seq = head.seq + 1
        const row: EventTable = { ...draft, id: numberedId(draft.id, seq), seq, hash: '' }
        row.hash = mac(chainText(head.hash, row))
        head = {
          tenant_id: tenantId,
          seq: row.seq,
          hash: row.hash,
          tokens: head.tokens + (row.type === TOKEN_ISSUED ? 1 : 0),
        }
        written.push(row)
      }
      await connection.run(moveHead, head)
    }
    // Neither waits for the other: where each statement is a round trip, they travel together.
    const sent = [
      insertAll(connection, 'event', insertEvent as never, written as never),
      countEvents(connection, drafts),
    ]
    await Promise.allSettled(sent)
    await Promise.all(sent)
    return written
  }
}

// In the order of their ids, so that two processes which lock several heads cannot wait for each other.
function byTenant(drafts: readonly EventDraft[]): [string, EventDraft[]][] {
  const groups = new Map<string, EventDraft[]>()
  for (const draft of drafts) {
    const group = groups.get(draft.tenant_id)
    if (group) group.push(draft)
    else groups.set(draft.tenant_id, [draft])
  }
  return groups.size === 1 ? [...groups] : [...groups].sort(([left], [right]) => (left < right ? -1 : 1))
}

async function lockedHead(connection: Connection, tenantId: string): Promise<EventHeadTable> {
  const [head] = await connection.run(lockHead, { tenant_id: tenantId })
  if (head) return head
  await connection.kysely
    .insertInto('event_head')
    .values({ tenant_id: tenantId, seq: 0, hash: GENESIS, tokens: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const [created] = await connection.run(lockHead, { tenant_id: tenantId })
  if (!created) throw new Error('an event chain has no head')
  return created
}
