// Writes events and tokens at the end of their tenants' chains. Called by the database once per batch, inside its
// transaction.
import type { Append, Appends, Connection, EventDraft, TokenDraft } from '#database/database.ts'
import { insertRows } from '#database/insert-rows.ts'
import { prepared } from '#database/prepared.ts'
import type { EventHeadTable, EventTable } from '#database/tables/log.ts'
import { type TokenGroup, tokenAppender } from '#database/token-log/token-appender.ts'
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
      subject_label: value('subject_label'),
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

/** What one transaction appends to a tenant's chain. */
interface TenantAppends {
  readonly events: EventDraft[]
  readonly tokens: TokenDraft[]
}

/**
 * @param mac HMAC-SHA256 under the key of the event chain, so that who can write to the database but does not hold the
 *   master key cannot make a chain that verifies
 * @returns what appends events and tokens to their tenants' chains, for one database
 */
export function chainAppender(mac: (text: string) => string): Append {
  const appendTokens = tokenAppender()
  return async (connection, appends) => {
    const { events, heads, groups } = await chainEvents(connection, appends, mac)
    const tokens = groups.length > 0 ? await appendTokens(connection, groups, mac) : undefined
    for (const { tenantId, seq, count, hash } of tokens?.batches ?? []) {
      const head = heads.get(tenantId)
      if (head) heads.set(tenantId, { ...head, seq, hash, tokens: head.tokens + count })
    }
    // None waits for another: where each statement is a round trip, they travel together.
    const sent = [
      ...[...heads.values()].map((head) => connection.run(moveHead, head)),
      tokens?.written,
      insertRows(connection, 'event', insertEvent as never, events as never),
      countEvents(connection, appends.events),
    ]
    await Promise.allSettled(sent)
    await Promise.all(sent)
    return { events, tokens: tokens?.batches ?? [], ...(tokens && { committed: tokens.committed }) }
  }
}

/** Locks the head of each tenant's chain, and chains the events. @returns the heads after them, and what to link there */
async function chainEvents(
  connection: Connection,
  appends: Appends,
  mac: (text: string) => string,
): Promise<{ events: EventTable[]; heads: Map<string, EventHeadTable>; groups: TokenGroup[] }> {
  const events: EventTable[] = []
  const heads = new Map<string, EventHeadTable>()
  const groups: TokenGroup[] = []
  for (const [tenantId, own] of byTenant(appends)) {
    let head = await lockedHead(connection, tenantId)
    for (const draft of own.events) {
      const row = chained(draft, head, mac)
      head = { ...head, seq: row.seq, hash: row.hash, tokens: head.tokens + (row.type === TOKEN_ISSUED ? 1 : 0) }
      events.push(row)
    }
    if (own.tokens.length > 0) groups.push({ tenantId, drafts: own.tokens, head })
    heads.set(tenantId, head)
  }
  return { events, heads, groups }
}

function chained(draft: EventDraft, head: EventHeadTable, mac: (text: string) => string): EventTable {
  const seq = head.seq + 1
  const row = { ...draft, id: numberedId(draft.id, seq), seq }
  return { ...row, hash: mac(chainText(head.hash, row)) }
}

// In the order of their ids, so that two processes which lock several heads cannot wait for each other.
function byTenant({ events, tokens }: Appends): [string, TenantAppends][] {
  const groups = new Map<string, TenantAppends>()
  const groupOf = (tenantId: string): TenantAppends => {
    const known = groups.get(tenantId)
    if (known) return known
    const group: TenantAppends = { events: [], tokens: [] }
    groups.set(tenantId, group)
    return group
  }
  for (const draft of events) groupOf(draft.tenant_id).events.push(draft)
  for (const draft of tokens) groupOf(draft.tenant_id).tokens.push(draft)
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
