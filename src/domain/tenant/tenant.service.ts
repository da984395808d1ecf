// Decides about tenants: creates, lists and deletes them.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { addCliClient } from '../admin-realm/admin-realm.service.ts'
import { checkFiles } from '../branding/branding.service.ts'
import { readBranding } from '../branding/branding.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { INTERNAL_PARTNER, type Partner } from '../partner/partner.ts'
import { checkReachable } from '../realm/level.ts'
import { insertRealm, prepareRealm } from '../realm/realm.service.ts'
import { DEFAULT_TENANT, type NewTenant, type Tenant, type TenantQuery, type TenantView } from './tenant.ts'

/** The message for a slug that is in use. */
export const SLUG_IN_USE = 'Another tenant has this slug.'

/**
 * Creates a tenant with its home realm and its hidden admin realm.
 * @throws Failure `already_exists` if the slug is in use, `limit_reached`, `not_found` or `conflict` for its partner,
 *   `invalid_request` for a level that no administrator can reach
 */
export async function createTenant(context: Context, { partnerId, ...input }: NewTenant): Promise<TenantView> {
  const now = context.clock.now()
  const id = context.random.id()
  const adminRealm = await prepareAdminRealm(context, { id, adminMinAal: input.adminMinAal })
  checkReachable(adminRealm.realm, 'adminMinAal')
  const homeRealm = await prepareRealm(context, { name: input.name, kind: 'default', tenantId: id })
  return context.write(async (unit) => {
    const partner = await lockedPartner(context, unit, partnerId)
    if (partner.status !== 'active') throw new Failure('conflict', 'The partner is suspended.')
    if (
      partner.maxTenants !== null &&
      (await unit.acrossTenants.partners.tenants(context.actor.reach, partner.id)) >= partner.maxTenants
    ) {
      throw new Failure('limit_reached', `The partner may have ${partner.maxTenants} tenants.`)
    }
    const tenant: Tenant = {
      ...input,
      id,
      partnerId: partner.id,
      version: 1,
      createdAt: now,
      updatedAt: now,
    }
    await insertTenant(context, unit, tenant, adminRealm)
    await insertRealm(unit.within(id), homeRealm)
    await checkFiles(unit.within(id), readBranding(tenant.branding))
    return viewTenant(tenant)
  })
}

/** Prepares a tenant's admin realm for {@link insertTenant}. Its keys are created before the write. */
export function prepareAdminRealm(
  context: Context,
  { id, adminMinAal }: Pick<Tenant, 'id' | 'adminMinAal'>,
): ReturnType<typeof prepareRealm> {
  return prepareRealm(context, { name: 'Administration', kind: 'admin', tenantId: id, minAal: adminMinAal })
}

/**
 * Writes a tenant and its admin realm with the client for the command line, inside a write.
 * @throws Failure `already_exists` if the slug is in use
 */
export async function insertTenant(
  context: Context,
  unit: Unit,
  tenant: Tenant,
  adminRealm: Awaited<ReturnType<typeof prepareAdminRealm>>,
): Promise<void> {
  if (!(await unit.acrossTenants.tenants.insert(context.actor.reach, tenant)))
    throw new Failure('already_exists', SLUG_IN_USE)
  emitTenantEvent(unit, 'tenant.created', tenant)
  const inTenant = unit.within(tenant.id)
  await insertRealm(inTenant, adminRealm)
  await addCliClient({ ...context, scope: { tenantId: tenant.id, realm: adminRealm.realm } }, inTenant)
}

/** @throws Failure `not_found` */
export async function getTenant(context: Context, { id }: { id: string }): Promise<TenantView> {
  return viewTenant(await requireTenant(context, context.read, id))
}

/** One page of the tenants within reach. */
export async function listTenants({ read, actor }: Context, query: TenantQuery): Promise<Page<TenantView>> {
  return mapPage(await read.acrossTenants.tenants.list(actor.reach, query), viewTenant)
}

/** Deletes a tenant and ends everything in it. @throws Failure `not_found`, `conflict` for the first tenant */
export async function deleteTenant(context: Context, { id }: { id: string }): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    const tenant = await requireTenant(context, unit, id)
    if (tenant.slug === DEFAULT_TENANT) throw new Failure('conflict', 'The first tenant cannot be deleted.')
    if (!(await unit.acrossTenants.tenants.delete(context.actor.reach, id, now))) throw new Failure('not_found')
    await unit.within(id).tenant.endAll(now)
    await unit.within(id).brandings.removeAll(now)
    emitTenantEvent(unit, 'tenant.deleted', tenant)
  })
}

/** The view of a tenant, with its numbers. */
export function viewTenant(tenant: Tenant): TenantView {
  return { ...tenant, settings: { ...tenant.settings }, branding: { ...tenant.branding } }
}

async function lockedPartner({ actor: { reach } }: Context, unit: Unit, id: string | undefined): Promise<Partner> {
  const partnerId = id ?? (await unit.acrossTenants.partners.findBySlug(reach, INTERNAL_PARTNER))?.id
  const partner = partnerId === undefined ? undefined : await unit.acrossTenants.partners.lock(reach, partnerId)
  if (!partner) throw new Failure('not_found', 'The partner does not exist.')
  return partner
}

async function requireTenant(
  { actor }: Context,
  { acrossTenants }: Pick<Stores, 'acrossTenants'>,
  id: string,
): Promise<Tenant> {
  const tenant = await acrossTenants.tenants.find(actor.reach, id)
  if (!tenant) throw new Failure('not_found')
  return tenant
}

/** Emits an event about a tenant in the tenant's own chain. */
export function emitTenantEvent(unit: Unit, type: EventType, tenant: Tenant, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'tenant', id: tenant.id, label: tenant.name },
    tenantId: tenant.id,
    data: { slug: tenant.slug, ...data },
  })
}
