// Adds the names of the subjects of events.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Events from before have no name of their subject. */
export function eventSubjects(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).columns('event', { subject_label: 'text?' })
    },
  }
}
