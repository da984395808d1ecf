// Adds an administrator's partner to users.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Whose tenants an administrator of a partner administers. */
export function partnerAdministrators(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('user', { admin_partner_id: 'text?' })
    },
  }
}
