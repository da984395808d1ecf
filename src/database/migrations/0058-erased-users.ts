// Adds when the personal data of deleted users was erased.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Nobody was erased so far: the first purge finds those who were deleted long enough ago. */
export function erasedUsers(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('user', { erased_at: 'integer?' })
      await definer.index('user', ['deleted_at'], {
        where: ['deleted_at', 'is not', null],
        and: ['erased_at', 'is', null],
      })
      await definer.index('mail', ['about_id', 'id'], { where: ['about_id', 'is not', null] })
    },
  }
}
