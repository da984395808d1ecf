// Reads and writes the permissions that realms know, and finds who has them.
import { type RawBuilder, sql } from 'kysely'
import { type Connection, longReadsOf } from '#database/database.ts'
import { decodeCursor, type Page, unknownCursor } from '#kernel/page.ts'
import type { RolePermissionView } from './role-permission.ts'

export type RolePermissionStore = ReturnType<typeof rolePermissionStore>

/** Which page of a list. */
interface Forward {
  readonly limit: number
  readonly cursor?: string | undefined
}

/** The permissions that one tenant's realms know. */
export function rolePermissionStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const known = (realmId: string) =>
    kysely.selectFrom('known_permission').where('tenant_id', '=', tenantId).where('realm_id', '=', realmId)
  return {
    /** Makes a permission known. @returns false if it is known */
    async insert(realmId: string, permission: string, now: number): Promise<boolean> {
      const rows = await kysely
        .insertInto('known_permission')
        .values({ tenant_id: tenantId, realm_id: realmId, permission, created_at: now })
        .onConflict((conflict) => conflict.doNothing())
        .returning('permission')
        .execute()
      return rows.length === 1
    },

    /** @returns whether it was known */
    async delete(realmId: string, permission: string): Promise<boolean> {
      const { numDeletedRows } = await kysely
        .deleteFrom('known_permission')
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('permission', '=', permission)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    async find(realmId: string, permission: string): Promise<RolePermissionView | undefined> {
      const row = await known(realmId).selectAll().where('permission', '=', permission).executeTakeFirst()
      return row && { permission: row.permission, createdAt: row.created_at }
    },

    /** One page of a realm’s permissions, in the order of their names. */
    async list(realmId: string, { limit, cursor }: Forward): Promise<Page<RolePermissionView>> {
      const rows = await known(realmId)
        .selectAll()
        .where('permission', '>', cursor === undefined ? '' : positionOf(cursor))
        .orderBy('permission')
        .limit(limit + 1)
        .execute()
      const data = rows.slice(0, limit).map((row) => ({ permission: row.permission, createdAt: row.created_at }))
      const last = rows.length > limit ? data.at(-1) : undefined
      return { data, nextCursor: last ? Buffer.from(last.permission).toString('base64url') : null }
    },

    /** The ids of the roles that have a permission, after one of them. */
    async rolesWith(realmId: string, permission: string, { limit, cursor }: Forward): Promise<string[]> {
      const rows = await kysely
        .selectFrom('role_permission')
        .innerJoin('role', 'role.id', 'role_permission.role_id')
        .select('role.id')
        .where('role.tenant_id', '=', tenantId)
        .where('role.realm_id', '=', realmId)
        .where('role.deleted_at', 'is', null)
        .where('role_permission.permission', '=', permission)
        .where('role.id', '>', cursor === undefined ? '' : decodeCursor(cursor))
        .orderBy('role.id')
        .limit(limit + 1)
        .execute()
      return rows.map(({ id }) => id)
    },

    /** The ids of the users who have a role with a permission, alone, by groups or in organizations, after one of them. */
    async usersWith(realmId: string, permission: string, { limit, cursor }: Forward): Promise<string[]> {
      const after = cursor === undefined ? '' : decodeCursor(cursor)
      const { rows } = await sql<{ id: string }>`${holders({ tenantId, realmId, permissions: [permission] })}
        select id from holding where id > ${after} order by id limit ${limit + 1}`.execute(longReadsOf(connection))
      return rows.map(({ id }) => id)
    },

    /** How many roles and users have each of some permissions; none for one that nobody has. */
    async countWith(realmId: string, permissions: readonly string[]): Promise<Map<string, Counts>> {
      if (permissions.length === 0) return new Map()
      const { rows } = await sql<{ permission: string } & Counts>`${holders({ tenantId, realmId, permissions })}
        select having_role.permission, count(*) as roles,
            (select count(*) from holding where holding.permission = having_role.permission) as users
          from having_role group by having_role.permission`.execute(longReadsOf(connection))
      return new Map(
        rows.map(({ permission, roles, users }) => [permission, { roles: Number(roles), users: Number(users) }]),
      )
    },
  }
}

interface Counts {
  readonly roles: number
  readonly users: number
}

interface Held {
  readonly tenantId: string
  readonly realmId: string
  readonly permissions: readonly string[]
}

/** `having_role`: the roles that have each of some permissions; `holding`: the users who have one of those roles. */
function holders({ tenantId, realmId, permissions }: Held): RawBuilder<unknown> {
  return sql`with recursive having_role(permission, id) as (
      select granted.permission, role.id from role join role_permission as granted on granted.role_id = role.id
        where granted.permission in (${sql.join([...permissions])}) and role.tenant_id = ${tenantId}
          and role.realm_id = ${realmId} and role.deleted_at is null
    ), subject(permission, id) as (
      select distinct having_role.permission, given.subject_id from having_role
        join role_assignment as given on given.role_id = having_role.id where given.tenant_id = ${tenantId}
    ), below(permission, id) as (
      select permission, id from subject
      union
      select below.permission, nesting.child_id from below join group_nesting as nesting on nesting.parent_id = below.id
        where nesting.tenant_id = ${tenantId}
    ), held(permission, id) as (
      select permission, id from subject
      union
      select below.permission, member.user_id from below join group_member as member on member.group_id = below.id
        where member.tenant_id = ${tenantId}
    ), holding(permission, id) as (
      select held.permission, person.id from held join "user" as person on person.id = held.id
        where person.tenant_id = ${tenantId} and person.deleted_at is null
    )`
}

/** The permission after which a page begins. @throws Failure `invalid_request` for another text */
function positionOf(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  if (/^[\w:*.-]{1,127}$/.test(text)) return text
  throw unknownCursor()
}
