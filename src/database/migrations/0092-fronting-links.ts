// Makes the table of fronting links.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE_UNDELETED, VERSIONED } from './tables.ts'

const links = {
  id: 'text',
  tenant_id: 'text',
  source_id: 'text',
  target_id: 'text',
  scope_map: 'text',
  created_by: 'text',
  ...VERSIONED,
} as const

/** No resource is behind another one so far. */
export function frontingLinks(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('fronting_link', links, { references: { source_id: 'resource', target_id: 'resource' } })
      await definer.index('fronting_link', ['source_id', 'target_id'], UNIQUE_UNDELETED)
      await definer.index('fronting_link', ['target_id'])
      await definer.index('fronting_link', ['tenant_id', 'id'])
    },
  }
}
