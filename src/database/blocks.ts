import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Connection } from './database.ts'

// Where rows of a table that only grows have their index entries. An entry of a busy table lies beside those of the same
// client or user, each on a page of its own, and SQLite writes whole pages: with ten thousand clients a batch of tokens
// writes as many pages as it has tokens. So the indexes begin with a block. What comes many at a time goes into a block
// small enough for all of a batch to share its pages; what comes a few at a time goes where it belongs, which is block
// 0; and in calm times the blocks are emptied into it. PostgreSQL has that one block only: many processes write at once,
// none of which sees what comes together.

/** The block of what lies where it belongs. */
export const SETTLED = 0

/** Rows that one batch must have for pages to be shared. */
const MANY = 8
/** Batches that a block takes: its entries then are on about a sixth as many pages as they came in rows. */
const BATCHES = 16
/** Blocks there are besides the settled one. A list steps into each; when all are in use they grow. */
export const BLOCKS = 1024

/** Says which block a batch goes into, by how many rows it has and when it comes, in milliseconds since 1970. */
export function blockChooser(): (rows: number, now: number) => number {
  let block = SETTLED
  let room = 0
  return (rows, now) => {
    if (rows < MANY) return SETTLED
    if (room === 0) {
      // Any that was not used of late would do; after a start nobody remembers which those are.
      block = block === SETTLED ? 1 + (now % BLOCKS) : 1 + (block % BLOCKS)
      room = BATCHES
    }
    room -= 1
    return block
  }
}

/** The blocks of a table that have rows, but for the settled one: one step in an index for each. */
export async function recentBlocks({ kysely, remote }: Connection, table: string): Promise<number[]> {
  if (remote) return []
  const { rows } = await recent(table).execute(kysely)
  return rows.map(({ block }) => block)
}

/** Some of the blocks of a table. */
export interface BlockPart {
  /** That a row lies in one of them. */
  readonly condition: RawBuilder<SqlBool>
  /** They are the recent ones, in which there are fewer rows and more steps to each that an index leads to. */
  readonly isRecent: boolean
}

/** Parts that make up all blocks of a table: what looks for rows by an index is to be run once in each. */
export function eachBlock({ remote }: Connection, table: string): BlockPart[] {
  const settled = { condition: sql<SqlBool>`block = ${sql.lit(SETTLED)}`, isRecent: false }
  return remote ? [settled] : [settled, { condition: sql<SqlBool>`block in (${recent(table)})`, isRecent: true }]
}

/** All blocks of a table that have rows, as a query to select from: the settled one and {@link recentBlocks}. */
export function everyBlock({ remote }: Connection, table: string): RawBuilder<{ block: number }> {
  const settled = sql<{ block: number }>`select ${sql.lit(SETTLED)} as block`
  return remote ? settled : sql`${settled} union all select block from (${recent(table)})`
}

function recent(table: string): RawBuilder<{ block: number }> {
  const first = sql`select min(block) from ${sql.table(table)} where block >`
  return sql`with recursive recent (block) as (
      ${first} ${sql.lit(SETTLED)}
      union all
      select (${first} recent.block) from recent where recent.block is not null
    )
    select block from recent where block is not null`
}

/**
 * Moves rows of one recent block to where they belong, those that go to the same pages together.
 * @param by the column that an index has behind the block
 * @param most rows to move
 * @returns how many were moved; 0 where nothing is left to move
 */
export async function settle(
  connection: Connection,
  table: 'issuance',
  by: 'client_id',
  most: number,
): Promise<number> {
  const { kysely } = connection
  const [block] = await recentBlocks(connection, table)
  if (block === undefined) return 0
  const next = kysely.selectFrom(table).select('id').where('block', '=', block).orderBy(by).orderBy('id').limit(most)
  const { numUpdatedRows } = await kysely
    .updateTable(table)
    .set({ block: SETTLED })
    .where('id', 'in', next)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}
