// Adds the indexes for lists of people.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const LIVING = { where: ['deleted_at', 'is', null] } as const
/** Those who administer nothing. */
const PEOPLE = { ...LIVING, and: ['admin_role', 'is', null] } as const

const REPLACED = [
  'user_directory_id_id',
  'user_directory_id_name_key_id',
  'group_directory_id_id',
  'group_member_user_id_group_id',
]

/**
 * Indexes that hold all that a list of users or groups is narrowed by, so that pages far down are reached, and what a
 * search finds is counted, without reading a row: in one directory, and over all of them. Some are in the place of
 * narrower ones.
 */
export function peopleIndexes(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      for (const index of REPLACED) await kysely.schema.dropIndex(index).execute()
      await definer.index('user', ['directory_id', 'id', 'status', 'admin_role'], LIVING)
      await definer.index('user', ['directory_id', 'name_key', 'id', 'email_key', 'status'], LIVING)
      await definer.index('user', ['email_key', 'directory_id', 'id', 'status'], PEOPLE)
      await definer.index('user', ['name_key', 'directory_id', 'id', 'email_key', 'status'], PEOPLE)
      await definer.index('group', ['directory_id', 'id', 'group_type'], LIVING)
      await definer.index('group', ['name_key', 'directory_id', 'id', 'group_type'], LIVING)
      // Whose groups they are is asked with every permission.
      await definer.index('group_member', ['user_id', 'tenant_id', 'group_id'])
      // Those that lead to nothing any more are few, and what is in them is left out of lists over all tenants.
      await definer.index('realm', ['directory_id', 'kind'], { where: ['deleted_at', 'is not', null] })
    },
  }
}
