import { sql } from 'kysely'
import type { Database } from '#database/database.ts'
import { type NarrowList, sifted } from '#database/narrow-list.ts'

/**
 * How SQLite would answer a list through each of its indexes: which index it takes, and by what. Fails where a table
 * is read in any other way.
 */
export async function plansOf<Position extends string | number>(
  { read }: Database,
  list: NarrowList<Position>,
): Promise<string[]> {
  const leads = list.criteria.length > 0 ? list.criteria : [undefined]
  const plans: string[] = []
  for (const lead of leads) {
    const query = sql<{ detail: string }>`explain query plan ${sifted(list, lead, list.before)}`
    const { rows } = await query.execute(read.kysely)
    const reads = rows.map(({ detail }) => detail).filter((step) => /^(SEARCH|SCAN) (?!seen|part|\()/.test(step))
    const index = new RegExp(`^SEARCH ${list.table} USING INDEX `)
    for (const step of reads)
      if (!index.test(step)) throw new Error(`${step} in ${rows.map(({ detail }) => detail).join()}`)
    plans.push(reads.map((step) => step.replace(index, '')).join(', '))
  }
  return plans
}
