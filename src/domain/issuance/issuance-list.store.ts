// Lists of issuances, over the blocks that they lie in.
import { type RawBuilder, type Selectable, sql } from 'kysely'
import { type RecentBlock, recentBlocks, SETTLED } from '#database/blocks.ts'
import type { Connection } from '#database/database.ts'
import { type Criterion, listNarrowly, type NarrowList } from '#database/narrow-list.ts'
import type { IssuanceTable } from '#database/tables/tokens.ts'
import { floorId } from '#kernel/id.ts'
import { decodeCursor } from '#kernel/page.ts'

export interface IssuanceQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly realmId: string
  readonly clientId?: string | undefined
  readonly userId?: string | undefined
  readonly audience?: string | undefined
  /** Milliseconds since 1970. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

export type IssuanceRow = Selectable<IssuanceTable>

// Bounds of every id.
const LEAST = ''
const BEYOND = 'g'

/** How many audiences one statement reads: a database takes so many parts at once. */
const MOST_AUDIENCES = 100

// How many recent blocks one statement reads: a few at first, for what is asked for may be in all of them, then twice as
// many each time, for it may be in none; and not so many that others wait. With several filters a block may have to be
// looked through.
const FIRST_BLOCKS = 4
const MOST_BLOCKS = 256
const MOST_SIFTED_BLOCKS = 32

/**
 * The rows that a query asks for, newest first, one more than a page.
 *
 * What settles meanwhile is found all the same: recent blocks are read before the settled one, and never the other way.
 */
export async function listIssuances(
  connection: Connection,
  tenantId: string,
  query: IssuanceQuery,
): Promise<IssuanceRow[]> {
  const most = query.limit + 1
  const recent = await recentRows(connection, tenantId, query)
  const settled: IssuanceRow[] = []
  for (const list of await settledLists(connection, tenantId, query)) {
    settled.push(...(await listNarrowly<IssuanceRow, string>(connection, list)))
  }
  return newestOf([...recent, ...settled], most)
}

/** A row may be there twice: it was read in its block, moved, and read again where it went. */
function newestOf(rows: readonly IssuanceRow[], most: number): IssuanceRow[] {
  const distinct = new Map(rows.map((row) => [row.id, row]))
  return [...distinct.values()].sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, most)
}

/** From the block with the newest row on, until no further one could have any that belongs on the page. */
async function recentRows(connection: Connection, tenantId: string, query: IssuanceQuery): Promise<IssuanceRow[]> {
  const { from } = boundsOf(query)
  const most = query.limit + 1
  const mostBlocks = criteriaOf(query).length > 1 ? MOST_SIFTED_BLOCKS : MOST_BLOCKS
  const seen = new Set<number>()
  let left = await recentBlocks(connection, FIRST_BLOCKS)
  let found: IssuanceRow[] = []
  for (let size = FIRST_BLOCKS; ; size = Math.min(2 * size, mostBlocks)) {
    const next = left[0]?.newest ?? LEAST
    if (left.length === 0 || next < from || next < (found[most - 1]?.id ?? LEAST)) return found
    const some = left.slice(0, size).map(({ block }) => block)
    const { rows } = await rowsIn(tenantId, query, some).execute(connection.kysely)
    found = newestOf([...found, ...rows], most)
    for (const block of some) seen.add(block)
    await new Promise((resolve) => setImmediate(resolve))
    // Only what was seen is left out: a block may have been filled anew meanwhile, and its older rows are still there.
    left = size === FIRST_BLOCKS ? (await recentBlocks(connection)).filter(unseen(seen)) : left.slice(size)
  }
}

function unseen(seen: ReadonlySet<number>): (one: RecentBlock) => boolean {
  return ({ block }) => !seen.has(block)
}

/** What a query asks of the settled block. A realm has no index of its own there, but one of its audiences. */
async function settledLists(
  { kysely }: Connection,
  tenantId: string,
  query: IssuanceQuery,
): Promise<NarrowList<string>[]> {
  if (criteriaOf(query).length > 0) return [narrowList(tenantId, query)]
  const { rows } = await settledAudiences(tenantId, query.realmId).execute(kysely)
  const lists: NarrowList<string>[] = []
  for (let start = 0; start < rows.length; start += MOST_AUDIENCES) {
    const some = rows.slice(start, start + MOST_AUDIENCES).map(({ audience }) => audience)
    lists.push(narrowList(tenantId, query, some))
  }
  return lists
}

