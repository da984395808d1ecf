// Adds which clients must push their authorization requests.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** RFC 9126 §6. */
export function pushedRequests(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).filledColumns('client', { require_pushed_authorization_requests: 0 })
    },
  }
}
