// Lists of issuances, over the blocks that they lie in.
import { type RawBuilder, type Selectable, sql } from 'kysely'
import { recentBlocks, SETTLED } from '#database/blocks.ts'
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

/** What a query asks of one block, or of some audiences in it, and the newest id that it could find there. */
interface Part {
  readonly newest: string
  readonly list: NarrowList<string>
}

// Bounds of every id.
const LEAST = ''
const BEYOND = 'g'

/** How many audiences one statement reads: a database takes so many parts at once. */
const MOST_AUDIENCES = 100
/** How many blocks one statement looks into, before everybody else has a turn. */
const MOST_BLOCKS = 256

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
  let found: IssuanceRow[] = []
  const add = async ({ list }: Part) => {
    found = newestOf([...found, ...(await listNarrowly<IssuanceRow, string>(connection, list))], most)
  }
  for (const part of await recentParts(connection, tenantId, query)) {
    const last = found[most - 1]
    if (last !== undefined && last.id > part.newest) break
    await add(part)
  }
  for (const part of await partsOf(connection, tenantId, query, [SETTLED])) await add(part)
  return found
}

/** A row may be there twice: it was read in its block, moved, and read again where it went. */
function newestOf(rows: readonly IssuanceRow[], most: number): IssuanceRow[] {
  const distinct = new Map(rows.map((row) => [row.id, row]))
  return [...distinct.values()].sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, most)
}

/** The recent blocks that have something for a query, that with the newest first. */
async function recentParts(connection: Connection, tenantId: string, query: IssuanceQuery): Promise<Part[]> {
  const blocks = await recentBlocks(connection, 'issuance')
  const parts: Part[] = []
  for (let start = 0; start < blocks.length; start += MOST_BLOCKS) {
    if (start > 0) await new Promise((resolve) => setImmediate(resolve))
    parts.push(...(await partsOf(connection, tenantId, query, blocks.slice(start, start + MOST_BLOCKS))))
  }
  return parts.sort((one, other) => (one.newest < other.newest ? 1 : -1))
}

async function partsOf(
  connection: Connection,
  tenantId: string,
  query: IssuanceQuery,
  blocks: readonly number[],
): Promise<Part[]> {
  if (criteriaOf(query).length === 0) return partsByAudience(connection, tenantId, query, blocks)
  if (blocks[0] === SETTLED) return [{ newest: BEYOND, list: narrowList(tenantId, query, SETTLED) }]
  const { rows } = await heads(tenantId, query, blocks).execute(connection.kysely)
  return rows.map(({ block, newest }) => ({ newest, list: narrowList(tenantId, query, block) }))
}

/** What a realm issued is found by its audiences: it has no index of its own, which each token would be entered into. */
async function partsByAudience(
  { kysely }: Connection,
  tenantId: string,
  query: IssuanceQuery,
  blocks: readonly number[],
): Promise<Part[]> {
  const { rows } = await audiencesIn(tenantId, query, blocks).execute(kysely)
  const parts: Part[] = []
  for (const block of blocks) {
    const own = rows.filter((row) => row.block === block)
    for (let start = 0; start < own.length; start += MOST_AUDIENCES) {
      const some = own.slice(start, start + MOST_AUDIENCES)
      const newest = some.reduce((most, row) => (row.newest > most ? row.newest : most), LEAST)
      const audiences = some.map(({ audience }) => audience)
      parts.push({ newest, list: narrowList(tenantId, query, block, audiences) })
    }
  }
  return parts
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
 * What a query asks of one block, one row more than a page.
 * @param audiences that the realm issued for: what is read where nothing narrows the query
 */
export function narrowList(
  tenantId: string,
  query: IssuanceQuery,
  block: number,
  audiences: readonly string[] = [],
): NarrowList<string> {
  const { realmId } = query
  const criteria = criteriaOf(query)
  const realm: Criterion = { column: 'audience', values: audiences, beside: { realm_id: realmId } }
  return {
    table: 'issuance',
    tenantId,
    beside: { block },
    position: 'id',
    ...boundsOf(query),
    criteria: criteria.length > 0 ? criteria : [realm],
    sieves: criteria.length > 0 ? [['realm_id', '=', realmId]] : [],
    limit: query.limit + 1,
  }
}

/** Blocks that have rows of each criterion, with the newest id that could pass all of them. */
export function heads(
  tenantId: string,
  query: IssuanceQuery,
  blocks: readonly number[],
): RawBuilder<{ block: number; newest: string }> {
  const criteria = criteriaOf(query)
  const { from, before } = boundsOf(query)
  const head = ({ column, values, beside = {} }: Criterion) => {
    const equal = Object.entries({ ...beside, [column]: values[0] }).map(
      ([name, value]) => sql`${sql.ref(name)} = ${value}`,
    )
    return sql`(select id from issuance where block = asked.block and ${sql.join(equal, sql` and `)}
      and id between ${from} and ${before} and id <> ${before} and tenant_id = ${tenantId} order by id desc limit 1)`
  }
  // The least of one value is that value; min() of several is null where one is.
  const least = criteria.length === 1 ? sql.join(criteria.map(head)) : sql`min(${sql.join(criteria.map(head))})`
  // Materialized, lest each step be made twice: once to show it and once to compare it.
  return sql`with found (block, newest) as materialized (select block, ${least} from (${among(blocks)}) as asked)
    select block, newest from found where newest is not null`
}

/** The audiences that a realm issued tokens for in some blocks: one step in the index for each, and one to its newest. */
export function audiencesIn(
  tenantId: string,
  query: IssuanceQuery,
  blocks: readonly number[],
): RawBuilder<{ block: number; audience: string; newest: string }> {
  const { from, before } = boundsOf(query)
  const own = sql`tenant_id = ${tenantId} and realm_id = ${query.realmId}`
  return sql`
    with recursive seen (block, audience) as (
      select asked.block, (select min(audience) from issuance where issuance.block = asked.block and ${own})
      from (${among(blocks)}) as asked
      union all
      select seen.block,
        (select min(audience) from issuance where issuance.block = seen.block and ${own} and audience > seen.audience)
      from seen where seen.audience is not null
    ), found (block, audience, newest) as materialized (
      select seen.block, seen.audience, (
        select id from issuance where issuance.block = seen.block and ${own} and audience = seen.audience
          and id between ${from} and ${before} and id <> ${before} order by id desc limit 1
      ) from seen where seen.audience is not null
    )
    select block, audience, newest from found where newest is not null`
}

/** Some blocks as rows. Several there are in SQLite only. */
function among(blocks: readonly number[]): RawBuilder<unknown> {
  const [only, ...more] = blocks
  if (more.length === 0) return sql`select ${sql.lit(only)} as block`
  return sql`select value as block from json_each(${JSON.stringify(blocks)})`
}
