import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { isUniqueViolation } from '#database/errors.ts'
import { numbered } from '#database/numbered.ts'
import type { ProjectTable, RealmTable } from '#database/tables/accounts.ts'
import { decodeCursor, type NumberedPage, type NumberedQuery, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import { toRealm } from '../realm/realm.store.ts'
import type { Project } from './project.ts'

export type ProjectStore = ReturnType<typeof projectStore>

type Row = Selectable<RealmTable> &
  Pick<Selectable<ProjectTable>, 'slug' | 'environment' | 'settings'> & { project_id: string }

/** The projects of one tenant. What is not in a realm’s row already is in theirs. */
export function projectStore({ kysely }: Connection, tenantId: string) {
  const living = () =>
    kysely
      .selectFrom('project')
      .innerJoin('realm', 'realm.id', 'project.realm_id')
      .selectAll('realm')
      .select(['project.id as project_id', 'project.slug', 'project.environment', 'project.settings'])
      .where('project.tenant_id', '=', tenantId)
      .where('project.deleted_at', 'is', null)
  return {
    /** @returns whether its slug was free in the tenant */
    async insert({ id, realm, slug, environment, settings }: Project): Promise<boolean> {
      const rows = await kysely
        .insertInto('project')
        .values({
          id,
          tenant_id: tenantId,
          realm_id: realm.id,
          slug,
          environment,
          settings: JSON.stringify(settings),
          created_at: realm.createdAt,
          deleted_at: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    /** One page, oldest first. */
    async list({ limit, cursor }: PageQuery): Promise<Page<Project>> {
      let query = living()
        .orderBy('project.id')
        .limit(limit + 1)
      if (cursor) query = query.where('project.id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, (row) => row.project_id)
      return { ...page, data: page.data.map(toProject) }
    },

    /** One numbered page, oldest first. */
    async survey(query: NumberedQuery): Promise<NumberedPage<Project>> {
      const { data, total } = await numbered(living().orderBy('project.id'), query)
      return { data: data.map(toProject), total }
    },

    async find(id: string): Promise<Project | undefined> {
      const row = await living().where('project.id', '=', id).executeTakeFirst()
      return row && toProject(row)
    },

    /** Writes what is in the project’s own row. @returns whether its slug was free in the tenant */
    async update({ id, slug, settings }: Project): Promise<boolean> {
      try {
        await kysely
          .updateTable('project')
          .set({ slug, settings: JSON.stringify(settings) })
          .where('tenant_id', '=', tenantId)
          .where('id', '=', id)
          .execute()
        return true
      } catch (error) {
        if (isUniqueViolation(error)) return false
        throw error
      }
    },

    /** @returns whether it was there */
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

function toProject({ project_id: id, slug, environment, settings, ...realm }: Row): Project {
  return {
    id,
    realm: toRealm(realm),
    slug,
    environment: environment as Project['environment'],
    settings: JSON.parse(settings),
  }
}
