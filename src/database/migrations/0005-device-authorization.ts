// Makes the table of device authorizations.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE } from './tables.ts'

/** Devices that ask to be let in (RFC 8628), until they have their tokens or their time is over. */
export function deviceAuthorization(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('device_authorization', {
        id: 'text',
        tenant_id: 'text',
        realm_id: 'text',
        client_id: 'text',
        device_code_hash: 'text',
        user_code_hash: 'text',
        user_code: 'text',
        scopes: 'text',
        resources: 'text',
        ip: 'text?',
        user_agent: 'text?',
        poll_interval: 'integer',
        polled_at: 'integer?',
        status: 'text',
        user_id: 'text?',
        session_id: 'text?',
        family_id: 'text?',
        created_at: 'integer',
        expires_at: 'integer',
        decided_at: 'integer?',
        consumed_at: 'integer?',
      })
      await definer.index('device_authorization', ['device_code_hash'], UNIQUE)
      await definer.index('device_authorization', ['user_code_hash'], UNIQUE)
      await definer.index('device_authorization', ['realm_id', 'id'])
      await definer.index('device_authorization', ['expires_at'])
    },
  }
}
