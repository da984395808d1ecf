// Makes the table of the permissions that a realm knows, with those that its roles have.
import { type Kysely, type Migration, sql } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** The permissions of the roles that are there are known. */
export function rolePermissions(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      const known = { tenant_id: 'text', realm_id: 'text', permission: 'text', created_at: 'integer' } as const
      const key = ['realm_id', 'permission']
      await definer.table('known_permission', known, { key, clustered: true, references: { realm_id: 'realm' } })
      await sql`insert into known_permission (tenant_id, realm_id, permission, created_at)
        select role.tenant_id, role.realm_id, granted.permission, min(role.created_at)
          from role join role_permission as granted on granted.role_id = role.id
          where role.deleted_at is null
          group by role.tenant_id, role.realm_id, granted.permission`.execute(kysely)
    },
  }
}
