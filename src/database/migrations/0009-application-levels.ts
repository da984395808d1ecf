// Adds the level to applications.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** To whom an application is offered, what kind of program it is, and what its client may besides. */
export function applicationLevels(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.filledColumns('application', { level: 'tenant' })
      await definer.columns('application', { partner_id: 'text?', type: 'text?' })
      await definer.filledColumns('client', { allowed_origins: '[]', token_exchange_allowed: 0 })
      await definer.columns('client', { refresh_token_lifetime: 'integer?' })
    },
  }
}
