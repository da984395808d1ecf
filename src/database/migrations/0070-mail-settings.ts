// Makes the tables of the settings of mails, and of how many were sent.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const settings = {
  realm_id: 'text',
  tenant_id: 'text',
  settings: 'text',
  smtp_password: 'text?',
  http_secret: 'text?',
  version: 'integer',
  created_at: 'integer',
  updated_at: 'integer',
} as const

const days = { realm_id: 'text', tenant_id: 'text', day: 'integer', sent: 'integer' } as const

/** Every realm so far sends by the mail server of the installation, without a limit. */
export function mailSettings(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      const ofRealm = { key: ['realm_id'], references: { realm_id: 'realm' } }
      await definer.table('mail_settings', settings, ofRealm)
      await definer.table('mail_day', days, ofRealm)
      await definer.columns('mail', { counted_on: 'integer?' })
      await definer.filledColumns('realm', { mail_sender: 'server' })
    },
  }
}
