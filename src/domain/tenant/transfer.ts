// Moves a tenant from one partner to another. Both partners are locked, in the order of their ids, and then the tenant.
// The creation of a tenant uses the same order.
import { Failure } from '#kernel/error.ts'
import type { Reach } from '../actor.ts'
import type { Unit } from '../context.ts'
import type { Partner } from '../partner/partner.ts'
import { DEFAULT_TENANT, type Tenant } from './tenant.ts'

/**
 * Locks a tenant and both partners until the write ends, and checks that the new partner can take the tenant.
 * @returns the tenant; undefined if it is outside the reach or does not exist
 * @throws Failure `forbidden`, `not_found` for the partner, `conflict`, `limit_reached`
 */
export async function lockForTransfer(
  unit: Unit,
  reach: Reach,
  id: string,
  partnerId: string,
): Promise<Tenant | undefined> {
  const before = await unit.acrossTenants.tenants.find(reach, id)
  if (!before || before.partnerId === partnerId) return unit.acrossTenants.tenants.lock(reach, id)
  if (reach.kind !== 'platform')
    throw new Failure('forbidden', 'Only the platform can move a tenant to another partner.')
  if (before.slug === DEFAULT_TENANT)
    throw new Failure('conflict', 'The first tenant cannot be moved to another partner.')
  const partners = new Map<string, Partner | undefined>()
  for (const each of [before.partnerId, partnerId].sort())
    partners.set(each, await unit.acrossTenants.partners.lock(reach, each))
  const tenant = await unit.acrossTenants.tenants.lock(reach, id)
  if (tenant && tenant.partnerId !== before.partnerId)
    throw new Failure('conflict', 'The tenant was moved to another partner in the meantime. Repeat the request.')
  const target = partners.get(partnerId)
  if (!target) throw new Failure('not_found', 'The partner does not exist.')
  if (tenant) await checkRoom(unit, reach, tenant, target)
  return tenant
}

async function checkRoom(unit: Unit, reach: Reach, { id }: Tenant, partner: Partner): Promise<void> {
  const { maxTenants, maxUsersPerTenant: users, maxApplicationsPerTenant: applications } = partner
  if (partner.status !== 'active') throw new Failure('conflict', 'The partner is suspended.')
  if (maxTenants !== null && (await unit.acrossTenants.partners.tenants(reach, partner.id)) >= maxTenants) {
    throw new Failure('limit_reached', `The partner may have ${maxTenants} tenants.`)
  }
  if (users === null && applications === null) return
  const usage = await unit.within(id).tenant.usage()
  if (users !== null && usage.users > users) {
    throw new Failure(
      'limit_reached',
      `A tenant of the partner may have ${users} users, and this one has ${usage.users}.`,
    )
  }
  if (applications !== null && usage.applications > applications) {
    throw new Failure(
      'limit_reached',
      `A tenant of the partner may have ${applications} applications, and this one has ${usage.applications}.`,
    )
  }
}
