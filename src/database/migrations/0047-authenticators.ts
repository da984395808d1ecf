// Adds the authenticators of users, and how many second factors a user has.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const columns = {
  id: 'text',
  tenant_id: 'text',
  user_id: 'text',
  kind: 'text',
  name: 'text',
  secret: 'text',
  counter: 'integer?',
  created_at: 'integer',
  last_used_at: 'integer?',
} as const

/** No user so far has one. */
export function authenticators(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('authenticator', columns, { references: { user_id: 'user' } })
      await definer.index('authenticator', ['user_id', 'id'])
      await definer.filledColumns('user', { second_factors: 0 })
    },
  }
}
