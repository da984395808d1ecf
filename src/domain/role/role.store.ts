// Reads and writes the roles of realms and their assignments.
import { sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { lookalike, nameKey } from '#kernel/identity-text.ts'
import { decodeCursor, type ListQuery, mapPage, type Page, toPage } from '#kernel/page.ts'
import { effectiveGroups } from '../group/group-closure.store.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { type Assignment, type Role, RoleFields } from './role.ts'
import { roleCheckStore } from './role-check.store.ts'

const roles = versionedRows(
  'role',
  RoleFields,
  ({ name }) => ({ name_key: nameKey(name), name_lookalike: lookalike(name, nameKey) }),
  'name',
)

export type RoleStore = ReturnType<typeof roleStore>

/** The roles of one tenant's realms, with their assignments. */
export function roleStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const notDeleted = (realmId: string) => roles.living(kysely, { tenant_id: tenantId, realm_id: realmId })
  return {
    ...roleCheckStore(connection, tenantId),
    ...assignmentStore(connection, tenantId),
    ...heldStore(connection, tenantId),

    /** @returns false if the name is in use in the realm or the organization */
    async insert(role: Role): Promise<boolean> {
      const inserted = await roles.insertIfFree(kysely, role)
      if (inserted) await insertPermissions(connection, role)
      return inserted
    },

    /** One page of the roles of an organization, or of those of a realm that belong to none, oldest first. */
    async list(realmId: string, organizationId: string | null, query: ListQuery): Promise<Page<Role>> {
      const all =
        organizationId === null
          ? notDeleted(realmId).where('organization_id', 'is', null)
          : notDeleted(realmId).where('organization_id', '=', organizationId)
      return mapPage(await readListPage(connection, all, query), RoleFields.fromRow)
    },

    find(realmId: string, id: string): Promise<Role | undefined> {
      return roles.find(kysely, { tenant_id: tenantId, realm_id: realmId }, id)
    },

    /** Finds a role and locks it until the write ends. */
    lock(realmId: string, id: string): Promise<Role | undefined> {
      return roles.lock(kysely, { tenant_id: tenantId, realm_id: realmId }, id)
    },

    /** Updates a role if it still has the version that was read. */
    async update(role: Role): Promise<UpdateOutcome> {
      const outcome = await roles.update(kysely, { tenant_id: tenantId }, role)
      if (outcome === 'updated') {
        await deleteOf(connection, 'role_permission', role)
        await insertPermissions(connection, role)
      }
      return outcome
    },

    /** Deletes a role with its assignments. @returns whether the role existed */
    async delete(realmId: string, id: string, now: number): Promise<boolean> {
      const deleted = await roles.delete(kysely, { tenant_id: tenantId, realm_id: realmId }, id, now)
      if (!deleted) return false
      await deleteOf(connection, 'role_permission', { id, tenantId })
      await deleteOf(connection, 'role_assignment', { id, tenantId })
      return true
    },

    /** Deletes the roles of an organization, in all realms, with their assignments. */
    async deleteOfOrganization(organizationId: string, now: number): Promise<void> {
      const own = kysely
        .selectFrom('role')
        .select('id')
        .where('organization_id', '=', organizationId)
        .where('tenant_id', '=', tenantId)
        .where('deleted_at', 'is', null)
      for (const table of ['role_permission', 'role_assignment'] as const) {
        await kysely.deleteFrom(table).where('role_id', 'in', own).where('tenant_id', '=', tenantId).execute()
      }
      await kysely
        .updateTable('role')
        .set({ deleted_at: now, updated_at: now })
        .where('organization_id', '=', organizationId)
        .where('tenant_id', '=', tenantId)
        .where('deleted_at', 'is', null)
        .execute()
    },
  }
}

/** How many roles of a user are read. */
const ROLES_READ = 1000

async function rolesOf(
  kysely: Connection['kysely'],
  { tenantId, realmId, userId }: { readonly tenantId: string; readonly realmId: string; readonly userId: string },
): Promise<{ readonly id: string; readonly name: string }[]> {
  const { rows } = await sql<{ id: string; name: string }>`
    with recursive ${effectiveGroups({ tenant_id: tenantId, user_id: userId })}, subject(id) as (
      select id from "user" where id = ${userId} and tenant_id = ${tenantId}
      union all select id from effective
    )
    select distinct role.id, role.name from subject cross join role_assignment as given cross join role
      where given.subject_id = subject.id and given.organization_id = '' and given.tenant_id = ${tenantId}
        and role.id = given.role_id and role.realm_id = ${realmId} and role.tenant_id = ${tenantId}
        and role.deleted_at is null
      limit ${ROLES_READ}`.execute(kysely)
  return rows
}

async function pageOfRolesOf(
  kysely: Connection['kysely'],
  place: { readonly tenantId: string; readonly realmId: string; readonly userId: string },
  { limit, cursor }: Pick<ListQuery, 'limit' | 'cursor'>,
): Promise<Page<Role>> {
  const ids = (await rolesOf(kysely, place)).map(({ id }) => id)
  if (ids.length === 0) return { data: [], nextCursor: null }
  const { tenantId: tenant_id, realmId: realm_id } = place
  const rows = await roles
    .living(kysely, { tenant_id, realm_id })
    .where('id', 'in', ids)
    .where('id', '>', cursor === undefined ? '' : decodeCursor(cursor))
    .orderBy('id')
    .limit(limit + 1)
    .execute()
  return mapPage(
    toPage(rows, limit, ({ id }) => id),
    RoleFields.fromRow,
  )
}

