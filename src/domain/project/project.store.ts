// Reads and writes projects.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { isUniqueViolation } from '#database/errors.ts'
import { readListPage } from '#database/list-page.ts'
import type { ProjectTable, RealmTable } from '#database/tables/accounts.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import { RealmFields } from '../realm/realm.ts'
import { type Project, ProjectFields } from './project.ts'

export type ProjectStore = ReturnType<typeof projectStore>

type Row = Selectable<RealmTable> &
  Pick<Selectable<ProjectTable>, 'slug' | 'environment' | 'settings'> & { project_id: string }

/** The projects of one tenant. A project's row contains only what its realm's row does not. */
export function projectStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const notDeleted = () =>
    kysely
      .selectFrom('project')
      .innerJoin('realm', 'realm.id', 'project.realm_id')
      .selectAll('realm')
      .select(['project.id as project_id', 'project.slug', 'project.environment', 'project.settings'])
      .where('project.tenant_id', '=', tenantId)
      .where('project.deleted_at', 'is', null)
  return {
    /** @returns false if the slug is in use in the tenant */
    async insert({ realm, ...project }: Project): Promise<boolean> {
      const rows = await kysely
        .insertInto('project')
        .values({
          ...ProjectFields.toRow(project),
          tenant_id: tenantId,
          realm_id: realm.id,
          created_at: realm.createdAt,
          deleted_at: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    /** One page, oldest first. */
    async list(query: ListQuery): Promise<Page<Project>> {
      const id = { column: 'project.id', of: (row: Row) => row.project_id }
      return mapPage(await readListPage(connection, notDeleted(), query, { id }), toProject)
    },

    async find(id: string): Promise<Project | undefined> {
      const row = await notDeleted().where('project.id', '=', id).executeTakeFirst()
      return row && toProject(row)
    },

    /** Updates a project's own row. @returns false if the slug is in use in the tenant */
    async update({ realm: _, ...project }: Project): Promise<boolean> {
      try {
        await kysely
          .updateTable('project')
          .set(ProjectFields.toUpdate(project))
          .where('tenant_id', '=', tenantId)
          .where('id', '=', project.id)
          .execute()
        return true
      } catch (error) {
        if (isUniqueViolation(error)) return false
        throw error
      }
    },

    /** @returns whether the project existed */
    async delete(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('project')
        .set({ deleted_at: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

function toProject({ project_id: id, ...row }: Row): Project {
  return { ...ProjectFields.fromRow({ ...row, id }), realm: RealmFields.fromRow(row) }
}
