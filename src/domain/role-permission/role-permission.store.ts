// Reads and writes the permissions that realms know, and finds who has them.
import { type RawBuilder, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { decodeCursor, type Page, unknownCursor } from '#kernel/page.ts'
import type { RolePermissionView } from './role-permission.ts'

export type RolePermissionStore = ReturnType<typeof rolePermissionStore>

/** Which page of a list. */
interface Forward {
  readonly limit: number
  readonly cursor?: string | undefined
}

/** The permissions that one tenant's realms know. */
export function rolePermissionStore({ kysely }: Connection, tenantId: string) {
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
      const { rows } = await sql<{ id: string }>`${holders({ tenantId, realmId, permission })}
        select id from holding where id > ${after} order by id limit ${limit + 1}`.execute(kysely)
      return rows.map(({ id }) => id)
    },

    /** How many roles and users have a permission. */
    async countWith(realmId: string, permission: string): Promise<{ roles: number; users: number }> {
      const { rows } = await sql<{ roles: number; users: number }>`${holders({ tenantId, realmId, permission })}
        select (select count(*) from having_role) as roles, (select count(*) from holding) as users`.execute(kysely)
      return { roles: Number(rows[0]?.roles ?? 0), users: Number(rows[0]?.users ?? 0) }
    },
  }
}

interface Held {
  readonly tenantId: string
  readonly realmId: string
  readonly permission: string
}

/** `having_role`: the roles that have a permission; `holding`: the users who have one of them. */
function holders({ tenantId, realmId, permission }: Held): RawBuilder<unknown> {
  return sql`with recursive having_role(id) as (
      select role.id from role join role_permission as granted on granted.role_id = role.id
        where granted.permission = ${permission} and role.tenant_id = ${tenantId} and role.realm_id = ${realmId}
          and role.deleted_at is null
    ), subject(id) as (
      select distinct given.subject_id from role_assignment as given
        where given.tenant_id = ${tenantId} and given.role_id in (select id from having_role)
    ), below(id) as (
      select id from subject
      union
      select nesting.child_id from group_nesting as nesting join below on nesting.parent_id = below.id
        where nesting.tenant_id = ${tenantId}
    ), holding(id) as (
      select person.id from "user" as person
        where person.tenant_id = ${tenantId} and person.deleted_at is null and (
          person.id in (select id from subject)
          or person.id in (select member.user_id from group_member as member
            where member.tenant_id = ${tenantId} and member.group_id in (select id from below)))
    )`
}

/** The permission after which a page begins. @throws Failure `invalid_request` for another text */
function positionOf(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  if (/^[\w:*.-]{1,127}$/.test(text)) return text
  throw unknownCursor()
}
