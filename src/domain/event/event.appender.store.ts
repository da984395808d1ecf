// Writes events and tokens at the end of their tenants' chains. Called by the database once per batch, inside its
// transaction.
import type { Append, Appends, Connection, EventDraft, TokenBatch, TokenDraft } from '#database/database.ts'
import { insertRows, rowInsert } from '#database/insert-rows.ts'
import { prepared } from '#database/prepared.ts'
import type { EventHeadTable, EventTable } from '#database/tables/log.ts'
import type { TokenLinkTable, UnplacedLinkTable } from '#database/tables/tokens.ts'
import { insertLinks, type TokenGroup, tokenAppender } from '#database/token-log/token-appender.ts'
import { ForgedLinks, place, TAKEN_MAX, takeUnplaced } from '#database/token-log/unplaced.ts'
import { openWriters } from '#database/token-log/writers.ts'
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

/** The same, but none where another transaction holds it. */
const lockFreeHead = prepared<{ tenant_id: string }, EventHeadTable>('event_head_lock_free', (kysely, value) =>
  kysely
    .selectFrom('event_head')
    .select(['tenant_id', 'seq', 'hash', 'tokens'])
    .where('tenant_id', '=', value('tenant_id'))
    .forUpdate()
    .skipLocked(),
)

const moveHead = prepared<EventHeadTable, unknown>(
  'event_head_move',
  (kysely, value) =>
    kysely
      .updateTable('event_head')
      .set({ seq: value('seq'), hash: value('hash'), tokens: value('tokens') })
      .where('tenant_id', '=', value('tenant_id')) as never,
)

const EVENTS = rowInsert('event', {
  id: 'text',
  tenant_id: 'text',
  seq: 'bigint',
  type: 'text',
  occurred_at: 'bigint',
  actor_kind: 'text',
  actor_id: 'text',
  actor_label: 'text',
  subject_type: 'text',
  subject_id: 'text',
  subject_label: 'text',
  realm_id: 'text',
  result: 'text',
  ip: 'text',
  user_agent: 'text',
  request_id: 'text',
  surface: 'text',
  data: 'text',
  hash: 'text',
})

/** Forged links that a process reports, at most. */
const REPORTED_MAX = 100

interface ChainOptions {
  readonly mac: (text: string) => string
  readonly forged: ForgedLinks
  readonly onForged: (link: UnplacedLinkTable) => void
}

/** What one transaction appends to a tenant's chain. */
interface TenantAppends {
  readonly events: EventDraft[]
  readonly tokens: TokenDraft[]
  /** Whether tokens without a place get one. */
  isPlaced: boolean
}

/**
 * @param mac HMAC-SHA256 under the key of the event chain, so that who can write to the database but does not hold the
 *   master key cannot make a chain that verifies
 * @param report called once for each link that somebody else has put in
 * @returns what appends events and tokens to their tenants' chains, for one database
 */
export function chainAppender(mac: (text: string) => string, report: (error: Error) => void = () => {}): Append {
  const reported = new Set<string>()
  const forgedLinks = new ForgedLinks()
  const onForged = (link: UnplacedLinkTable) => {
    forgedLinks.add(link)
    const { tenant_id: tenantId, number } = link
    const name = `${tenantId} ${number}`
    if (reported.has(name) || reported.size >= REPORTED_MAX) return
    reported.add(name)
    report(new Error(`Tenant ${tenantId}: somebody put in a link of issued tokens. Verify its events.`))
  }
  const appendTokens = tokenAppender()
  const nextWriter = openWriters()
  return async (connection, appends, transaction) => {
    const tenants = byTenant(appends)
    const first = tenants.find(([, own]) => isAlone(own))?.[1].tokens[0]
    const writer = first && transaction && (await nextWriter(connection, transaction.server, first.issued_at))
    if (writer) transaction?.onRollBack(() => writer.rolledBack())
    const chained = await chainEvents(connection, tenants, {
      mac,
      forged: forgedLinks,
      onForged,
      hasWriter: writer !== undefined,
    })
    const { events, heads, groups, links, batches, left } = chained
    const tokens = groups.length > 0 ? await appendTokens(connection, groups, mac, writer) : undefined
    for (const { tenantId, seq, count, hash } of tokens?.batches ?? []) {
      const head = heads.get(tenantId)
      if (head) heads.set(tenantId, { ...head, seq, hash, tokens: head.tokens + count })
    }
    // None waits for another: where each statement is a round trip, they travel together.
    const sent = [
      ...[...heads.values()].map((head) => connection.run(moveHead, head)),
      tokens?.written,
      insertLinks(connection, links),
      insertRows(connection, EVENTS, events),
      countEvents(connection, appends.events),
    ]
    await Promise.allSettled(sent)
    await Promise.all(sent)
    const unplaced = [...left, ...groups.flatMap(({ tenantId, head }) => (head === undefined ? [tenantId] : []))]
    return {
      events,
      tokens: [...batches, ...(tokens?.batches ?? [])],
      unplaced,
      forged: tenants.flatMap(([tenantId]) => (forgedLinks.of(tenantId).length > 0 ? [tenantId] : [])),
      committed() {
        tokens?.committed()
        writer?.committed()
      },
    }
  }
}

