import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Connection } from './database.ts'
import { prepared } from './prepared.ts'

// Where issuances have their index entries. An entry lies beside those of the same client or user, each on a page of its
// own, and SQLite writes whole pages: with ten thousand clients a batch of tokens writes as many pages as it has tokens.
// So the indexes begin with a block. What comes many at a time goes into a block small enough for all of a batch to share
// its pages; what comes a few at a time goes where it belongs, which is block 0; and in calm times the blocks are emptied
// into it. PostgreSQL has that one block only: many processes write at once, none of which sees what comes together.

/** The block of what lies where it belongs. */
export const SETTLED = 0

/** Rows that one batch must have for pages to be shared. */
const MANY = 8
/** Batches that a block takes: its entries then are on about a sixth as many pages as they came in rows. */
const BATCHES = 16
/** Blocks there are besides the settled one. What is rare may be looked for in each; when all are in use they grow. */
const BLOCKS = 1024

/** A block that is not the settled one, and the newest id that was put into it. */
export interface RecentBlock {
  readonly block: number
  readonly newest: string
}

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

const noteBlock = prepared<RecentBlock, unknown>(
  'issuance_block_note',
  (kysely, value) =>
    kysely
      .insertInto('issuance_block')
      .values({ block: value('block'), newest: value('newest') })
      .onConflict((conflict) =>
        conflict
          .column('block')
          .doUpdateSet((row) => ({ newest: row.ref('excluded.newest') }))
          .where((row) => row('excluded.newest', '>', row.ref('issuance_block.newest'))),
      ) as never,
)

/** Notes that rows are put into a recent block. */
export async function fillBlock(connection: Connection, block: RecentBlock): Promise<void> {
  await connection.run(noteBlock, block)
}

const newestBlocks = prepared<{ most: number }, RecentBlock>('issuance_block_newest', (kysely, value) =>
  kysely.selectFrom('issuance_block').select(['block', 'newest']).orderBy('newest', 'desc').limit(value('most')),
)

/**
 * The recent blocks, that with the newest row first.
 * @param most how many; all of them unless told
 */
export async function recentBlocks(connection: Connection, most = BLOCKS): Promise<RecentBlock[]> {
  return connection.remote ? [] : connection.run(newestBlocks, { most })
}

/** Some of the blocks. */
export interface BlockPart {
  /** That an issuance lies in one of them. */
  readonly condition: RawBuilder<SqlBool>
  /** They are the recent ones, in which there are fewer rows and more steps to each that an index leads to. */
  readonly isRecent: boolean
}

/** Parts that make up all blocks: what looks for issuances by an index is to be run once in each. */
export function eachBlock({ remote }: Connection): BlockPart[] {
  const settled = { condition: sql<SqlBool>`block = ${sql.lit(SETTLED)}`, isRecent: false }
  const recent = { condition: sql<SqlBool>`block in (select block from issuance_block)`, isRecent: true }
  return remote ? [settled] : [settled, recent]
}

/** All blocks, as a query to select from: the settled one and {@link recentBlocks}. */
export function everyBlock({ remote }: Connection): RawBuilder<{ block: number }> {
  const settled = sql<{ block: number }>`select ${sql.lit(SETTLED)} as block`
  return remote ? settled : sql`${settled} union all select block from issuance_block`
}

/**
 * Moves issuances of the oldest recent block to where they belong, those that go to the same pages together.
 * @param most rows to move
 * @returns how many were moved; 0 where nothing is left to move
 */
export async function settle(connection: Connection, most: number): Promise<number> {
  const { kysely } = connection
  for (const { block } of (await recentBlocks(connection)).reverse()) {
    const some = kysely.selectFrom('issuance').select('id').where('block', '=', block)
    const { numUpdatedRows } = await kysely
      .updateTable('issuance')
      .set({ block: SETTLED })
      .where('id', 'in', some.orderBy('client_id').orderBy('id').limit(most))
      .executeTakeFirst()
    const moved = Number(numUpdatedRows)
    if (moved < most) await kysely.deleteFrom('issuance_block').where('block', '=', block).execute()
    if (moved > 0) return moved
  }
  return 0
}
