// Owns the query plans that tests assert on.
import { type Compilable, CompiledQuery, sql } from 'kysely'
import type { Database } from '#database/database.ts'
import { filteredWindow, type IndexedList } from '#database/indexed-list.ts'

/**
 * How SQLite would answer a list through each of its indexes: which index it takes, and by what. Fails where a table
 * is read in any other way.
 */
export async function plansOf<Position extends string | number>(
  { read }: Database,
  list: IndexedList<Position>,
): Promise<string[]> {
  const leads = list.indexFilters.length > 0 ? list.indexFilters : [undefined]
  const plans: string[] = []
  for (const lead of leads) {
    const query = sql<{ detail: string }>`explain query plan ${filteredWindow(list, lead, list.before)}`
    const { rows } = await query.execute(read.kysely)
    const reads = rows.map(({ detail }) => detail).filter((step) => /^(SEARCH|SCAN) (?!candidate|part|\()/.test(step))
    const index = new RegExp(`^SEARCH ${list.table} USING INDEX `)
    for (const step of reads)
      if (!index.test(step)) throw new Error(`${step} in ${rows.map(({ detail }) => detail).join()}`)
    plans.push(reads.map((step) => step.replace(index, '')).join(', '))
  }
  return plans
}

/** How a database would answer a query, in its own words; PostgreSQL where it would rather not read a whole table. */
export async function explain(database: Database, query: Compilable): Promise<string> {
  const { sql: text, parameters } = query.compile()
  const plan = (prefix: string) => CompiledQuery.raw(`${prefix} ${text}`, [...parameters])
  if (database.dialect === 'sqlite') {
    const { rows } = await database.read.kysely.executeQuery<{ detail: string }>(plan('explain query plan'))
    return rows.map((row) => row.detail).join('\n')
  }
  return database.write(async ({ kysely }) => {
    for (const way of ['seqscan', 'bitmapscan', 'sort']) await sql.raw(`set local enable_${way} = off`).execute(kysely)
    const { rows } = await kysely.executeQuery<Record<string, string>>(plan('explain'))
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  })
}
