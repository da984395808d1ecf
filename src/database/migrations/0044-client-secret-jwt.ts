// Adds the encrypted secrets of clients that authenticate by client_secret_jwt.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** The secret of a client that makes HMACs with it. */
export function clientSecretJwt(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).columns('client', { sealed_secret: 'text?' })
    },
  }
}
