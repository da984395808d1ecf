// Partitions the indexes of issuances.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** The indexes of issuances begin with a block, so that tokens issued together share the pages of their entries. */
export function issuanceBlocks(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.filledColumns('issuance', { block: 0 })
      for (const columns of ['client_id_id', 'user_id_id', 'realm_id_audience_id']) {
        await kysely.schema.dropIndex(`issuance_${columns}`).execute()
      }
      await definer.table('issuance_block', { block: 'integer', newest: 'text' }, { key: ['block'] })
      await definer.index('issuance', ['block', 'client_id', 'id'])
      await definer.index('issuance', ['block', 'user_id', 'id'], { where: ['user_id', 'is not', null] })
      await definer.index('issuance', ['block', 'realm_id', 'audience', 'id'])
    },
  }
}
