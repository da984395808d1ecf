// Adds the organization that a role belongs to.
import { type Kysely, type Migration, sql } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const REPLACED = ['role_realm_id_name_key', 'role_name_seen']

/** The roles that are there belong to no organization. Names differ among the roles of a realm, and of an organization. */
export function organizationRoles(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('role', { organization_id: 'text?' })
      for (const index of REPLACED) await kysely.schema.dropIndex(index).execute()
      const names = [
        ['role_name_key', sql`name_key`],
        ['role_name_seen', sql`coalesce(name_lookalike, name_key)`],
      ] as const
      for (const [index, key] of names) {
        await sql`create unique index ${sql.ref(index)} on role (realm_id, (coalesce(organization_id, '')), (${key}))
          where deleted_at is null`.execute(kysely)
      }
      await sql`create index role_of_realm on role (realm_id, id) where organization_id is null`.execute(kysely)
      await definer.index('role', ['organization_id', 'id'], { where: ['organization_id', 'is not', null] })
    },
  }
}
