// Adds the rules by which identity providers give groups and roles, and what they gave.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** No provider has rules so far, and none gave anything. */
export function groupMappings(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.filledColumns('identity_provider', { group_mapping: '[]' })
      await definer.filledColumns('linked_account', { given: '[]' })
    },
  }
}
