// Adds the browsers in which users are not asked for a second factor.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const columns = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  user_id: 'text',
  secret_hash: 'text',
  ip: 'text?',
  user_agent: 'text?',
  created_at: 'integer',
  last_used_at: 'integer?',
  expires_at: 'integer',
} as const

/** No browser so far is remembered. */
export function rememberedDevices(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('remembered_device', columns, { references: { user_id: 'user' } })
      await definer.index('remembered_device', ['user_id', 'id'])
      await definer.index('remembered_device', ['expires_at'])
    },
  }
}
