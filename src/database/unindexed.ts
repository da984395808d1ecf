import { type RawBuilder, sql } from 'kysely'

/**
 * A text column as an expression that no index is used for. A list with several filters goes by the index of the
 * narrowest one, and names the others so: without statistics SQLite would choose among the indexes by chance.
 */
export function unindexed(column: string): RawBuilder<string> {
  return sql<string>`coalesce(${sql.ref(column)}, '')`
}
