// Adds which clients are a resource.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** No client is a resource so far. */
export function runtimeClients(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).filledColumns('resource', { runtime_clients: '[]' })
    },
  }
}
