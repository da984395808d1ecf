import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { ResourceTable } from '#database/tables/applications.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import type { Resource } from './resource.ts'

export type ResourceStore = ReturnType<typeof resourceStore>

/** The resources of one tenant. */
export function resourceStore({ kysely }: Connection, tenantId: string) {
  const living = () =>
    kysely.selectFrom('resource').selectAll().where('tenant_id', '=', tenantId).where('deleted_at', 'is', null)
  return {
    /** @returns whether its identifier and slug were free */
    async insert(resource: Resource): Promise<boolean> {
      const written = await kysely
        .insertInto('resource')
        .values(toRow(resource))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return written !== undefined
    },

    /** One page, oldest first. */
    async list({ limit, cursor }: PageQuery): Promise<Page<Resource>> {
      let query = living()
        .orderBy('id')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toResource) }
    },

    /** Every living resource, suspended ones too: for the registry. */
    async all(): Promise<Resource[]> {
      return (await living().orderBy('id').execute()).map(toResource)
    },

    async find(id: string): Promise<Resource | undefined> {
      const row = await living().where('id', '=', id).executeTakeFirst()
      return row && toResource(row)
    },

    /** @param names identifiers or slugs */
    async named(names: readonly string[]): Promise<{ identifier: string; slug: string }[]> {
      if (names.length === 0) return []
      return kysely
        .selectFrom('resource')
        .select(['identifier', 'slug'])
        .where('tenant_id', '=', tenantId)
        .where('deleted_at', 'is', null)
        .where((row) => row.or([row('identifier', 'in', names), row('slug', 'in', names)]))
        .execute()
    },

    /** Writes a resource back under the version it had. */
    update(resource: Resource): Promise<UpdateOutcome> {
      return outcomeOf(
        kysely
          .updateTable('resource')
          .set(toRow(resource))
          .where('tenant_id', '=', tenantId)
          .where('id', '=', resource.id)
          .where('version', '=', resource.version - 1)
          .where('deleted_at', 'is', null)
          .executeTakeFirst(),
      )
    },

    /** @returns whether it was there */
    async delete(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('resource')
        .set({ deleted_at: now, updated_at: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

function toRow(resource: Resource): Omit<Selectable<ResourceTable>, 'deleted_at'> {
  return {
    id: resource.id,
    tenant_id: resource.tenantId,
    identifier: resource.identifier,
    slug: resource.slug,
    name: resource.name,
    backend: resource.backend,
    scopes: JSON.stringify(resource.scopes),
    status: resource.status,
    version: resource.version,
    created_at: resource.createdAt,
    updated_at: resource.updatedAt,
  }
}

function toResource(row: Selectable<ResourceTable>): Resource {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    identifier: row.identifier,
    slug: row.slug,
    name: row.name,
    backend: row.backend as Resource['backend'],
    scopes: JSON.parse(row.scopes),
    status: row.status as Resource['status'],
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
