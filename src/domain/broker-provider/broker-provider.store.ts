// Reads and writes the providers whose tokens are kept for users.
import type { Connection as DatabaseConnection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { type BrokerProvider, BrokerProviderFields, type BrokerProviderQuery } from './broker-provider.ts'

const providers = versionedRows('broker_provider', BrokerProviderFields)

export type BrokerProviderStore = ReturnType<typeof brokerProviderStore>

/** The broker providers of one tenant's realms. */
export function brokerProviderStore(connection: DatabaseConnection, tenantId: string) {
  const { kysely } = connection
  const placeOf = (realmId: string) => ({ tenant_id: tenantId, realm_id: realmId })
  const ofSlug = (slug: string) => providers.living(kysely, { tenant_id: tenantId, slug })
  return {
    /** @returns false if the realm has one with the slug */
    insert: (provider: BrokerProvider): Promise<boolean> => providers.insertIfFree(kysely, provider),

    /** One page of the providers of a realm, oldest first. */
    async list(realmId: string, query: BrokerProviderQuery): Promise<Page<BrokerProvider>> {
      let rows = providers.living(kysely, placeOf(realmId))
      if (query.slug !== undefined) rows = rows.where('slug', '=', query.slug)
      if (query.active !== undefined) rows = rows.where('active', '=', query.active ? 1 : 0)
      return mapPage(await readListPage(connection, rows, query), (row) => BrokerProviderFields.fromRow(row))
    },

    find: (realmId: string, id: string): Promise<BrokerProvider | undefined> =>
      providers.find(kysely, placeOf(realmId), id),

    /** Locks a provider until the write ends. */
    lock: (realmId: string, id: string): Promise<BrokerProvider | undefined> =>
      providers.lock(kysely, placeOf(realmId), id),

    /** Holds a provider as it is until the write ends. @returns whether it is active */
    async hold(realmId: string, id: string): Promise<boolean> {
      const rows = providers.living(kysely, placeOf(realmId)).where('id', '=', id).where('active', '=', 1)
      return (await rows.forShare().executeTakeFirst()) !== undefined
    },

    async findBySlug(realmId: string, slug: string): Promise<BrokerProvider | undefined> {
      const row = await ofSlug(slug).where('realm_id', '=', realmId).executeTakeFirst()
      return row && BrokerProviderFields.fromRow(row)
    },

    /** The providers with an id or a slug, in all realms of the tenant; at most two. */
    async named({ id, slug }: { readonly id: string | undefined; readonly slug: string }): Promise<BrokerProvider[]> {
      const rows =
        id === undefined ? ofSlug(slug) : providers.living(kysely, { tenant_id: tenantId }).where('id', '=', id)
      return (await rows.limit(2).execute()).map((row) => BrokerProviderFields.fromRow(row))
    },

    /** The providers with some ids. */
    async ofIds(ids: readonly string[]): Promise<Map<string, BrokerProvider>> {
      if (ids.length === 0) return new Map()
      const rows = await kysely
        .selectFrom('broker_provider')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('id', 'in', ids)
        .execute()
      return new Map(rows.map((row) => [row.id, BrokerProviderFields.fromRow(row)]))
    },

    /** Updates a provider if it still has the version that was read. */
    update: (provider: BrokerProvider): Promise<UpdateOutcome> =>
      providers.update(kysely, { tenant_id: tenantId }, provider),

    /** Deletes the providers of a realm, and their secrets. */
    async deleteOfRealm(realmId: string, now: number): Promise<void> {
      await kysely
        .updateTable('broker_provider')
        .set({ client_secret: null, active: 0, deleted_at: now, updated_at: now })
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('deleted_at', 'is', null)
        .execute()
    },

    /** Deletes a provider and its secret. @returns whether it existed */
    delete: (realmId: string, id: string, now: number): Promise<boolean> =>
      providers.delete(kysely, placeOf(realmId), id, now, { client_secret: null, active: 0 }),
  }
}
