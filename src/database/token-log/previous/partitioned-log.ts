// Tokens of earlier versions on SQLite, in the partitions that they were issued into.
import { type RawBuilder, sql } from 'kysely'
import type { Connection } from '../../database.ts'
import type { IndexFilter } from '../../indexed-list.ts'
import type { PreviousLog, TokenQuery } from '../token-log.ts'
import { idBoundsOf, indexFiltersOf, LEAST_ID, listCompacted, newestRows } from './compacted-list.ts'
import { everyPartition, partitionSets, type RecentPartition, recentPartitions } from './partitions.ts'
import { revocation, revocationOf, singleRows, type TokenRow, toRecord } from './token-rows.ts'

// How many recent partitions one statement reads: a few at first, for what is asked for may be in all of them, then
// twice as many each time, for it may be in none; and not so many that others wait. With several filters a partition may
// have to be read through.
const FIRST_PARTITIONS = 4
const PARTITIONS_MAX = 256
const FILTERED_PARTITIONS_MAX = 32

/** The tokens of one tenant. */
export function previousPartitionedLog(connection: Connection, tenantId: string): PreviousLog {
  return {
    ...singleRows(connection, tenantId),

    async list(query) {
      const recent = await listRecent(connection, tenantId, query)
      const compacted = await listCompacted(connection, tenantId, query)
      return newestRows([...recent, ...compacted], query.limit).map(toRecord)
    },

    async revokeWhere(which, now, oldest) {
      let revoked = 0
      for (const { condition, isRecent } of partitionSets()) {
        const update = revocation(connection, tenantId, now, oldest).where(condition)
        // A recent partition is read through: a step for each of many realms would be more.
        const narrowed = revocationOf(connection, tenantId, update, which, !isRecent)
        revoked += Number((await narrowed.executeTakeFirst()).numUpdatedRows)
      }
      return revoked
    },
  }
}

/** When each of some clients got its newest token, milliseconds since 1970; clients without any are left out. */
export async function previousLastIssuedPartitioned(
  { kysely }: Connection,
  clientIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await sql<{ client_id: string; issued_at: number }>`
    select asked.value as client_id, issued_at from json_each(${JSON.stringify(clientIds)}) as asked
    cross join issuance on issuance.id = (
      select max(newest) from (
        select (select max(id) from issuance where issuance.block = part.block and client_id = asked.value) as newest
        from (${everyPartition()}) as part
      ) as found
    )`.execute(kysely)
  return new Map(rows.map((row) => [row.client_id, row.issued_at]))
}

/** From the partition with the newest row on, until no further one can have a row that belongs on the page. */
async function listRecent(connection: Connection, tenantId: string, query: TokenQuery): Promise<TokenRow[]> {
  const { from } = idBoundsOf(query)
  const partitionsMax = indexFiltersOf(query).length > 1 ? FILTERED_PARTITIONS_MAX : PARTITIONS_MAX
  const seen = new Set<number>()
  let left = await recentPartitions(connection, FIRST_PARTITIONS)
  let tokens: TokenRow[] = []
  for (let size = FIRST_PARTITIONS; ; size = Math.min(2 * size, partitionsMax)) {
    const next = left[0]?.newest ?? LEAST_ID
    if (left.length === 0 || next < from || next < (tokens[query.limit]?.id ?? LEAST_ID)) return tokens
    const partitions = left.slice(0, size).map(({ block }) => block)
    const { rows } = await rowsInPartitions(tenantId, query, partitions).execute(connection.kysely)
    tokens = newestRows([...tokens, ...rows], query.limit)
    for (const block of partitions) seen.add(block)
    await new Promise((resolve) => setImmediate(resolve))
    left = size === FIRST_PARTITIONS ? (await recentPartitions(connection)).filter(notIn(seen)) : left.slice(size)
  }
}

function notIn(seen: ReadonlySet<number>): (partition: RecentPartition) => boolean {
  return ({ block }) => !seen.has(block)
}

/**
 * The newest rows of some recent partitions. Their ids are found in the index of the first filter, in partitions that
 * have some row for each of the other filters.
 */
export function rowsInPartitions(
  tenantId: string,
  query: TokenQuery,
  partitions: readonly number[],
): RawBuilder<TokenRow> {
  const { from, before } = idBoundsOf(query)
  const [lead, ...others] = indexFiltersOf(query)
  const realm = sql`realm_id = ${query.realmId}`
  const is = ({ column, values }: IndexFilter) => sql`${sql.ref(column)} = ${values[0]}`
  const indexed = (filter: IndexFilter) => (filter.column === 'audience' ? sql`${is(filter)} and ${realm}` : is(filter))
  const has = others.map(
    (other) => sql`exists (select 1 from issuance as other where other.block = asked.value and ${indexed(other)})`,
  )
  const whereClause = has.length === 0 ? sql`` : sql`where ${sql.join(has, sql` and `)}`
  // With a plus before it a column is compared only. A client belongs to one realm, a user may belong to several.
  const compared = others.map((other) => sql`+${is(other)}`)
  if (lead?.column === 'user_id') compared.push(sql`+${realm}`)
  return sql`
    select * from issuance where tenant_id = ${tenantId} and +${realm} and id in (
      select id from (select value as block from json_each(${JSON.stringify(partitions)}) as asked ${whereClause}) as some
      cross join issuance as one on one.block = some.block
      where ${sql.join([lead ? indexed(lead) : realm, ...compared], sql` and `)}
        and id between ${from} and ${before} and id <> ${before} order by id desc limit ${query.limit + 1}
    ) order by id desc`
}
