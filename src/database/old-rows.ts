// Counts and deletes rows by a time that they have, a bounded number at once.
import { sql } from 'kysely'
import type { Connection } from './database.ts'
import type { Schema } from './schema.ts'

/** Which rows of a table to take: those whose column has a time before another one. */
export interface OldRows {
  readonly table: keyof Schema
  /** An indexed column. */
  readonly column: string
  /** Only rows with one of these values in another column. */
  readonly only?: readonly [column: string, values: readonly string[]]
}

/** How many rows there are. @param before milliseconds since 1970 @param most counting stops there */
export async function countOldRows(
  { kysely }: Connection,
  rows: OldRows,
  before: number,
  most: number,
): Promise<number> {
  const { rows: counted } = await sql<{ count: number | string }>`
    select count(*) as count from (select 1 from ${sql.table(rows.table)} where ${conditions(rows, before)} limit ${most}) as old
  `.execute(kysely)
  return Number(counted[0]?.count ?? 0)
}

/**
 * Deletes the oldest rows of a span of time. The next step begins where this one ended: PostgreSQL keeps what was deleted in
 * its index for a while, and would look at it again each time.
 * @param span of the column, in milliseconds since 1970: from the first one until before the last one
 * @param limit about how many; rows of one time go together
 * @returns how many were deleted, and from where to go on; undefined if none is left
 */
export async function deleteOldRows(
  { kysely }: Connection,
  rows: OldRows,
  span: { readonly from: number; readonly before: number },
  limit: number,
): Promise<{ deleted: number; next: number | undefined }> {
  const column = sql.ref(rows.column)
  const { rows: oldest } = await sql<{ time: number | string }>`
    select ${column} as time from ${sql.table(rows.table)}
    where ${column} >= ${span.from} and ${conditions(rows, span.before)}
    order by ${column} limit 1 offset ${limit - 1}`.execute(kysely)
  const next = oldest[0] === undefined ? undefined : Number(oldest[0].time) + 1
  const { numAffectedRows } = await sql`
    delete from ${sql.table(rows.table)}
    where ${column} >= ${span.from} and ${conditions(rows, next ?? span.before)}`.execute(kysely)
  return { deleted: Number(numAffectedRows ?? 0), next }
}

function conditions({ column, only }: OldRows, before: number) {
  const old = sql`${sql.ref(column)} < ${before}`
  return only ? sql`${old} and ${sql.ref(only[0])} in (${sql.join(only[1])})` : old
}

/** How many bytes the database takes on the disk. */
export async function databaseBytes({ kysely, remote }: Connection): Promise<number> {
  const size = remote
    ? sql<{ bytes: number | string }>`select pg_database_size(current_database()) as bytes`
    : sql<{ bytes: number }>`select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`
  const { rows } = await size.execute(kysely)
  return Number(rows[0]?.bytes ?? 0)
}
