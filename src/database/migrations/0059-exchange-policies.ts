// Adds who may exchange tokens, and how.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** No client may act without being named so far, and no resource lists who may exchange tokens for it. */
export function exchangePolicies(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.filledColumns('client', { impersonation_allowed: 0 })
      await definer.filledColumns('resource', { exchange_clients: '[]' })
    },
  }
}
