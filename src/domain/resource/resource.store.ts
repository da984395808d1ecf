// Reads and writes the resources of tenants.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { type Resource, ResourceFields, type ResourceQuery } from './resource.ts'

const resources = versionedRows('resource', ResourceFields)

export type ResourceStore = ReturnType<typeof resourceStore>

/** The resources of one tenant. */
export function resourceStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const notDeleted = () => resources.living(kysely, { tenant_id: tenantId })
  return {
    /** @returns false if the identifier or the slug is in use */
    insert(resource: Resource): Promise<boolean> {
      return resources.insertIfFree(kysely, resource)
    },

    /** One page, oldest first. */
    async list({ backend, brokerProviderId, slug, ...query }: ResourceQuery): Promise<Page<Resource>> {
      let rows = notDeleted()
      if (backend !== undefined) rows = rows.where('backend', '=', backend)
      if (brokerProviderId !== undefined) rows = rows.where('broker_provider_id', '=', brokerProviderId)
      if (slug !== undefined) rows = rows.where('slug', '=', slug)
      return mapPage(await readListPage(connection, rows, query), ResourceFields.fromRow)
    },

    /** All resources that are not deleted, including suspended ones: for the registry. */
    async all(): Promise<Resource[]> {
      return (await notDeleted().orderBy('id').execute()).map(ResourceFields.fromRow)
    },

    find(id: string): Promise<Resource | undefined> {
      return resources.find(kysely, { tenant_id: tenantId }, id)
    },

    /** Locks a resource until the write ends. */
    lock(id: string): Promise<Resource | undefined> {
      return resources.lock(kysely, { tenant_id: tenantId }, id)
    },

    /** The id of the resource with an identifier or a slug. */
    async idOf(name: string): Promise<string | undefined> {
      const rows = await kysely
        .selectFrom('resource')
        .select(['id', 'slug'])
        .where('tenant_id', '=', tenantId)
        .where('deleted_at', 'is', null)
        .where((row) => row.or([row('identifier', '=', name), row('slug', '=', name)]))
        .execute()
      return (rows.find(({ slug }) => slug === name) ?? rows[0])?.id
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

    /** The oldest resources that stand for an API of a provider. */
    async ofBrokerProvider(brokerProviderId: string, limit: number): Promise<{ slug: string }[]> {
      return kysely
        .selectFrom('resource')
        .select('slug')
        .where('tenant_id', '=', tenantId)
        .where('broker_provider_id', '=', brokerProviderId)
        .where('deleted_at', 'is', null)
        .orderBy('id')
        .limit(limit)
        .execute()
    },

    /** Updates a resource if it still has the version that was read. */
    update(resource: Resource): Promise<UpdateOutcome> {
      return resources.update(kysely, { tenant_id: tenantId }, resource)
    },

    /** @returns whether the resource existed */
    delete(id: string, now: number): Promise<boolean> {
      return resources.delete(kysely, { tenant_id: tenantId }, id, now)
    },
  }
}