/** What is written into the chains, and the ends of those that are locked. */
interface Chained {
  readonly events: EventTable[]
  readonly heads: Map<string, EventHeadTable>
  readonly groups: TokenGroup[]
  /** The links that had no place before. */
  readonly links: TokenLinkTable[]
  readonly batches: TokenBatch[]
  /** The tenants that may have links without a place yet. */
  readonly left: string[]
}

/** Whether a tenant's tokens are all that is written. */
function isAlone({ events, tokens, isPlaced }: TenantAppends): boolean {
  return tokens.length > 0 && events.length === 0 && !isPlaced
}

/**
 * Locks the head of each tenant's chain, and chains the links without a place and then the events.
 * @param hasWriter whether tokens alone get numbers of a writer, and take no lock
 */
async function chainEvents(
  connection: Connection,
  tenants: readonly [string, TenantAppends][],
  { hasWriter, ...options }: ChainOptions & { readonly hasWriter: boolean },
): Promise<Chained> {
  const { mac } = options
  const chained: Chained = { events: [], heads: new Map(), groups: [], links: [], batches: [], left: [] }
  for (const [tenantId, own] of tenants) {
    if (hasWriter && isAlone(own)) {
      chained.groups.push({ tenantId, drafts: own.tokens, head: undefined })
      continue
    }
    const end = await lockedEnd(connection, tenantId, own, options.forged)
    if (end === undefined) {
      chained.left.push(tenantId)
      continue
    }
    let { head } = end
    const { links, batches } = await place(connection, end.unplaced, head, options)
    if (end.unplaced.length === TAKEN_MAX && links.length > 0) chained.left.push(tenantId)
    for (const { seq, hash, count } of links) head = { ...head, seq, hash, tokens: head.tokens + count }
    chained.links.push(...links)
    chained.batches.push(...batches)
    for (const draft of own.events) {
      const row = chainedEvent(draft, head, mac)
      head = { ...head, seq: row.seq, hash: row.hash, tokens: head.tokens + (row.type === TOKEN_ISSUED ? 1 : 0) }
      chained.events.push(row)
    }
    if (own.tokens.length > 0) chained.groups.push({ tenantId, drafts: own.tokens, head })
    chained.heads.set(tenantId, head)
  }
  return chained
}

function chainedEvent(draft: EventDraft, head: EventHeadTable, mac: (text: string) => string): EventTable {
  const seq = head.seq + 1
  const row = { ...draft, id: numberedId(draft.id, seq), seq }
  return { ...row, hash: mac(chainText(head.hash, row)) }
}

// In the order of their ids, so that two processes which lock several heads cannot wait for each other.
function byTenant({ events, tokens, places = [] }: Appends): [string, TenantAppends][] {
  const groups = new Map<string, TenantAppends>()
  const groupOf = (tenantId: string): TenantAppends => {
    const known = groups.get(tenantId)
    if (known) return known
    const group: TenantAppends = { events: [], tokens: [], isPlaced: false }
    groups.set(tenantId, group)
    return group
  }
  for (const draft of events) groupOf(draft.tenant_id).events.push(draft)
  for (const draft of tokens) groupOf(draft.tenant_id).tokens.push(draft)
  for (const tenantId of places) groupOf(tenantId).isPlaced = true
  return groups.size === 1 ? [...groups] : [...groups].sort(([left], [right]) => (left < right ? -1 : 1))
}

/**
 * Locks the end of a tenant's chain, and takes the links that have no place; undefined where another transaction holds it and
 * nothing else is to be written, because that one places them, too.
 */
async function lockedEnd(
  connection: Connection,
  tenantId: string,
  own: TenantAppends,
  forged: ForgedLinks,
): Promise<{ head: EventHeadTable; unplaced: UnplacedLinkTable[] } | undefined> {
  if (connection.remote && own.events.length + own.tokens.length === 0) {
    const [free] = await connection.run(lockFreeHead, { tenant_id: tenantId })
    if (free) return { head: free, unplaced: await takeUnplaced(connection, tenantId, forged) }
    const { kysely } = connection
    const heads = kysely.selectFrom('event_head').select('seq').where('tenant_id', '=', tenantId)
    if (await heads.executeTakeFirst()) return undefined
  }
  // The second statement sees what was committed when the first one had the lock.
  const asked = [lockedHead(connection, tenantId), takeUnplaced(connection, tenantId, forged)] as const
  await Promise.allSettled(asked)
  const [head, unplaced] = await Promise.all(asked)
  return { head, unplaced }
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
