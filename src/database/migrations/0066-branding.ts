// Adds the brandings of realms, organizations and clients, and the files of brandings.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const branding = {
  owner_id: 'text',
  kind: 'text',
  tenant_id: 'text',
  realm_id: 'text?',
  given: 'text',
  logo: 'text?',
  favicon: 'text?',
  font: 'text?',
  version: 'integer',
  updated_at: 'integer',
} as const

const file = {
  tenant_id: 'text',
  file: 'text',
  content: 'bytes',
  size: 'integer',
  created_at: 'integer',
  unused_since: 'integer?',
} as const

/** A tenant’s branding stays in its row, and what it has is shown as before. */
export function brandings(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('branding', branding, { key: ['owner_id'], references: { tenant_id: 'tenant' } })
      await definer.index('branding', ['tenant_id'])
      await definer.index('branding', ['realm_id'])
      await definer.table('branding_file', file, { key: ['tenant_id', 'file'], references: { tenant_id: 'tenant' } })
      await definer.index('branding_file', ['unused_since'], { where: ['unused_since', 'is not', null] })
    },
  }
}
