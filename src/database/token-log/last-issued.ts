// Says when clients got their newest tokens.
import { sql } from 'kysely'
import type { Connection } from '../database.ts'
import type { TokenPartitionTable } from '../tables/tokens.ts'
import { timeOfId } from './bytes.ts'
import { periodPartitions, recentPartitions } from './partitions.ts'
import { previousLastIssued } from './previous/previous-log.ts'

/** How many partitions are asked at once. */
const PARTITIONS = 16

/** When each of some clients got its newest token, milliseconds since 1970; clients without any are left out. */
export async function lastIssued(
  connection: Connection,
  clientIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (clientIds.length === 0) return new Map()
  const lastIssued = new Map(await previousLastIssued(connection, clientIds))
  const newest = connection.remote
    ? await newestIn(connection, clientIds, [0])
    : await newestInPartitions(connection, clientIds)
  for (const [clientId, id] of newest) {
    const delay = await delayOf(connection, id)
    lastIssued.set(clientId, timeOfId(id) + delay)
  }
  return lastIssued
}

/** From the partition with the newest token on, until a client's newest token is newer than all of the next one. */
async function newestInPartitions(
  connection: Connection,
  clientIds: readonly string[],
): Promise<Map<string, Uint8Array>> {
  const newest = new Map<string, Uint8Array>()
  // Tokens are moved from recent partitions to those of periods, so the recent ones are read first.
  for (const partitions of [await recentPartitions(connection), await periodPartitions(connection)]) {
    for (let start = 0; start < partitions.length; start += PARTITIONS) {
      const next = partitions.slice(start, start + PARTITIONS)
      const open = clientIds.filter((clientId) => mayHaveNewer(next[0], newest.get(clientId)))
      if (open.length === 0) break
      const parts = next.map(({ part }) => part)
      for (const [clientId, id] of await newestIn(connection, open, parts)) {
        if (Buffer.compare(id, newest.get(clientId) ?? new Uint8Array(0)) > 0) newest.set(clientId, id)
      }
    }
  }
  return newest
}

function mayHaveNewer(partition: TokenPartitionTable | undefined, id: Uint8Array | undefined): boolean {
  return partition !== undefined && (id === undefined || Buffer.compare(partition.newest, id) > 0)
}

async function newestIn(
  { kysely, remote }: Connection,
  clientIds: readonly string[],
  parts: readonly number[],
): Promise<Map<string, Uint8Array>> {
  // PostgreSQL has no max() of bytes.
  const newest = remote
    ? sql`select token.id from issued_token as token where token.part = part.value and token.profile = profile.id
        order by token.id desc limit 1`
    : sql`select max(token.id) from issued_token as token where token.part = part.value and token.profile = profile.id`
  const values = sql.join(
    parts.map((part) => sql`(${sql.lit(part)})`),
    sql`, `,
  )
  const { rows } = await sql<{ client_id: string; id: Uint8Array | null }>`
    with part (value) as (values ${values})
    select profile.client_id, (${newest}) as id from token_profile as profile cross join part
    where profile.client_id in (${sql.join(clientIds)})`.execute(kysely)
  const byClient = new Map<string, Uint8Array>()
  for (const { client_id: clientId, id } of rows) {
    if (id !== null && Buffer.compare(id, byClient.get(clientId) ?? new Uint8Array(0)) > 0) byClient.set(clientId, id)
  }
  return byClient
}

async function delayOf({ kysely }: Connection, id: Uint8Array): Promise<number> {
  const row = await kysely.selectFrom('issued_token').select('delay').where('id', '=', id).executeTakeFirst()
  return row?.delay ?? 0
}
