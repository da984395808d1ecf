// Adds how clients that registered themselves are managed, and the tokens with which they may be registered.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE } from './tables.ts'

const columns = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  name: 'text',
  secret_hash: 'text',
  uses_left: 'integer?',
  created_at: 'integer',
  expires_at: 'integer?',
  revoked_at: 'integer?',
} as const

/** A client that nobody used until `unused_until` is deleted. */
export function dynamicClients(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('client', { registration_token_hash: 'text?', unused_until: 'integer?' })
      await definer.index('client', ['unused_until'], { where: ['unused_until', 'is not', null] })
      const counted = { where: ['registered_by', '=', 'dynamic'], and: ['deleted_at', 'is', null] } as const
      await definer.index('client', ['realm_id', 'registered_by'], counted)
      await definer.table('initial_access_token', columns, { references: { realm_id: 'realm' } })
      await definer.index('initial_access_token', ['secret_hash'], UNIQUE)
      await definer.index('initial_access_token', ['realm_id', 'id'])
    },
  }
}
