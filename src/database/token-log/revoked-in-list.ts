// Reads which tokens of a status list were revoked. Their ids begin with a time of the list's period, and go on with the
// list's random bits (listedId), so that no row says which list a token is in.
import { sql } from 'kysely'
import { STATUS_LIST_PERIOD } from '#kernel/status-list.ts'
import type { Connection } from '../database.ts'
import { floorIdBytes, idToBytes, timeOfId } from './bytes.ts'

/** Where the index begins in an id, and where the list's own bits do. */
const INDEX_AT = 13
const LIST_AT = 6

function conditionOf(list: string) {
  const id = idToBytes(list)
  const start = timeOfId(id)
  const own = id.subarray(LIST_AT, INDEX_AT)
  return sql`id >= ${floorIdBytes(start)} and id < ${floorIdBytes(start + STATUS_LIST_PERIOD)}
    and substr(id, ${sql.lit(LIST_AT + 1)}, ${sql.lit(INDEX_AT - LIST_AT)}) = ${own}`
}

/** How many tokens of a list were revoked. */
export async function countRevokedInList({ kysely }: Connection, list: string): Promise<number> {
  const query = sql<{ count: number | string }>`select count(*) as count from revoked_token where ${conditionOf(list)}`
  const { rows } = await query.execute(kysely)
  return Number(rows[0]?.count ?? 0)
}

/** The indexes of the tokens of a list that were revoked since a time, in milliseconds since 1970. */
export async function revokedInList({ kysely }: Connection, list: string, since: number): Promise<number[]> {
  const { rows } = await sql<{ id: Uint8Array }>`
    select id from revoked_token where ${conditionOf(list)} and revoked_at >= ${since}`.execute(kysely)
  return rows.map(({ id }) => ((id[INDEX_AT] ?? 0) << 16) | ((id[INDEX_AT + 1] ?? 0) << 8) | (id[INDEX_AT + 2] ?? 0))
}
