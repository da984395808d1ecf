// Adds the security profiles of clients.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** The profile of a client, and whether its tokens are bound to a key. */
export function clientProfiles(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('client', { profile: 'text?' })
      await definer.filledColumns('client', { dpop_bound_access_tokens: 0 })
    },
  }
}
