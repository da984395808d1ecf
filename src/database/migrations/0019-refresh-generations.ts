// Keeps the generation of a refresh token in its family.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/**
 * Refresh tokens that say themselves which family and generation they are of, so that a family's row is all there is to
 * keep of them. Those that were given out before are good no more: who has one signs in again.
 */
export function refreshGenerations(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.filledColumns('token_family', { generation: 0 })
      await definer.columns('token_family', { refreshed_at: 'integer?', refresh_expires_at: 'integer?' })
      await definer.index('token_family', ['expires_at'])
      await kysely.schema.dropTable('refresh_token').execute()
    },
  }
}
