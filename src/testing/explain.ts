import { type Compilable, CompiledQuery } from 'kysely'
import type { Database } from '#database/database.ts'

/** How SQLite would answer a query: the steps of its plan. */
export async function explain({ read }: Database, query: Compilable): Promise<string[]> {
  const { sql, parameters } = query.compile()
  const asked = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters])
  const { rows } = await read.kysely.executeQuery<{ detail: string }>(asked as CompiledQuery<{ detail: string }>)
  return rows.map(({ detail }) => detail)
}
