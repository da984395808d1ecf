// Adds what clients that register themselves say about themselves.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Every client so far was made by an administrator. */
export function clientRegistration(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('client', { application_type: 'text?', about: 'text?' })
      await definer.filledColumns('client', { registered_by: 'administrator' })
    },
  }
}
