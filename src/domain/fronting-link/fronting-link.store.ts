// Reads and writes the fronting links of tenants.
import type { Connection } from '#database/database.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { type FrontingLink, FrontingLinkFields, type LinkEnds } from './fronting-link.ts'

const links = versionedRows('fronting_link', FrontingLinkFields)

export type FrontingLinkStore = ReturnType<typeof frontingLinkStore>

/** The fronting links of one tenant. */
export function frontingLinkStore({ kysely }: Connection, tenantId: string) {
  const place = { tenant_id: tenantId }
  const living = () => links.living(kysely, place)
  return {
    /** @returns false if there is a link between the same ends */
    insert: (link: FrontingLink): Promise<boolean> => links.insertIfFree(kysely, link),

    /** Every link of the tenant, oldest first; there are few. */
    async all(): Promise<FrontingLink[]> {
      return (await living().orderBy('id').execute()).map(FrontingLinkFields.fromRow)
    },

    async between({ sourceId, targetId }: LinkEnds): Promise<FrontingLink | undefined> {
      const row = await living().where('source_id', '=', sourceId).where('target_id', '=', targetId).executeTakeFirst()
      return row && FrontingLinkFields.fromRow(row)
    },

    /** The links from and to a resource. */
    async of(resourceId: string): Promise<FrontingLink[]> {
      const rows = await living()
        .where((row) => row.or([row('source_id', '=', resourceId), row('target_id', '=', resourceId)]))
        .orderBy('id')
        .execute()
      return rows.map(FrontingLinkFields.fromRow)
    },

    /** Updates a link if it still has the version that was read. */
    update: (link: FrontingLink): Promise<UpdateOutcome> => links.update(kysely, place, link),

    /** @returns whether the link existed */
    delete: (id: string, now: number): Promise<boolean> => links.delete(kysely, place, id, now),
  }
}
