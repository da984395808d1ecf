// Adds when people last approved the clients of metadata documents, so that unused ones can go.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Other clients have no such time, and the index leaves them out. */
export function clientUse(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('client', { last_used_at: 'integer?' })
      await definer.index('client', ['last_used_at'], { where: ['last_used_at', 'is not', null] })
    },
  }
}
