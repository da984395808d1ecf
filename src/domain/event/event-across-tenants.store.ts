// Lists the events of several tenants.
import { type RawBuilder, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import {
  type CountBudget,
  countIndexed,
  type IndexedList,
  type IndexFilter,
  listIndexed,
} from '#database/indexed-list.ts'
import { mergeSorted, pageOfSorted, type SortedList } from '#database/merge-sorted.ts'
import type { EventTable } from '#database/tables/log.ts'
import { newestTokenBounds, type TokenEventFilter, tokenEventsBefore } from '#database/token-log/links.ts'
import { Failure } from '#kernel/error.ts'
import { floorId } from '#kernel/id.ts'
import type { Page } from '#kernel/page.ts'
import type { Reach } from '../actor.ts'
import { type Event, type EventQuery, TOKEN_ISSUED } from './event.ts'
import { actorsIn, type LogFilter, logFilterOf, WITHOUT_TOKENS } from './event-filter.store.ts'
import { headOf, SEQ_END, SKEW, type Span, toEvent } from './event-row.store.ts'
import { countEventsOfTenants, loggedTenants, namesIn } from './event-tenant.store.ts'

// The log of each tenant is read through its own indexes, and the newest events of all are merged. A log is not read
// before its newest event can be on the page. The costs of filters, counts and pages are bounded, for any number of
// events.

/** The maximum number of events up to the end of a page. */
const DEPTH_MAX = 100_000
/** The maximum numbers of events that are counted, and that are read to count them. */
const COUNT_MAX = 10_000
const SCANNED_MAX = 50_000
/** The cost of counting an empty log, in events. */
const LOG_COST = 10
/** How many tenants one query asks for their newest events. */
const CHUNK = 500
/** How many events are read at once, of a single log and of one among others. */
const ROWS_AT_ONCE = 1000
const CHUNK_SIZE = 50
// Greater than every id, and less than every id.
const LAST_ID = 'g'
const FIRST_ID = ''

export type EventsAcrossTenants = ReturnType<typeof eventsAcrossTenants>

/** The event logs of all tenants, limited to a reach. */
export function eventsAcrossTenants(connection: Connection) {
  return {
    /** The e-mail addresses of the actors and the partners of the tenants of events. */
    namesIn: (reach: Reach, events: readonly Event[]) => namesIn(connection, reach, events),

    /**
     * One page of events by its offset, newest first, and their number. It has issued tokens only if their type is in the filter.
     * @param homeTenantId the tenant whose administrators can act in every tenant
     * @throws Failure `invalid_request` for a page too far back
     */
    async list(reach: Reach, query: EventQuery, homeTenantId: string): Promise<Page<Event>> {
      const { offset: skip = 0, limit, cursor: _, tenantId, partnerId, ...filters } = query
      if (skip + limit > DEPTH_MAX) {
        throw new Failure('invalid_request', `Pages lead ${DEPTH_MAX} events back; bound the time to go further.`)
      }
      const tenants = await loggedTenants(connection, reach, { tenantId, partnerId })
      const actors = await actorsIn(connection, filters, [...tenants, homeTenantId])
      const filter = logFilterOf(filters, { actors, tokensByDefault: false })
      if (filter === undefined) return { data: [], nextCursor: null, count: { value: 0 } }
      if (filter.tokens) await connection.placeTokens?.(tenants)
      const lists = await sortedListsOf(connection, filter, tenants, skip + limit)
      const rows = await pageOfSorted(
        mergeSorted(lists, ({ id }) => id),
        skip,
        limit,
      )
      const data = rows.map(toEvent)
      if (data.length > 0 && data.length < limit)
        return { data, nextCursor: null, count: { value: skip + data.length } }
      if (Object.values(filters).every((value) => value === undefined)) {
        return { data, nextCursor: null, count: { value: await countEventsOfTenants(connection, tenants) } }
      }
      const budget: CountBudget = { rows: COUNT_MAX, rowsRead: SCANNED_MAX }
      let total = 0
      for (const list of lists) {
        if (budget.rows < 0 || budget.rowsRead < 0) break
        total += await list.count(budget)
        budget.rowsRead -= LOG_COST
      }
      const isBound = budget.rows < 0 || budget.rowsRead < 0
      const value = Math.max(total, skip + data.length)
      return { data, nextCursor: null, count: { value, ...(isBound && { isBound }) } }
    },
  }
}

/** The log of one tenant as a part of the list, and the number of its events that pass the filter. */
interface Log extends SortedList<EventTable> {
  readonly count: (budget: CountBudget) => Promise<number>
}

/** The logs that can have events for the list. */
async function sortedListsOf(
  connection: Connection,
  filter: LogFilter,
  tenants: readonly string[],
  most: number,
): Promise<Log[]> {
  const [first] = tenants
  if (tenants.length === 1 && first !== undefined)
    return [logOf(connection, filter, first, LAST_ID, Math.min(most, ROWS_AT_ONCE))]
  const newest = await newestIds(connection, filter, tenants)
  const oldest = filter.since === undefined ? FIRST_ID : floorId(filter.since - SKEW)
  return tenants.flatMap((tenantId) => {
    const bound = newest.get(tenantId)
    return bound === undefined || bound < oldest ? [] : [logOf(connection, filter, tenantId, bound, CHUNK_SIZE)]
  })
}

function logOf(connection: Connection, filter: LogFilter, tenantId: string, bound: string, limit: number): Log {
  const byChain = filter.indexFilters.length > 0
  let span: Promise<IndexedList<number>> | undefined
  const chain = () => {
    span ??= (async () => {
      const found = await spanOf(connection, tenantId, filter)
      // What is chained while tokens and events are read would be among only one of them.
      const end = filter.tokens ? (await headOf(connection, tenantId)).seq + 1 : SEQ_END
      return { ...shared, from: found.from, before: Math.min(found.before, end), position: 'seq' }
    })()
    return span
  }
  const shared = {
    table: 'event',
    tenantId,
    indexFilters: filter.indexFilters,
    residualFilters: filter.residualFilters,
    limit,
  }
  const times: IndexedList<string> = {
    ...shared,
    position: 'id',
    from: filter.since === undefined ? FIRST_ID : floorId(filter.since - SKEW),
    before: filter.until === undefined ? LAST_ID : floorId(filter.until + SKEW),
    excludes: WITHOUT_TOKENS,
  }
  return {
    bound,
    read: async (after) => {
      if (!byChain) return listIndexed<EventTable, string>(connection, { ...times, ...(after && { before: after.id }) })
      const list = { ...(await chain()), ...(after && { before: after.seq }) }
      const [events, tokens] = await Promise.all([
        listIndexed<EventTable, number>(connection, list),
        filter.tokens ? tokenEventsBefore(connection, tenantId, { ...list, filter: filter.tokens }) : [],
      ])
      return [...events, ...tokens].sort((left, right) => right.seq - left.seq).slice(0, limit)
    },
    count: async (budget) => {
      if (!byChain) return countIndexed(connection, times, budget)
      const counted = await countIndexed(connection, await chain(), budget)
      return (
        counted + (filter.tokens ? await countTokens(connection, tenantId, filter.tokens, await chain(), budget) : 0)
      )
    },
  }
}

/** The number of issued tokens that pass the filter, or the number found until the budget is spent. */
async function countTokens(
  connection: Connection,
  tenantId: string,
  filter: TokenEventFilter,
  { from, before }: Span,
  budget: CountBudget,
): Promise<number> {
  const onRead = (rows: number) => {
    budget.rowsRead -= rows
    return budget.rowsRead >= 0
  }
  const query = { filter, from, before, limit: Math.max(0, budget.rows) + 1, onRead }
  const { length } = await tokenEventsBefore(connection, tenantId, query)
  budget.rows -= length
  return length
}

/** The id of the newest event of each tenant that passes the first filter with an index. */
async function newestIds(
  connection: Connection,
  filter: LogFilter,
  tenants: readonly string[],
): Promise<Map<string, string>> {
  const { kysely } = connection
  const [lead] = filter.indexFilters
  const newestByTenant = new Map<string, string>()
  for (let start = 0; start < tenants.length; start += CHUNK) {
    const chunk = tenants.slice(start, start + CHUNK)
    const probes = lead ? lead.values.map((value) => newestByChain(lead, value, filter)) : [newestByTime(filter)]
    const columns = probes.map((probe, index) => sql`(${probe}) as ${sql.ref(`newest_${index}`)}`)
    const { rows } = await sql<Record<string, string | null>>`
      select head.tenant_id, ${sql.join(columns)} from event_head as head where head.tenant_id in (${sql.join(chunk)})
    `.execute(kysely)
    for (const { tenant_id: tenantId, ...ids } of rows) {
      const newest = Object.values(ids).reduce((left, right) => ((left ?? '') > (right ?? '') ? left : right), null)
      if (newest !== null && tenantId) newestByTenant.set(tenantId, newest)
    }
    if (filter.tokens) await addNewestTokens(connection, chunk, filter, newestByTenant)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return newestByTenant
}

/** Raises the bound of each tenant whose newest token is newer than its newest event. */
async function addNewestTokens(
  connection: Connection,
  tenants: readonly string[],
  { until }: LogFilter,
  found: Map<string, string>,
): Promise<void> {
  const end = until === undefined ? LAST_ID : floorId(until + SKEW)
  for (const [tenantId, bound] of await newestTokenBounds(connection, tenants)) {
    const newest = bound < end ? bound : end
    if (newest > (found.get(tenantId) ?? '')) found.set(tenantId, newest)
  }
}

function newestByTime({ until }: LogFilter): RawBuilder<unknown> {
  return sql`select event.id from event where event.tenant_id = head.tenant_id
    and event.type <> ${sql.lit(TOKEN_ISSUED)} and event.id < ${until === undefined ? LAST_ID : floorId(until + SKEW)}
    order by event.id desc limit 1`
}

function newestByChain(
  { column, literal, excludes }: IndexFilter,
  value: string,
  filter: LogFilter,
): RawBuilder<unknown> {
  const partial = excludes === undefined ? sql`` : sql`and ${sql.ref(excludes.column)} <> ${sql.lit(excludes.value)}`
  return sql`select event.id from event where event.tenant_id = head.tenant_id
    and ${sql.ref(`event.${column}`)} = ${literal ? sql.lit(value) : value} ${partial}
    and event.seq < ${endOf(sql`head.tenant_id`, filter)} order by event.seq desc limit 1`
}

/** The range of a tenant’s chain that contains the events of a period, and some events more at both ends. */
async function spanOf({ kysely }: Connection, tenantId: string, filter: LogFilter): Promise<Span> {
  if (filter.since === undefined && filter.until === undefined) return { from: 1, before: SEQ_END }
  const tenant = sql`${tenantId}`
  const { rows } =
    await sql<Span>`select ${beginOf(tenant, filter)} as "from", ${endOf(tenant, filter)} as "before"`.execute(kysely)
  return rows[0] ?? { from: 1, before: SEQ_END }
}

// The ids of events are in the order of time: the last event before the period, and the first one after it.
function beginOf(tenant: RawBuilder<unknown>, { since }: LogFilter): RawBuilder<unknown> {
  if (since === undefined) return sql.lit(1)
  return sql`coalesce((select earlier.seq from event as earlier where earlier.tenant_id = ${tenant}
    and earlier.type <> ${sql.lit(TOKEN_ISSUED)} and earlier.id < ${floorId(since - SKEW)}
    order by earlier.id desc limit 1), 1)`
}

function endOf(tenant: RawBuilder<unknown>, { until }: LogFilter): RawBuilder<unknown> {
  if (until === undefined) return sql.lit(SEQ_END)
  return sql`coalesce((select later.seq from event as later where later.tenant_id = ${tenant}
    and later.type <> ${sql.lit(TOKEN_ISSUED)} and later.id >= ${floorId(until + SKEW)}
    order by later.id limit 1), ${sql.lit(SEQ_END)})`
}
