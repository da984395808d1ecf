// Makes the table of agents.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE } from './tables.ts'

/** What an agent is besides a client. */
export function agents(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      const columns = {
        id: 'text',
        tenant_id: 'text',
        realm_id: 'text',
        client_id: 'text',
        type: 'text',
        description: 'text?',
        allowed_tools: 'text?',
        rate_limit_rpm: 'integer?',
        owner_id: 'text?',
      } as const
      await definer.table('agent', columns, { references: { realm_id: 'realm' } })
      await definer.index('agent', ['client_id'], UNIQUE)
      await definer.index('agent', ['realm_id', 'id'])
    },
  }
}
