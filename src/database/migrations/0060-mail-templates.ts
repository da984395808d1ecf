// Makes the table of the templates of mails.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const columns = {
  realm_id: 'text',
  kind: 'text',
  language: 'text',
  tenant_id: 'text',
  content: 'text',
  version: 'integer',
  created_at: 'integer',
  updated_at: 'integer',
} as const

/** No realm so far has a template of its own. */
export function mailTemplates(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('mail_template', columns, {
        key: ['realm_id', 'kind', 'language'],
        references: { realm_id: 'realm' },
      })
      await definer.columns('mail', { template: 'text?' })
    },
  }
}
