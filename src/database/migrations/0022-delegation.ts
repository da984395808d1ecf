// Adds what delegated and bound tokens need.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Tokens know what they were exchanged for, refresh tokens their key, and a realm has keys of several algorithms. */
export function delegation(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('issuance', { parent_id: 'text?' })
      await definer.index('issuance', ['parent_id'], { where: ['parent_id', 'is not', null] })
      await definer.columns('token_family', { confirmation: 'text?' })
      await kysely.schema.dropIndex('signing_key_realm_id').execute()
      await definer.index('signing_key', ['realm_id', 'algorithm'], { unique: true, where: ['state', '=', 'active'] })
    },
  }
}
