// Selects the tenants within a reach.
import type { Kysely } from 'kysely'
import type { Schema } from '#database/schema.ts'
import type { Reach } from '../actor.ts'

/** The living tenants that a reach covers: the platform’s hand reaches every one, a partner’s its own, everyone else’s only theirs. */
export function reachedTenants(kysely: Kysely<Schema>, reach: Reach) {
  const existing = kysely.selectFrom('tenant').where('tenant.deleted_at', 'is', null)
  if (reach.kind === 'platform') return existing
  if (reach.kind === 'partner') return existing.where('tenant.partner_id', '=', reach.partnerId)
  return existing.where('tenant.id', '=', reach.kind === 'none' ? '' : reach.tenantId)
}

/** What a list across tenants may be narrowed to. */
export interface TenantFilter {
  readonly tenantId?: string | undefined
  readonly partnerId?: string | undefined
}

/**
 * The ids of the living tenants that a reach covers, for the predicate of a list across tenants: every row’s tenant has
 * to be among them.
 */
export function tenantsWithin(kysely: Kysely<Schema>, reach: Reach, { tenantId, partnerId }: TenantFilter = {}) {
  let tenants = reachedTenants(kysely, reach).select('tenant.id')
  if (tenantId !== undefined) tenants = tenants.where('tenant.id', '=', tenantId)
  if (partnerId !== undefined) tenants = tenants.where('tenant.partner_id', '=', partnerId)
  return tenants
}
