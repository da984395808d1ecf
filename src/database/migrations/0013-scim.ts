// Adds what SCIM needs to users and groups.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const LIVING = { where: ['deleted_at', 'is', null] } as const

/**
 * What a directory elsewhere calls a user or a group, and what those that provision from it look for: by that name, by
 * when something changed, and those who are not active, of whom there are few.
 */
export function scim(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      for (const table of ['user', 'group']) {
        await definer.columns(table, { external_id: 'text?' })
        await definer.index(table, ['directory_id', 'external_id'], { where: ['external_id', 'is not', null] })
        await definer.index(table, ['directory_id', 'updated_at', 'id'], LIVING)
      }
      await definer.index('user', ['directory_id', 'status', 'id'], { where: ['status', '<>', 'active'] })
    },
  }
}
