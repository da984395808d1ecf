// Makes the table of backchannel authentications, and adds what clients say about them.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE } from './tables.ts'

const columns = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  client_id: 'text',
  user_id: 'text',
  request_hash: 'text',
  scopes: 'text',
  resources: 'text',
  details: 'text?',
  granted_scopes: 'text?',
  granted_details: 'text?',
  aal: 'integer',
  binding_message: 'text?',
  delivery_mode: 'text',
  notification: 'text?',
  ip: 'text?',
  user_agent: 'text?',
  poll_interval: 'integer',
  polled_at: 'integer?',
  status: 'text',
  session_id: 'text?',
  family_id: 'text?',
  created_at: 'integer',
  expires_at: 'integer',
  decided_at: 'integer?',
  consumed_at: 'integer?',
  attempts: 'integer',
  response_status: 'integer?',
  error: 'text?',
  attempted_at: 'integer?',
  next_attempt_at: 'integer?',
} as const

/** Clients that ask for a person's approval elsewhere (OpenID Connect CIBA). No client so far can. */
export function backchannelAuthentication(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.filledColumns('client', { backchannel_token_delivery_mode: 'poll' })
      await definer.columns('client', {
        backchannel_client_notification_endpoint: 'text?',
        backchannel_authentication_request_signing_alg: 'text?',
      })
      await definer.table('backchannel_authentication', columns, { references: { realm_id: 'realm' } })
      await definer.index('backchannel_authentication', ['request_hash'], UNIQUE)
      await definer.index('backchannel_authentication', ['realm_id', 'id'])
      await definer.index('backchannel_authentication', ['user_id', 'id'])
      await definer.index('backchannel_authentication', ['client_id', 'id'])
      await definer.index('backchannel_authentication', ['expires_at'])
      await definer.index('backchannel_authentication', ['next_attempt_at'], {
        where: ['next_attempt_at', 'is not', null],
      })
    },
  }
}
