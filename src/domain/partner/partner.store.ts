import type { Selectable, SelectQueryBuilder } from 'kysely'
import type { Connection } from '#database/database.ts'
import { countOf, numbered, startsWith } from '#database/numbered.ts'
import type { Schema } from '#database/schema.ts'
import type { PartnerTable } from '#database/tables/accounts.ts'
import { decodeCursor, type NumberedPage, type Page, toPage } from '#kernel/page.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import type { Partner, PartnerQuery, PartnerSurvey } from './partner.ts'

// Partners stand above tenants, so this is the one store that no tenant bounds: only operations whose reach is the
// platform may use it for more than the limits of a tenant’s own partner.

export type PartnerStore = ReturnType<typeof partnerStore>

/** The partners of the installation. */
export function partnerStore({ kysely }: Connection) {
  const living = () => kysely.selectFrom('partner').selectAll().where('deleted_at', 'is', null)
  return {
    /** @returns whether its slug was free */
    async insert(partner: Partner): Promise<boolean> {
      const rows = await kysely
        .insertInto('partner')
        .values(toRow(partner))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    /** One page, oldest first. */
    async list({ limit, cursor, status }: PartnerQuery): Promise<Page<Partner>> {
      let query = living()
        .orderBy('id')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '>', decodeCursor(cursor))
      if (status) query = query.where('status', '=', status)
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toPartner) }
    },

    /** One numbered page, oldest first. */
    survey: (query: PartnerSurvey) => surveyPartners(living(), query),

    /** How many there are. */
    count: () => countOf(kysely.selectFrom('partner').where('deleted_at', 'is', null)),

    async find(id: string): Promise<Partner | undefined> {
      const row = await living().where('id', '=', id).executeTakeFirst()
      return row && toPartner(row)
    },

    async findBySlug(slug: string): Promise<Partner | undefined> {
      const row = await living().where('slug', '=', slug).executeTakeFirst()
      return row && toPartner(row)
    },

    /**
     * Finds a partner inside a write and keeps other writes from adding tenants to it, changing or deleting it until
     * this one ends: who counts its tenants next, counts alone.
     */
    async lock(id: string): Promise<Partner | undefined> {
      const row = await living().where('id', '=', id).forNoKeyUpdate().executeTakeFirst()
      return row && toPartner(row)
    },

    /** How many living tenants a partner has. */
    tenants: (id: string) =>
      countOf(kysely.selectFrom('tenant').where('partner_id', '=', id).where('deleted_at', 'is', null)),

    /** Writes a partner back under the version it had. */
    update(partner: Partner): Promise<UpdateOutcome> {
      return outcomeOf(
        kysely
          .updateTable('partner')
          .set(toRow(partner))
          .where('id', '=', partner.id)
          .where('version', '=', partner.version - 1)
          .where('deleted_at', 'is', null)
          .executeTakeFirst(),
      )
    },

    /** @returns whether it was there */
    async delete(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('partner')
        .set({ deleted_at: now, updated_at: now })
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

// There are few partners, so that names are compared as they are.
async function surveyPartners(
  living: SelectQueryBuilder<Schema, 'partner', Selectable<PartnerTable>>,
  { search, status, ...page }: PartnerSurvey,
): Promise<NumberedPage<Partner>> {
  let query = living.orderBy('id')
  if (status) query = query.where('status', '=', status)
  if (search) query = query.where((row) => startsWith(row, ['name', 'slug'], search))
  const { data, total } = await numbered(query, page)
  return { data: data.map(toPartner), total }
}

function toRow(partner: Partner): Omit<Selectable<PartnerTable>, 'deleted_at'> {
  return {
    id: partner.id,
    name: partner.name,
    slug: partner.slug,
    status: partner.status,
    contact_email: partner.contactEmail,
    max_tenants: partner.maxTenants,
    max_users_per_tenant: partner.maxUsersPerTenant,
    max_applications_per_tenant: partner.maxApplicationsPerTenant,
    version: partner.version,
    created_at: partner.createdAt,
    updated_at: partner.updatedAt,
  }
}

function toPartner(row: Selectable<PartnerTable>): Partner {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    status: row.status as Partner['status'],
    contactEmail: row.contact_email,
    maxTenants: row.max_tenants,
    maxUsersPerTenant: row.max_users_per_tenant,
    maxApplicationsPerTenant: row.max_applications_per_tenant,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
