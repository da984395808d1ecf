import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { NumberedPage } from '#kernel/page.ts'
import { addCliClient } from '../admin-realm/admin-realm.service.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { INTERNAL_PARTNER, type Partner } from '../partner/partner.ts'
import { insertRealm, prepareRealm } from '../realm/realm.service.ts'
import { checkAmong } from './among.ts'
import { DEFAULT_TENANT, type NewTenant, type Tenant, type TenantSurvey, type TenantView } from './tenant.ts'

/** What is said of a slug that another tenant has. */
export const TAKEN = 'Another tenant has this slug.'

/**
 * Creates a tenant with a realm for its people, and the hidden one that its administrators sign in at.
 * @throws Failure `already_exists` for a taken slug, `limit_reached`, `not_found` or `conflict` for its partner
 */
export async function createTenant(context: Context, { partnerId, ...input }: NewTenant): Promise<TenantView> {
  const now = context.clock.now()
  const id = context.random.id()
  const adminRealm = await prepareAdminRealm(context, id)
  const homeRealm = await prepareRealm(context, { name: input.name, kind: 'default', tenantId: id })
  return context.write(async (unit) => {
    const partner = await lockedPartner(unit, partnerId)
    if (partner.status !== 'active') throw new Failure('conflict', 'The partner is suspended.')
    if (partner.maxTenants !== null && (await unit.partners.tenants(partner.id)) >= partner.maxTenants) {
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
    return viewTenant(tenant)
  })
}

/** The realm that a tenant’s administrators sign in at, for {@link insertTenant}. Its keys are made before any write. */
export function prepareAdminRealm(context: Context, tenantId: string): ReturnType<typeof prepareRealm> {
  return prepareRealm(context, { name: 'Administration', kind: 'admin', tenantId })
}

/** Writes a tenant and its admin realm, with the client that every one has, inside a write. @throws Failure `already_exists` where the slug is taken */
export async function insertTenant(
  context: Context,
  unit: Unit,
  tenant: Tenant,
  adminRealm: Awaited<ReturnType<typeof prepareAdminRealm>>,
): Promise<void> {
  if (!(await unit.tenants.insert(tenant))) throw new Failure('already_exists', TAKEN)
  tellOfTenant(unit, 'tenant.created', tenant)
  const inside = unit.within(tenant.id)
  await insertRealm(inside, adminRealm)
  await addCliClient({ ...context, scope: { tenantId: tenant.id, realm: adminRealm.realm } }, inside)
}

/** @throws Failure `not_found` */
export async function getTenant(context: Context, { id }: { id: string }): Promise<TenantView> {
  return viewTenant(await found(context, context.read, id))
}

/** One numbered page of the tenants within reach. @throws Failure `access_denied` for another partner’s */
export async function surveyTenants(context: Context, query: TenantSurvey): Promise<NumberedPage<TenantView>> {
  await checkAmong(context, query)
  const { data, total } = await context.read.tenants.survey(context.actor.reach, query)
  return { data: data.map(viewTenant), total }
}

/** Deletes a tenant and ends everything in it. @throws Failure `not_found`, `conflict` where it is the first one */
export async function deleteTenant(context: Context, { id }: { id: string }): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    const tenant = await found(context, unit, id)
    if (tenant.slug === DEFAULT_TENANT) throw new Failure('conflict', 'The first tenant cannot be deleted.')
    if (!(await unit.tenants.delete(id, now))) throw new Failure('not_found')
    await unit.within(id).tenants.endAll(now)
    tellOfTenant(unit, 'tenant.deleted', tenant)
  })
}

/** A tenant as admin surfaces show it. */
export function viewTenant(tenant: Tenant): TenantView {
  return { ...tenant, settings: { ...tenant.settings }, branding: { ...tenant.branding } }
}

async function lockedPartner(unit: Unit, id: string | undefined): Promise<Partner> {
  const partnerId = id ?? (await unit.partners.findBySlug(INTERNAL_PARTNER))?.id
  const partner = partnerId === undefined ? undefined : await unit.partners.lock(partnerId)
  if (!partner) throw new Failure('not_found', 'There is no such partner.')
  return partner
}

async function found({ actor }: Context, { tenants }: Pick<Stores, 'tenants'>, id: string): Promise<Tenant> {
  const tenant = await tenants.find(actor.reach, id)
  if (!tenant) throw new Failure('not_found')
  return tenant
}

/** Tells of a tenant in its own chain of events. */
export function tellOfTenant(unit: Unit, type: EventType, tenant: Tenant, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'tenant', id: tenant.id },
    tenantId: tenant.id,
    data: { slug: tenant.slug, ...data },
  })
}
