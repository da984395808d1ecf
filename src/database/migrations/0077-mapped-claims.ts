// Adds the claims that operators map for clients and resources.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** No token has mapped claims so far. */
export function mappedClaims(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.filledColumns('client', { mapped_claims: '[]' })
      await definer.filledColumns('resource', { mapped_claims: '[]' })
    },
  }
}
