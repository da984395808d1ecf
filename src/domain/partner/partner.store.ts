// Reads and writes partners. A partner does not belong to a tenant, so the reach of the caller limits these queries.
import type { Kysely } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { countOf, startsWith } from '#database/offset-page.ts'
import type { Schema } from '#database/schema.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Reach } from '../actor.ts'
import { reachedTenants } from '../tenant/tenants-within.store.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { type Partner, PartnerFields, type PartnerQuery } from './partner.ts'

const partners = versionedRows('partner', PartnerFields)

export type PartnerStore = ReturnType<typeof partnerStore>

/** The partners of the installation, limited to a reach. */
export function partnerStore(connection: Connection) {
  const { kysely } = connection
  const partnersOf = (reach: Reach) => partnersWithin(kysely, reach).selectAll()
  return {
    /** @returns false if the slug is in use, or the reach is not the platform */
    async insert(reach: Reach, partner: Partner): Promise<boolean> {
      return reach.kind === 'platform' && partners.insertIfFree(kysely, partner)
    },

    /** One page, oldest first. There are few partners, so a search needs no index. */
    async list(reach: Reach, { search, status, ...query }: PartnerQuery): Promise<Page<Partner>> {
      let matches = partnersOf(reach)
      if (status) matches = matches.where('status', '=', status)
      if (search) matches = matches.where((row) => startsWith(row, ['name', 'slug'], search))
      return mapPage(
        await readListPage(connection, matches, query, { isUnindexed: search !== undefined }),
        PartnerFields.fromRow,
      )
    },

    /** The number of partners. */
    count: (reach: Reach) => countOf(connection, partnersWithin(kysely, reach)),

    async find(reach: Reach, id: string): Promise<Partner | undefined> {
      const row = await partnersOf(reach).where('id', '=', id).executeTakeFirst()
      return row && PartnerFields.fromRow(row)
    },

    async findBySlug(reach: Reach, slug: string): Promise<Partner | undefined> {
      const row = await partnersOf(reach).where('slug', '=', slug).executeTakeFirst()
      return row && PartnerFields.fromRow(row)
    },

    /**
     * Finds a partner and locks it until the write ends. Other writes cannot change or delete it or add tenants to it, so
     * only one write at a time counts its tenants.
     */
    async lock(reach: Reach, id: string): Promise<Partner | undefined> {
      const row = await partnersOf(reach).where('id', '=', id).forNoKeyUpdate().executeTakeFirst()
      return row && PartnerFields.fromRow(row)
    },

    /** The number of a partner's tenants that are not deleted. */
    tenants: (reach: Reach, id: string) =>
      countOf(connection, reachedTenants(kysely, reach).where('partner_id', '=', id)),

    /** Updates a partner if it still has the version that was read. */
    async update(reach: Reach, partner: Partner): Promise<UpdateOutcome> {
      return coversPartner(reach, partner.id) ? partners.update(kysely, {}, partner) : 'stale'
    },

    /** @returns whether the partner existed */
    async delete(reach: Reach, id: string, now: number): Promise<boolean> {
      return coversPartner(reach, id) && partners.delete(kysely, {}, id, now)
    },
  }
}

/** Whether a reach includes a partner: all partners for the platform, its own for a partner, otherwise none. */
export function coversPartner(reach: Reach, partnerId: string): boolean {
  return reach.kind === 'platform' || (reach.kind === 'partner' && reach.partnerId === partnerId)
}

function partnersWithin(kysely: Kysely<Schema>, reach: Reach) {
  const partnersOf = kysely.selectFrom('partner').where('partner.deleted_at', 'is', null)
  if (reach.kind === 'platform') return partnersOf
  return partnersOf.where('partner.id', '=', reach.kind === 'partner' ? reach.partnerId : '')
}
