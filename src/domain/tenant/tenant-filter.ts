// The filter that every list across tenants has: one tenant, or the tenants of one partner.
import { idOf } from '#kernel/field.ts'

/** The members of a list’s input that limit it to one tenant or to the tenants of one partner. */
export const TENANT_FILTER = {
  tenantId: idOf('tenant').optional().describe('Only items of this tenant.'),
  partnerId: idOf('partner').optional().describe('Only items of the tenants of this partner.'),
}
