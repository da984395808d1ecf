// Adds the counted refusals of clients.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE } from './tables.ts'

const columns = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  minute: 'integer',
  client_id: 'text',
  error: 'text',
  reason: 'text',
  network: 'text',
  count: 'integer',
} as const

/** Refusals of one minute, client, reason and network are one row. */
export function refusals(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('refusal', columns, { references: { realm_id: 'realm' } })
      await definer.index('refusal', ['realm_id', 'minute', 'client_id', 'error', 'reason', 'network'], UNIQUE)
      await definer.index('refusal', ['realm_id', 'id'])
      await definer.index('refusal', ['minute'])
    },
  }
}
