// Adds the profile to users.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Who a user is at work, and a name that is unique in the directory besides the address. Few users have one. */
export function userProfile(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('user', { username: 'text?', username_key: 'text?', profile: 'text?' })
      await definer.index('user', ['directory_id', 'username_key'], {
        unique: true,
        where: ['username_key', 'is not', null],
      })
    },
  }
}
