// Reads and writes the brandings of realms, organizations and clients. The branding of a tenant is in the row of the tenant.
import type { Connection } from '#database/database.ts'
import type { Id } from '#kernel/id.ts'
import { type Branding, type BrandingLevel, readBranding } from './branding.ts'
import { noteUse } from './branding-file.store.ts'

/** A branding that is not that of a tenant. */
export interface StoredBranding {
  readonly ownerId: Id
  readonly kind: Exclude<BrandingLevel, 'tenant'>
  /** The realm that the client belongs to, or the realm itself; null for an organization. */
  readonly realmId: Id | null
  readonly given: Branding
  readonly version: number
  readonly updatedAt: number
}

export type BrandingStore = ReturnType<typeof brandingStore>

/** The brandings of one tenant. */
export function brandingStore({ kysely }: Connection, tenantId: string) {
  const rows = () => kysely.selectFrom('branding').where('tenant_id', '=', tenantId)
  return {
    async find(ownerId: Id): Promise<StoredBranding | undefined> {
      const row = await rows().selectAll().where('owner_id', '=', ownerId).executeTakeFirst()
      if (!row) return undefined
      const { kind, realm_id: realmId, version, updated_at: updatedAt } = row
      const given = readBranding(JSON.parse(row.given))
      return { ownerId, kind: kind as StoredBranding['kind'], realmId, given, version, updatedAt }
    },

    /** Writes a branding, if the one before it has the version that was read. @returns whether it did */
    async put({ ownerId, kind, realmId, given, version, updatedAt }: StoredBranding): Promise<boolean> {
      const values = { given: JSON.stringify(given), version, updated_at: updatedAt, ...fileColumns(given) }
      const { numUpdatedRows } = await kysely
        .updateTable('branding')
        .set(values)
        .where('tenant_id', '=', tenantId)
        .where('owner_id', '=', ownerId)
        .where('version', '=', version - 1)
        .executeTakeFirst()
      if (numUpdatedRows === 1n) return true
      const inserted = await kysely
        .insertInto('branding')
        .values({ owner_id: ownerId, kind, tenant_id: tenantId, realm_id: realmId, ...values })
        .onConflict((conflict) => conflict.doNothing())
        .returning('owner_id')
        .execute()
      return inserted.length === 1
    },

    /** Removes the branding of what is deleted, and those of what belongs to it. */
    async removeOf(ownerId: Id, now: number): Promise<void> {
      const { numDeletedRows } = await kysely
        .deleteFrom('branding')
        .where('tenant_id', '=', tenantId)
        .where(({ or, eb }) => or([eb('owner_id', '=', ownerId), eb('realm_id', '=', ownerId)]))
        .executeTakeFirst()
      if (numDeletedRows > 0n) await noteUse(kysely, tenantId, now)
    },

    /** Removes all brandings, for a tenant that ends; its files are purged later. */
    async removeAll(now: number): Promise<void> {
      await kysely.deleteFrom('branding').where('tenant_id', '=', tenantId).execute()
      await kysely
        .updateTable('branding_file')
        .set({ unused_since: now })
        .where('tenant_id', '=', tenantId)
        .where('unused_since', 'is', null)
        .execute()
    },
  }
}

function fileColumns({ logo, favicon, font }: Branding) {
  return { logo: logo ?? null, favicon: favicon ?? null, font: font ?? null }
}
