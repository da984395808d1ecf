// Adds the scopes that grants leave to tokens, and the indexes by which old rows of the broker are purged.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Tokens from before have no scopes here; they are valid for a day at most. */
export function brokerLimits(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('delegated_token', { scopes: 'text?' })
      await definer.index('broker_issuance', ['issued_at'])
      await definer.index('connection', ['revoked_at'], { where: ['revoked_at', 'is not', null] })
    },
  }
}
