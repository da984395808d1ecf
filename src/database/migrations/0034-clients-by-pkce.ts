// Adds the index that finds the clients that need no PKCE.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** A realm has few such clients among many, and the doctor names them. */
export function clientsByPkce(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).index('client', ['realm_id', 'pkce_required', 'id'])
    },
  }
}
