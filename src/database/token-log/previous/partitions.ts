// The partitions of the indexes that tokens of earlier versions are in (the column `block`).
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Connection } from '../../database.ts'
import { prepared } from '../../prepared.ts'

/** The partition that the others were emptied into. */
export const COMPACTED = 0

/** Recent partitions at most. */
const PARTITIONS = 1024

/** A partition other than the compacted one, and the newest id in it. */
export interface RecentPartition {
  readonly block: number
  readonly newest: string
}

const newestPartitions = prepared<{ limit: number }, RecentPartition>('issuance_block_newest', (kysely, value) =>
  kysely.selectFrom('issuance_block').select(['block', 'newest']).orderBy('newest', 'desc').limit(value('limit')),
)

/**
 * The recent partitions, that with the newest row first.
 * @param limit how many; all of them by default
 */
export function recentPartitions(connection: Connection, limit = PARTITIONS): Promise<RecentPartition[]> {
  return connection.run(newestPartitions, { limit })
}

/** Some of the partitions. */
export interface PartitionSet {
  /** That a token is in one of them. */
  readonly condition: RawBuilder<SqlBool>
  /** They are the recent ones, which have fewer rows but take more steps through an index. */
  readonly isRecent: boolean
}

/** Sets that make up all partitions: what looks for tokens by an index is to be run once in each. */
export function partitionSets(): PartitionSet[] {
  return [
    { condition: sql<SqlBool>`block = ${sql.lit(COMPACTED)}`, isRecent: false },
    { condition: sql<SqlBool>`block in (select block from issuance_block)`, isRecent: true },
  ]
}

/** All partitions, as a query to select from: the compacted one and {@link recentPartitions}. */
export function everyPartition(): RawBuilder<{ block: number }> {
  return sql`select ${sql.lit(COMPACTED)} as block union all select block from issuance_block`
}