function criteriaOf({ realmId, userId, clientId, audience }: IssuanceQuery): Criterion[] {
  const criteria: Criterion[] = []
  if (userId !== undefined) criteria.push({ column: 'user_id', values: [userId] })
  if (clientId !== undefined) criteria.push({ column: 'client_id', values: [clientId] })
  if (audience !== undefined) criteria.push({ column: 'audience', values: [audience], beside: { realm_id: realmId } })
  return criteria
}

function boundsOf(query: IssuanceQuery): { from: string; before: string } {
  const until = query.until === undefined ? BEYOND : floorId(query.until)
  const cursor = query.cursor === undefined ? BEYOND : decodeCursor(query.cursor)
  return {
    from: query.since === undefined ? LEAST : floorId(query.since),
    before: cursor < until ? cursor : until,
  }
}

/**
 * What a query asks of the settled block, one row more than a page.
 * @param audiences that the realm issued for: what is read where nothing narrows the query
 */
export function narrowList(
  tenantId: string,
  query: IssuanceQuery,
  audiences: readonly string[] = [],
): NarrowList<string> {
  const { realmId } = query
  const criteria = criteriaOf(query)
  const realm: Criterion = { column: 'audience', values: audiences, beside: { realm_id: realmId } }
  return {
    table: 'issuance',
    tenantId,
    beside: { block: SETTLED },
    position: 'id',
    ...boundsOf(query),
    criteria: criteria.length > 0 ? criteria : [realm],
    sieves: criteria.length > 0 ? [['realm_id', '=', realmId]] : [],
    limit: query.limit + 1,
  }
}

/**
 * The newest rows of some recent blocks. Their ids are found in the index of the first filter, of blocks that have
 * something for the others too. In SQLite only.
 */
export function rowsIn(tenantId: string, query: IssuanceQuery, blocks: readonly number[]): RawBuilder<IssuanceRow> {
  const { from, before } = boundsOf(query)
  const [lead, ...others] = criteriaOf(query)
  const realm = sql`realm_id = ${query.realmId}`
  const is = ({ column, values }: Criterion) => sql`${sql.ref(column)} = ${values[0]}`
  const sought = (criterion: Criterion) =>
    criterion.column === 'audience' ? sql`${is(criterion)} and ${realm}` : is(criterion)
  const has = others.map(
    (other) => sql`exists (select 1 from issuance as other where other.block = asked.value and ${sought(other)})`,
  )
  const where = has.length === 0 ? sql`` : sql`where ${sql.join(has, sql` and `)}`
  // With a plus before it a column is compared and not sought by. A client is of one realm, a user may be of several.
  const sifted = others.map((other) => sql`+${is(other)}`)
  if (lead?.column === 'user_id') sifted.push(sql`+${realm}`)
  return sql`
    select * from issuance where tenant_id = ${tenantId} and +${realm} and id in (
      select id from (select value as block from json_each(${JSON.stringify(blocks)}) as asked ${where}) as some
      cross join issuance as one on one.block = some.block
      where ${sql.join([lead ? sought(lead) : realm, ...sifted], sql` and `)}
        and id between ${from} and ${before} and id <> ${before} order by id desc limit ${query.limit + 1}
    ) order by id desc`
}

/** The audiences that a realm issued tokens for, of those that settled: one step in the index for each. */
function settledAudiences(tenantId: string, realmId: string): RawBuilder<{ audience: string }> {
  const own = sql`from issuance where block = ${sql.lit(SETTLED)} and tenant_id = ${tenantId} and realm_id = ${realmId}`
  return sql`
    with recursive seen (audience) as (
      select min(audience) ${own}
      union all
      select (select min(audience) ${own} and audience > seen.audience) from seen where seen.audience is not null
    )
    select audience from seen where audience is not null`
}
