// Adds to which authorization servers clients can take identity assertions.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** No client can take any so far. */
export function identityAssertions(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).filledColumns('client', { identity_assertions: '[]' })
    },
  }
}
