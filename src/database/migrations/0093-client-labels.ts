// Adds the index by which a client of a name is found.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Without it, each new client whose name has to be new would read all others. */
export function clientLabels(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).index('client', ['realm_id', 'label'])
    },
  }
}
