// Makes the table of the settings of text messages.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const settings = {
  realm_id: 'text',
  tenant_id: 'text',
  settings: 'text',
  secret: 'text?',
  authorization: 'text?',
  day: 'integer',
  sent: 'integer',
  version: 'integer',
  created_at: 'integer',
  updated_at: 'integer',
} as const

/** No realm sends text messages so far. */
export function smsSettings(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const ofRealm = { key: ['realm_id'], references: { realm_id: 'realm' } }
      await new Definer(kysely, dialect).table('sms_settings', settings, ofRealm)
    },
  }
}
