// Adds what a client chooses for its authorization responses.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** The algorithm of signed authorization responses. */
export function responseModes(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).columns('client', { authorization_signed_response_alg: 'text?' })
    },
  }
}
