// Inserts many rows the way that is quickest for a database.
import type { Insertable } from 'kysely'
import type { Connection } from './database.ts'
import type { Prepared } from './prepared.ts'
import type { Schema } from './schema.ts'

const ROWS_PER_STATEMENT = 500

/**
 * Inserts many rows: bound one by one to a prepared statement where the database is in this process, in statements of
 * many rows where it is not.
 * @param statement the prepared insert of one row of that table, with every column a value
 */
export async function insertRows<Table extends keyof Schema>(
  connection: Connection,
  table: Table,
  statement: Prepared<Insertable<Schema[Table]>, unknown>,
  rows: readonly Insertable<Schema[Table]>[],
): Promise<void> {
  if (!connection.remote || rows.length === 1) {
    for (const row of rows) await connection.run(statement, row)
    return
  }
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    await connection.kysely
      .insertInto(table)
      .values(rows.slice(start, start + ROWS_PER_STATEMENT) as never)
      .execute()
  }
}
