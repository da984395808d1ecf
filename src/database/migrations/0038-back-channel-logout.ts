// Makes the table of back-channel logout deliveries.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const columns = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  client_id: 'text',
  user_id: 'text',
  session_id: 'text',
  status: 'text',
  attempts: 'integer',
  response_status: 'integer?',
  error: 'text?',
  created_at: 'integer',
  attempted_at: 'integer?',
  next_attempt_at: 'integer?',
  settled_at: 'integer?',
} as const

/** Where clients are told of ended sessions, and what became of it. */
export function backChannelLogout(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('client', { backchannel_logout_uri: 'text?' })
      await definer.table('logout_delivery', columns, { references: { realm_id: 'realm' } })
      await definer.index('logout_delivery', ['realm_id', 'id'])
      await definer.index('logout_delivery', ['realm_id', 'status', 'id'])
      await definer.index('logout_delivery', ['client_id', 'id'])
      await definer.index('logout_delivery', ['next_attempt_at'], { where: ['next_attempt_at', 'is not', null] })
      await definer.index('logout_delivery', ['settled_at'], { where: ['settled_at', 'is not', null] })
    },
  }
}
