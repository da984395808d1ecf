// Lists tokens of earlier versions through the indexes of the compacted partition. On PostgreSQL that holds all of them.
import { type RawBuilder, sql } from 'kysely'
import { floorId } from '#kernel/id.ts'
import { decodeCursor } from '#kernel/page.ts'
import type { Connection } from '../../database.ts'
import { type IndexedList, type IndexFilter, listIndexed } from '../../indexed-list.ts'
import type { TokenQuery } from '../token-log.ts'
import { COMPACTED } from './partitions.ts'
import type { TokenRow } from './token-rows.ts'

// Bounds of every id.
export const LEAST_ID = ''
const BEYOND_IDS = 'g'

/** How many audiences one statement reads: a database accepts a limited number of parts at once. */
const AUDIENCES_PER_STATEMENT = 100

/** The rows that a query asks for, newest first; each index contributes one more than a page. */
export async function listCompacted(connection: Connection, tenantId: string, query: TokenQuery): Promise<TokenRow[]> {
  const rows: TokenRow[] = []
  for (const list of await indexedLists(connection, tenantId, query)) {
    rows.push(...(await listIndexed<TokenRow, string>(connection, list)))
  }
  return rows
}

/** Distinct rows, newest first, one more than a page. A row that was moved while a list was read is read twice. */
export function newestRows(rows: readonly TokenRow[], limit: number): TokenRow[] {
  const distinct = new Map(rows.map((row) => [row.id, row]))
  return [...distinct.values()].sort((left, right) => (left.id < right.id ? 1 : -1)).slice(0, limit + 1)
}

// A realm has no index of its own, but one of its audiences.
async function indexedLists(
  { kysely }: Connection,
  tenantId: string,
  query: TokenQuery,
): Promise<IndexedList<string>[]> {
  if (indexFiltersOf(query).length > 0) return [compactedList(tenantId, query)]
  const { rows } = await audiencesOf(tenantId, query.realmId).execute(kysely)
  const lists: IndexedList<string>[] = []
  for (let start = 0; start < rows.length; start += AUDIENCES_PER_STATEMENT) {
    const audiences = rows.slice(start, start + AUDIENCES_PER_STATEMENT).map(({ audience }) => audience)
    lists.push(compactedList(tenantId, query, audiences))
  }
  return lists
}

/** The filters of a query that have an index, the narrowest first as a rule. */
export function indexFiltersOf({ realmId, userId, clientId, audience }: TokenQuery): IndexFilter[] {
  const filters: IndexFilter[] = []
  if (userId !== undefined) filters.push({ column: 'user_id', values: [userId] })
  if (clientId !== undefined) filters.push({ column: 'client_id', values: [clientId] })
  if (audience !== undefined) filters.push({ column: 'audience', values: [audience], equal: { realm_id: realmId } })
  return filters
}

/** The ids that a query leaves: the least, and an end. */
export function idBoundsOf(query: TokenQuery): { from: string; before: string } {
  const until = query.until === undefined ? BEYOND_IDS : floorId(query.until)
  const cursor = query.cursor === undefined ? BEYOND_IDS : decodeCursor(query.cursor)
  return {
    from: query.since === undefined ? LEAST_ID : floorId(query.since),
    before: cursor < until ? cursor : until,
  }
}

/**
 * What a query asks of the compacted partition, one row more than a page.
 * @param audiences that the realm issued tokens for: they are read where no filter narrows the query
 */
export function compactedList(
  tenantId: string,
  query: TokenQuery,
  audiences: readonly string[] = [],
): IndexedList<string> {
  const { realmId } = query
  const filters = indexFiltersOf(query)
  const realm: IndexFilter = { column: 'audience', values: audiences, equal: { realm_id: realmId } }
  return {
    table: 'issuance',
    tenantId,
    equal: { block: COMPACTED },
    position: 'id',
    ...idBoundsOf(query),
    indexFilters: filters.length > 0 ? filters : [realm],
    residualFilters: filters.length > 0 ? [['realm_id', '=', realmId]] : [],
    limit: query.limit + 1,
  }
}

/** The audiences that a realm issued tokens for: one step in the index for each. */
function audiencesOf(tenantId: string, realmId: string): RawBuilder<{ audience: string }> {
  const own = sql`from issuance
    where block = ${sql.lit(COMPACTED)} and tenant_id = ${tenantId} and realm_id = ${realmId}`
  return sql`
    with recursive seen (audience) as (
      select min(audience) ${own}
      union all
      select (select min(audience) ${own} and audience > seen.audience) from seen where seen.audience is not null
    )
    select audience from seen where audience is not null`
}
