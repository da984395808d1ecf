// The queries about the tenant of a tenant-bound store: the use of its quota, and the end of everything in it.
import type { Connection } from '#database/database.ts'
import { endTenant } from './tenant-end.store.ts'
import { lockQuota, type Quota, usageOf } from './tenant-quota.store.ts'

export type BoundTenantStore = ReturnType<typeof boundTenantStore>

/** The tenant that a set of stores is bound to. */
export function boundTenantStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    /** Ends everything in the tenant: realms, sessions, tokens, consents and keys. */
    endAll: (now: number) => endTenant(connection, tenantId, now),

    /** The numbers that the partner's limits apply to. */
    usage: () => usageOf(kysely, tenantId),

    /**
     * How many of a noun it may have; null for any number. Where there is a limit, other writes that ask for theirs wait
     * until this one ends, so that nobody else counts meanwhile.
     */
    lockQuota: (of: keyof Quota) => lockQuota(kysely, tenantId, of),

    /** Whether the tenant may do anything: it is active, and its partner too. */
    async isActive(): Promise<boolean> {
      const row = await kysely
        .selectFrom('tenant')
        .innerJoin('partner', 'partner.id', 'tenant.partner_id')
        .select('tenant.id')
        .where('tenant.id', '=', tenantId)
        .where('tenant.status', '=', 'active')
        .where('tenant.deleted_at', 'is', null)
        .where('partner.status', '=', 'active')
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