async function anyHasRole(
  kysely: Connection['kysely'],
  tenantId: string,
  subjectIds: readonly string[],
): Promise<boolean> {
  const row = await kysely
    .selectFrom('role_assignment')
    .select('role_id')
    .where('subject_id', 'in', subjectIds)
    .where('tenant_id', '=', tenantId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

function heldStore({ kysely }: Connection, tenantId: string) {
  return {
    /** Which of these roles a user itself has, and in which organization. */
    async directlyOf(
      userId: string,
      ids: readonly string[],
    ): Promise<{ readonly id: string; readonly organizationId: string | null }[]> {
      if (ids.length === 0) return []
      const rows = await kysely
        .selectFrom('role_assignment')
        .select(['role_id', 'organization_id'])
        .where('subject_id', '=', userId)
        .where('role_id', 'in', ids)
        .where('tenant_id', '=', tenantId)
        .execute()
      return rows.map((row) => ({ id: row.role_id, organizationId: row.organization_id || null }))
    },
  }
}

function assignmentStore({ kysely }: Connection, tenantId: string) {
  return {
    /** @returns false if the subject already had the role */
    async assign(roleId: string, { kind, subjectId, organizationId }: Assignment, now: number): Promise<boolean> {
      const rows = await kysely
        .insertInto('role_assignment')
        .values({
          subject_id: subjectId,
          organization_id: organizationId ?? '',
          role_id: roleId,
          subject_type: kind,
          tenant_id: tenantId,
          created_at: now,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('role_id')
        .execute()
      return rows.length === 1
    },

    /** @returns whether the subject had the role */
    async unassign(roleId: string, { subjectId, organizationId }: Assignment): Promise<boolean> {
      const { numDeletedRows } = await kysely
        .deleteFrom('role_assignment')
        .where('subject_id', '=', subjectId)
        .where('organization_id', '=', organizationId ?? '')
        .where('role_id', '=', roleId)
        .where('tenant_id', '=', tenantId)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    /** The roles of a realm that a user has, alone or by groups; not those in organizations. */
    rolesOf: (realmId: string, userId: string) => rolesOf(kysely, { tenantId, realmId, userId }),

    /** One page of the same roles, with what they allow; oldest first. */
    pageOfRolesOf: (realmId: string, userId: string, page: Pick<ListQuery, 'limit' | 'cursor'>) =>
      pageOfRolesOf(kysely, { tenantId, realmId, userId }, page),

    /** Whether one of these users or groups has a role. */
    anyHasRole: (subjectIds: readonly string[]) => anyHasRole(kysely, tenantId, subjectIds),

    /** Removes all roles from a user or a group; from a member of an organization, the roles in that organization. */
    async unassignAll(subjectId: string, organizationId?: string): Promise<void> {
      const all = kysely
        .deleteFrom('role_assignment')
        .where('subject_id', '=', subjectId)
        .where('tenant_id', '=', tenantId)
      await (organizationId === undefined ? all : all.where('organization_id', '=', organizationId)).execute()
    },

    /** One page of the assignments of a role. All assignments of a subject are on the same page. */
    async assignments(roleId: string, { limit, cursor }: ListQuery): Promise<Page<Assignment>> {
      let query = kysely
        .selectFrom('role_assignment')
        .selectAll()
        .where('role_id', '=', roleId)
        .where('tenant_id', '=', tenantId)
        .orderBy('subject_id')
        .orderBy('organization_id')
        .limit(limit + 1)
      if (cursor) {
        const position = decodeCursor(cursor)
        const [subjectId, organizationId] = [dashed(position.slice(0, 32)), dashed(position.slice(32))]
        query = query
          .where('subject_id', '>=', subjectId)
          .where((row) => row.or([row('subject_id', '>', subjectId), row('organization_id', '>', organizationId)]))
      }
      const position = (row: { subject_id: string; organization_id: string }) =>
        `${row.subject_id}${row.organization_id}`.replaceAll('-', '')
      const page = toPage(await query.execute(), limit, position)
      const data = page.data.map((row) => ({
        kind: row.subject_type as Assignment['kind'],
        subjectId: row.subject_id,
        organizationId: row.organization_id || null,
      }))
      return { ...page, data }
    },
  }
}

/**
 * A UUID from 32 hexadecimal digits. The cursor leaves out the hyphens, because two UUIDs with hyphens are too long for
 * it.
 */
function dashed(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

async function deleteOf(
  { kysely }: Connection,
  table: 'role_permission' | 'role_assignment',
  { id, tenantId }: Pick<Role, 'id' | 'tenantId'>,
): Promise<void> {
  await kysely.deleteFrom(table).where('role_id', '=', id).where('tenant_id', '=', tenantId).execute()
}

async function insertPermissions({ kysely }: Connection, role: Role): Promise<void> {
  const { id, tenantId, realmId, permissions, updatedAt } = role
  if (permissions.length === 0) return
  const known = { tenant_id: tenantId, realm_id: realmId, created_at: updatedAt }
  await kysely
    .insertInto('known_permission')
    .values(permissions.map((permission) => ({ ...known, permission })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await kysely
    .insertInto('role_permission')
    .values(permissions.map((permission) => ({ role_id: id, permission, tenant_id: tenantId })))
    .execute()
}
