import type { Kysely, Selectable, SelectQueryBuilder } from 'kysely'
import type { Connection } from '#database/database.ts'
import { numbered, numberedOfFew, startsWith } from '#database/numbered.ts'
import type { Schema } from '#database/schema.ts'
import type { TenantTable } from '#database/tables/accounts.ts'
import { decodeCursor, type NumberedPage, type Page, toPage } from '#kernel/page.ts'
import type { Reach } from '../context.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import { reachedTenants, tenantsWithin } from './reached.store.ts'
import { DEFAULT_TENANT, type Tenant, type TenantQuery, type TenantSurvey } from './tenant.ts'
import { endTenant } from './tenant-end.store.ts'
import { lockQuota, type Quota, usageOf } from './tenant-quota.store.ts'

// A tenant is not inside a tenant, so what bounds these queries is the reach of who asks.

export type TenantStore = ReturnType<typeof tenantStore>

/** The tenants of the installation; and of the one that it is bound to, what its partner allows it. */
export function tenantStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const reached = (reach: Reach) => reachedTenants(kysely, reach).selectAll()
  return {
    /** @returns whether its slug was free */
    async insert(tenant: Tenant): Promise<boolean> {
      const rows = await kysely
        .insertInto('tenant')
        .values(toRow(tenant))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    /** One page, oldest first. */
    list: (reach: Reach, query: TenantQuery) => listTenants(reached(reach), query),

    /** One numbered page, oldest first. */
    survey: (reach: Reach, query: TenantSurvey) => surveyTenants(kysely, reach, query),

    /** How many a reach covers. */
    async count(reach: Reach): Promise<number> {
      const { count } = await reachedTenants(kysely, reach)
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    async find(reach: Reach, id: string): Promise<Tenant | undefined> {
      const row = await reached(reach).where('id', '=', id).executeTakeFirst()
      return row && toTenant(row)
    },

    /** Finds a tenant inside a write and keeps other writes from changing it until this one ends. */
    async lock(reach: Reach, id: string): Promise<Tenant | undefined> {
      const row = await reached(reach).where('id', '=', id).forNoKeyUpdate().executeTakeFirst()
      return row && toTenant(row)
    },

    /** Writes a tenant back under the version it had. */
    update(reach: Reach, tenant: Tenant): Promise<UpdateOutcome> {
      return outcomeOf(
        kysely
          .updateTable('tenant')
          .set(toRow(tenant))
          .where('id', '=', tenant.id)
          .where('id', 'in', tenantsWithin(kysely, reach))
          .where('version', '=', tenant.version - 1)
          .executeTakeFirst(),
      )
    },

    /** @returns whether it was there; the first tenant of an installation never is */
    async delete(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('tenant')
        .set({ deleted_at: now, updated_at: now })
        .where('id', '=', id)
        .where('slug', '!=', DEFAULT_TENANT)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Ends everything in the bound tenant: realms, sessions, tokens, consents and keys. */
    endAll: (now: number) => endTenant(connection, tenantId, now),

    /** How much of what partners limit the bound tenant has. */
    usage: () => usageOf(kysely, tenantId),

    /**
     * How many of a noun the bound tenant may have; null for any number. Where there is a limit, other writes wait with
     * theirs until this one ends: who counts next, counts alone.
     */
    lockQuota: (of: keyof Quota) => lockQuota(kysely, tenantId, of),
  }
}

async function listTenants(
  tenants: SelectQueryBuilder<Schema, 'tenant', Selectable<TenantTable>>,
  { limit, cursor, partnerId, status }: TenantQuery,
): Promise<Page<Tenant>> {
  let query = tenants.orderBy('id').limit(limit + 1)
  if (cursor) query = query.where('id', '>', decodeCursor(cursor))
  if (partnerId) query = query.where('partner_id', '=', partnerId)
  if (status) query = query.where('status', '=', status)
  const page = toPage(await query.execute(), limit, (row) => row.id)
  return { ...page, data: page.data.map(toTenant) }
}

// Tenants are few, so that names are compared as they are.
async function surveyTenants(
  kysely: Kysely<Schema>,
  reach: Reach,
  { search, status, partnerId, ...page }: TenantSurvey,
): Promise<NumberedPage<Tenant>> {
  let reached = reachedTenants(kysely, reach)
  if (partnerId) reached = reached.where('partner_id', '=', partnerId)
  if (status) reached = reached.where('status', '=', status)
  if (search === undefined) {
    const { data, total } = await numbered(reached.selectAll().orderBy('id'), page)
    return { data: data.map(toTenant), total }
  }
  const { ids, total } = await numberedOfFew(
    reached.where((row) => startsWith(row, ['name', 'slug'], search)),
    page,
  )
  const rows = ids.length === 0 ? [] : await reached.selectAll().where('id', 'in', ids).orderBy('id').execute()
  return { data: rows.map(toTenant), total }
}

function toRow(tenant: Tenant): Omit<Selectable<TenantTable>, 'deleted_at'> {
  return {
    id: tenant.id,
    partner_id: tenant.partnerId,
    name: tenant.name,
    slug: tenant.slug,
    status: tenant.status,
    contact_email: tenant.contactEmail,
    settings: JSON.stringify(tenant.settings),
    branding: JSON.stringify(tenant.branding),
    version: tenant.version,
    created_at: tenant.createdAt,
    updated_at: tenant.updatedAt,
  }
}

function toTenant(row: Selectable<TenantTable>): Tenant {
  return {
    id: row.id,
    partnerId: row.partner_id,
    name: row.name,
    slug: row.slug,
    status: row.status as Tenant['status'],
    contactEmail: row.contact_email,
    settings: JSON.parse(row.settings),
    branding: JSON.parse(row.branding),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
