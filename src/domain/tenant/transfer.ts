// A tenant goes from one partner to another: both are locked, in the order of their ids, and then the tenant, which is the
// order in which a tenant is created too.
import { Failure } from '#kernel/error.ts'
import type { Reach, Unit } from '../context.ts'
import type { Partner } from '../partner/partner.ts'
import { DEFAULT_TENANT, type Tenant } from './tenant.ts'

/**
 * Keeps other writes from a tenant and from both partners, and checks that the one can take it from the other.
 * @returns the tenant as it is; undefined where it is out of reach or gone
 * @throws Failure `forbidden`, `not_found` for the partner, `conflict`, `limit_reached`
 */
export async function lockForTransfer(
  unit: Unit,
  reach: Reach,
  id: string,
  partnerId: string,
): Promise<Tenant | undefined> {
  const found = await unit.tenants.find(reach, id)
  if (!found || found.partnerId === partnerId) return unit.tenants.lock(reach, id)
  if (reach.kind !== 'platform') throw new Failure('forbidden', 'Only the platform may give a tenant to a partner.')
  if (found.slug === DEFAULT_TENANT)
    throw new Failure('conflict', 'The first tenant stays with the operator’s partner.')
  const partners = new Map<string, Partner | undefined>()
  for (const each of [found.partnerId, partnerId].sort()) partners.set(each, await unit.partners.lock(each))
  const tenant = await unit.tenants.lock(reach, id)
  if (tenant && tenant.partnerId !== found.partnerId) throw new Failure('conflict', 'The tenant was moved meanwhile.')
  const target = partners.get(partnerId)
  if (!target) throw new Failure('not_found', 'There is no such partner.')
  if (tenant) await checkRoom(unit, tenant, target)
  return tenant
}

async function checkRoom(unit: Unit, { id }: Tenant, partner: Partner): Promise<void> {
  const { maxTenants, maxUsersPerTenant: users, maxApplicationsPerTenant: applications } = partner
  if (partner.status !== 'active') throw new Failure('conflict', 'The partner is suspended.')
  if (maxTenants !== null && (await unit.partners.tenants(partner.id)) >= maxTenants) {
    throw new Failure('limit_reached', `The partner may have ${maxTenants} tenants.`)
  }
  if (users === null && applications === null) return
  const usage = await unit.within(id).tenants.usage()
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
