// Adds what numbered pages need to count events.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/**
 * Indexes that hold all that a count asks for, so that how many there are is told without reading a row: for lists in
 * numbered pages.
 */
export function countedPages(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.index('organization', ['tenant_id', 'directory_id', 'id'], { where: ['deleted_at', 'is', null] })
      // In the place of one that does all that it did, but count.
      await definer.index('webhook_delivery', ['tenant_id', 'webhook_id', 'id'])
      await kysely.schema.dropIndex('webhook_delivery_webhook_id_id').execute()
    },
  }
}
