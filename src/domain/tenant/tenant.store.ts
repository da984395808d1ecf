// Reads and writes tenants, limited to the reach of the caller.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { startsWith } from '#database/offset-page.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Reach } from '../actor.ts'
import { coversPartner } from '../partner/partner.store.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { DEFAULT_TENANT, type Tenant, TenantFields, type TenantQuery } from './tenant.ts'
import { reachedTenants, tenantsWithin } from './tenants-within.store.ts'

// A tenant does not belong to a tenant, so the caller's reach limits these queries.

const rows = versionedRows('tenant', TenantFields)

export type TenantStore = ReturnType<typeof tenantStore>

/** The tenants of the installation, limited to a reach. */
export function tenantStore(connection: Connection) {
  const { kysely } = connection
  const reached = (reach: Reach) => reachedTenants(kysely, reach).selectAll()
  return {
    /** @returns false if the slug is in use, or the reach does not include the tenants of the partner */
    async insert(reach: Reach, tenant: Tenant): Promise<boolean> {
      return coversPartner(reach, tenant.partnerId) && rows.insertIfFree(kysely, tenant)
    },

    /** One page, oldest first. */
    list: (reach: Reach, query: TenantQuery) => listTenants(connection, reach, query),

    /** The number of tenants within the reach. */
    async count(reach: Reach): Promise<number> {
      const { count } = await reachedTenants(kysely, reach)
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    async find(reach: Reach, id: string): Promise<Tenant | undefined> {
      const row = await reached(reach).where('id', '=', id).executeTakeFirst()
      return row && TenantFields.fromRow(row)
    },

    /** Finds a tenant inside a write and locks it until the write ends. */
    async lock(reach: Reach, id: string): Promise<Tenant | undefined> {
      const row = await reached(reach).where('id', '=', id).forNoKeyUpdate().executeTakeFirst()
      return row && TenantFields.fromRow(row)
    },

    /** Updates a tenant if it still has the version that was read. */
    update(reach: Reach, tenant: Tenant): Promise<UpdateOutcome> {
      return outcomeOf(
        kysely
          .updateTable('tenant')
          .set(TenantFields.toUpdate(tenant))
          .where('id', '=', tenant.id)
          .where('id', 'in', tenantsWithin(kysely, reach))
          .where('version', '=', tenant.version - 1)
          .executeTakeFirst(),
      )
    },

    /** @returns whether the tenant existed; false for the first tenant, which cannot be deleted */
    async delete(reach: Reach, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('tenant')
        .set({ deleted_at: now, updated_at: now })
        .where('id', '=', id)
        .where('id', 'in', tenantsWithin(kysely, reach))
        .where('slug', '!=', DEFAULT_TENANT)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

// The number of tenants is small, so the name filter needs no index.
async function listTenants(
  connection: Connection,
  reach: Reach,
  { search, status, partnerId, ...query }: TenantQuery,
): Promise<Page<Tenant>> {
  let tenants = reachedTenants(connection.kysely, reach)
  if (partnerId) tenants = tenants.where('partner_id', '=', partnerId)
  if (status) tenants = tenants.where('status', '=', status)
  if (search !== undefined) tenants = tenants.where((row) => startsWith(row, ['name', 'slug'], search))
  const shape = { isUnindexed: search !== undefined }
  return mapPage(await readListPage(connection, tenants.selectAll(), query, shape), TenantFields.fromRow)
}
