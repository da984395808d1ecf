// Adds which terms users accepted.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE } from './tables.ts'

const columns = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  user_id: 'text',
  version: 'text',
  accepted_at: 'integer',
} as const

/** Nobody accepted any terms so far. */
export function terms(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('terms_acceptance', columns, { references: { user_id: 'user' } })
      await definer.index('terms_acceptance', ['user_id', 'realm_id', 'version'], UNIQUE)
    },
  }
}
