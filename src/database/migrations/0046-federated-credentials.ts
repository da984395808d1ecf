// Adds the issuers whose JWTs stand for a client.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** No client so far has such an issuer. */
export function federatedCredentials(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).filledColumns('client', { federated_credentials: '[]' })
    },
  }
}
