import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import type { Schema } from '../schema.ts'
import { Definer } from './tables.ts'

/** To whom an application is offered, what kind of program it is, and what its client may besides. */
export function applicationLevels(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('application', { level: 'text?', partner_id: 'text?', type: 'text?' })
      await definer.columns('client', {
        allowed_origins: 'text?',
        refresh_token_lifetime: 'integer?',
        token_exchange_allowed: 'integer?',
      })
      const tables = kysely as unknown as Kysely<Schema>
      await tables.updateTable('application').set({ level: 'tenant' }).execute()
      await tables.updateTable('client').set({ allowed_origins: '[]', token_exchange_allowed: 0 }).execute()
    },
  }
}
