// Adds who has which value of the attributes that are unique in a directory.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const columns = { directory_id: 'text', name: 'text', digest: 'text', tenant_id: 'text', user_id: 'text' } as const

/** No realm so far declares attributes. */
export function profileAttributes(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      const key = ['directory_id', 'name', 'digest']
      await definer.table('unique_value', columns, { key, clustered: true, references: { user_id: 'user' } })
      await definer.index('unique_value', ['user_id'])
      await definer.columns('realm', { unique_attributes: 'text?' })
    },
  }
}
