// Says which partition of the indexes a token's entries go into on SQLite, and moves them to that of their period.
import { sql } from 'kysely'
import type { Connection } from '../database.ts'
import { prepared } from '../prepared.ts'
import type { TokenPartitionTable } from '../tables/tokens.ts'
import { floorIdBytes, timeOfId } from './bytes.ts'

// An index entry lies beside those of the same client or user, each on a page of its own, and SQLite writes whole pages:
// with ten thousand clients a batch of tokens writes as many pages as it has tokens. So the indexes begin with a
// partition. Many tokens at a time go into a recent partition, which is small enough for all of a batch to share its
// pages. A few tokens at a time go into the partition of their period, and in calm times the recent ones are emptied into
// that. What is purged is then at the beginning of each index. PostgreSQL has one partition: many processes write at once,
// and none sees what the others write together.

/** Milliseconds of a period. */
const PERIOD = 7 * 86_400_000
/** Recent partitions are numbered from 1 to this; those of periods follow. When all are in use they grow. */
export const RECENT_MAX = 1024
/** Rows that one batch must have for pages to be shared. */
const MANY = 8
/** Batches that a recent partition takes: its entries then are on about a sixth as many pages as it has rows. */
const BATCHES = 16

/** The only partition on PostgreSQL. */
export const WHOLE = 0

/** The partition of the period that a moment is in, milliseconds since 1970. */
function partitionOfPeriod(moment: number): TokenPartitionTable {
  const period = Math.floor(moment / PERIOD)
  return { part: RECENT_MAX + 1 + period, newest: floorIdBytes((period + 1) * PERIOD) }
}

/** Says which partition a batch goes into, by how many rows it has, their greatest id, and when it comes. */
export function partitionChooser(): (rows: number, newest: Uint8Array) => TokenPartitionTable {
  let recent = 0
  let batchesLeft = 0
  return (rows, newest) => {
    if (rows < MANY) return partitionOfPeriod(timeOfId(newest))
    if (batchesLeft === 0) {
      // Any that was not used recently would do; after a start it is not known which those are.
      recent = recent === 0 ? 1 + (timeOfId(newest) % RECENT_MAX) : 1 + (recent % RECENT_MAX)
      batchesLeft = BATCHES
    }
    batchesLeft -= 1
    return { part: recent, newest }
  }
}

const note = prepared<TokenPartitionTable, unknown>(
  'token_partition_note',
  (kysely, value) =>
    kysely
      .insertInto('token_partition')
      .values({ part: value('part'), newest: value('newest') })
      .onConflict((conflict) =>
        conflict
          .column('part')
          .doUpdateSet((row) => ({ newest: row.ref('excluded.newest') }))
          .where((row) => row('excluded.newest', '>', row.ref('token_partition.newest'))),
      ) as never,
)

/** Records that rows are put into a partition. */
export async function notePartition(connection: Connection, partition: TokenPartitionTable): Promise<void> {
  await connection.run(note, partition)
}

const recentOnes = prepared<{ limit: number }, TokenPartitionTable>('token_partition_recent', (kysely, value) =>
  kysely
    .selectFrom('token_partition')
    .selectAll()
    .where('part', '<=', sql.lit(RECENT_MAX))
    .orderBy('newest', 'desc')
    .limit(value('limit')),
)

/** The recent partitions, that with the newest row first. @param limit how many; all of them by default */
export function recentPartitions(connection: Connection, limit = RECENT_MAX): Promise<TokenPartitionTable[]> {
  return connection.run(recentOnes, { limit })
}

const periodOnes = prepared<object, TokenPartitionTable>('token_partition_period', (kysely) =>
  kysely.selectFrom('token_partition').selectAll().where('part', '>', sql.lit(RECENT_MAX)).orderBy('newest', 'desc'),
)

/** The partitions of periods, the newest first. */
export function periodPartitions(connection: Connection): Promise<TokenPartitionTable[]> {
  return connection.run(periodOnes, {})
}

/**
 * Moves tokens of the oldest recent partition to those of their periods, the ones that go to the same pages together.
 * @param limit rows to move
 * @returns how many were moved; 0 where nothing is left to move
 */
export async function compactPartitions(connection: Connection, limit: number): Promise<number> {
  const { kysely } = connection
  for (const { part } of (await recentPartitions(connection)).reverse()) {
    const rows = await kysely
      .selectFrom('issued_token')
      .select('id')
      .where('part', '=', part)
      .orderBy('profile')
      .orderBy('id')
      .limit(limit)
      .execute()
    for (const [target, ids] of byPeriod(rows)) {
      await notePartition(connection, partitionOfPeriod(target * PERIOD))
      const { part: period } = partitionOfPeriod(target * PERIOD)
      await kysely.updateTable('issued_token').set({ part: period }).where('id', 'in', ids).execute()
    }
    if (rows.length < limit) await kysely.deleteFrom('token_partition').where('part', '=', part).execute()
    if (rows.length > 0) return rows.length
  }
  return 0
}

function byPeriod(rows: readonly { id: Uint8Array }[]): [number, Uint8Array[]][] {
  const groups = Map.groupBy(rows, ({ id }) => Math.floor(timeOfId(id) / PERIOD))
  return [...groups].map(([period, group]) => [period, group.map(({ id }) => id)])
}
