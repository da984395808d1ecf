// Reads and writes proxy sites.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { hostOf, type ProxySite, ProxySiteFields, type ProxySiteQuery } from './proxy-site.ts'

const sites = versionedRows('proxy_site', ProxySiteFields, ({ publicUrl }) => ({ host: hostOf(publicUrl) }))

export type ProxySiteStore = ReturnType<typeof proxySiteStore>

/** The site at a host, of whichever tenant: requests say only their host. @param host as `hostOf` has it */
export async function findSiteByHost({ kysely }: Connection, host: string): Promise<ProxySite | undefined> {
  const row = await sites.living(kysely, { host }).executeTakeFirst()
  return row && ProxySiteFields.fromRow(row)
}

/** The sites of one tenant's realms. */
export function proxySiteStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const placeOf = (realmId: string) => ({ tenant_id: tenantId, realm_id: realmId })
  return {
    /** @returns false if another site has the host */
    insert: (site: ProxySite): Promise<boolean> => sites.insertIfFree(kysely, site),

    /** One page of the sites of a realm, oldest first. */
    async list(realmId: string, query: ProxySiteQuery): Promise<Page<ProxySite>> {
      return mapPage(await readListPage(connection, sites.living(kysely, placeOf(realmId)), query), (row) =>
        ProxySiteFields.fromRow(row),
      )
    },

    find: (realmId: string, id: string): Promise<ProxySite | undefined> => sites.find(kysely, placeOf(realmId), id),

    /** The sites of a realm, as many as it may have. */
    async all(realmId: string): Promise<ProxySite[]> {
      const rows = await sites.living(kysely, placeOf(realmId)).execute()
      return rows.map((row) => ProxySiteFields.fromRow(row))
    },

    /** Updates a site if it still has the version that was read. */
    update: (site: ProxySite): Promise<UpdateOutcome> => sites.update(kysely, { tenant_id: tenantId }, site),

    /** Deletes the sites of a realm, so that their hosts are free again. */
    async deleteOfRealm(realmId: string, now: number): Promise<void> {
      await kysely
        .updateTable('proxy_site')
        .set({ deleted_at: now })
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('deleted_at', 'is', null)
        .execute()
    },

    /** @returns whether the site existed */
    delete: (realmId: string, id: string, now: number): Promise<boolean> =>
      sites.delete(kysely, placeOf(realmId), id, now),
  }
}
