import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { RoleTable } from '#database/tables/people.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import type { Assignment, Role } from './role.ts'
import { roleCheckStore } from './role-check.store.ts'

export type RoleStore = ReturnType<typeof roleStore>

/** The roles of one tenant's realms, and who has them. */
export function roleStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const living = (realmId: string) =>
    kysely
      .selectFrom('role')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('realm_id', '=', realmId)
      .where('deleted_at', 'is', null)
  return {
    ...roleCheckStore(connection, tenantId),
    ...assignmentStore(connection, tenantId),

    /** @returns whether its name was free in its realm */
    async insert(role: Role): Promise<boolean> {
      const written = await kysely
        .insertInto('role')
        .values(toRow(role))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      if (written) await insertPermissions(connection, role)
      return written !== undefined
    },

    /** One page of a realm’s roles, oldest first. */
    async list(realmId: string, { limit, cursor }: PageQuery): Promise<Page<Role>> {
      let query = living(realmId)
        .orderBy('id')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toRole) }
    },

    async find(realmId: string, id: string): Promise<Role | undefined> {
      const row = await living(realmId).where('id', '=', id).executeTakeFirst()
      return row && toRole(row)
    },

    /** A role that nobody else changes until the write is done. */
    async hold(realmId: string, id: string): Promise<Role | undefined> {
      const row = await living(realmId).where('id', '=', id).forUpdate().executeTakeFirst()
      return row && toRole(row)
    },

    /** Writes a role back under the version it had. */
    async update(role: Role): Promise<UpdateOutcome> {
      const outcome = await outcomeOf(updateRow(connection, role).executeTakeFirst())
      if (outcome === 'updated') {
        await deleteOf(connection, 'role_permission', role)
        await insertPermissions(connection, role)
      }
      return outcome
    },

    /** Deletes a role and takes it from everybody. @returns whether it was there */
    async delete(realmId: string, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('role')
        .set({ deleted_at: now, updated_at: now })
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      if (numUpdatedRows !== 1n) return false
      await deleteOf(connection, 'role_permission', { id, tenantId })
      await deleteOf(connection, 'role_assignment', { id, tenantId })
      return true
    },
  }
}

function assignmentStore({ kysely }: Connection, tenantId: string) {
  return {
    /** @returns whether the subject did not have the role already */
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

    /** Takes every role from a user or group; from a member of an organization, those that it has there. */
    async unassignAll(subjectId: string, organizationId?: string): Promise<void> {
      const all = kysely
        .deleteFrom('role_assignment')
        .where('subject_id', '=', subjectId)
        .where('tenant_id', '=', tenantId)
      await (organizationId === undefined ? all : all.where('organization_id', '=', organizationId)).execute()
    },

    /** One page of who has a role. A subject that has it at several places is not cut in two. */
    async assignments(roleId: string, { limit, cursor }: PageQuery): Promise<Page<Assignment>> {
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

/** A UUID that lost its dashes: two of them with dashes are more than a cursor takes. */
function dashed(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function updateRow({ kysely }: Connection, role: Role) {
  return kysely
    .updateTable('role')
    .set(toRow(role))
    .where('tenant_id', '=', role.tenantId)
    .where('id', '=', role.id)
    .where('version', '=', role.version - 1)
    .where('deleted_at', 'is', null)
}

async function deleteOf(
  { kysely }: Connection,
  table: 'role_permission' | 'role_assignment',
  { id, tenantId }: Pick<Role, 'id' | 'tenantId'>,
): Promise<void> {
  await kysely.deleteFrom(table).where('role_id', '=', id).where('tenant_id', '=', tenantId).execute()
}

async function insertPermissions({ kysely }: Connection, { id, tenantId, permissions }: Role): Promise<void> {
  if (permissions.length === 0) return
  await kysely
    .insertInto('role_permission')
    .values(permissions.map((permission) => ({ role_id: id, permission, tenant_id: tenantId })))
    .execute()
}

function toRow(role: Role): Omit<Selectable<RoleTable>, 'deleted_at'> {
  return {
    id: role.id,
    tenant_id: role.tenantId,
    realm_id: role.realmId,
    name: role.name,
    description: role.description,
    permissions: JSON.stringify(role.permissions),
    version: role.version,
    created_at: role.createdAt,
    updated_at: role.updatedAt,
  }
}

function toRole(row: Selectable<RoleTable>): Role {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    name: row.name,
    description: row.description,
    permissions: JSON.parse(row.permissions),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
