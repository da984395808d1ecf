// Adds the accounts of users at identity providers.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE } from './tables.ts'

const columns = {
  id: 'text',
  tenant_id: 'text',
  user_id: 'text',
  provider_id: 'text',
  issuer: 'text',
  subject: 'text',
  label: 'text?',
  created_at: 'integer',
  last_used_at: 'integer?',
} as const

/** No user so far has one. */
export function linkedAccounts(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      const references = { user_id: 'user', provider_id: 'identity_provider' }
      await definer.table('linked_account', columns, { references })
      await definer.index('linked_account', ['user_id', 'id'])
      await definer.index('linked_account', ['provider_id', 'issuer', 'subject'], UNIQUE)
    },
  }
}
