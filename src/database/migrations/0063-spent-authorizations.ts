// Finds the authorizations that no refresh token came from.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Those of before are in the index, too, so that the first purge finds them. */
export function spentAuthorizations(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.index('token_family', ['created_at', 'id'], { where: ['refreshed_at', 'is', null] })
    },
  }
}
