// Changes tenants.
import { type Change, changeWithout } from '#kernel/change.ts'
import { Failure, flawed } from '#kernel/error.ts'
import { adminRealmOf } from '../admin-realm/admin-realm.service.ts'
import { checkFiles } from '../branding/branding.service.ts'
import { readBranding } from '../branding/branding.ts'
import type { Context, Unit } from '../context.ts'
import { checkAlsoPermitted, checkFreshSignIn } from '../permitted.ts'
import { checkReachable } from '../realm/level.ts'
import { RealmFields } from '../realm/realm.ts'
import { checkUpdated, definedOnly, revise } from '../update.ts'
import { emitTenantEvent, SLUG_IN_USE, viewTenant } from './tenant.service.ts'
import { DEFAULT_TENANT, type Tenant, TenantFields, type TenantPatch, type TenantView } from './tenant.ts'
import { brandingObject, settingsObject } from './tenant-objects.ts'
import { lockForTransfer } from './transfer.ts'

const OBJECTS = { settings: settingsObject, branding: brandingObject } as const

type NewValues = Partial<Omit<Tenant, 'id'>>

/**
 * Changes a tenant's name, status, partner and the level of its administrators in one write.
 * @throws Failure `not_found` for the tenant or the partner, `precondition_failed`, `already_exists`,
 *   `invalid_input`, `forbidden` or `conflict` for a change of slug, status or partner, `limit_reached`, `forbidden`,
 *   `insufficient_user_authentication` or `invalid_request` for the level of its administrators
 */
export async function updateTenant(context: Context, { id, ifVersion, ...patch }: TenantPatch): Promise<TenantView> {
  const { reach } = context.actor
  return context.write(async (unit) => {
    const before =
      patch.partnerId === undefined
        ? await unit.acrossTenants.tenants.lock(reach, id)
        : await lockForTransfer(unit, reach, id, patch.partnerId)
    if (!before) throw new Failure('not_found')
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const values = valuesOf(before, patch)
    checkAllowed(context, before, values)
    const revised = revise(TenantFields, before, values, context.clock.now())
    if (!revised) return viewTenant(before)
    const { after: tenant, change } = revised
    checkUpdated(await unit.acrossTenants.tenants.update(reach, tenant), SLUG_IN_USE)
    if (values.branding) await noteBranding(unit.within(id), tenant)
    if (before.adminMinAal !== tenant.adminMinAal) await changeLevel(context, unit.within(id), tenant)
    emitChangeEvents(unit, before, tenant, change)
    return viewTenant(tenant)
  })
}

/** Checks that the files of a branding were uploaded, and notes that they are used. @throws Failure `invalid_input` */
async function noteBranding(unit: Unit, { branding, updatedAt }: Tenant): Promise<void> {
  await checkFiles(unit, readBranding(branding))
  await unit.brandingFiles.noteUse(updatedAt)
}

function valuesOf(before: Tenant, patch: Omit<TenantPatch, 'id' | 'ifVersion'>): NewValues {
  const { settingsMembers, brandingMembers, ...changes } = definedOnly(patch)
  const { settings = before.settings, branding = before.branding } = changes
  return {
    ...changes,
    ...(settingsMembers && { settings: merged('settings', settings, settingsMembers) }),
    ...(brandingMembers && { branding: merged('branding', branding, brandingMembers) }),
  }
}

// An object with some members replaced; null removes a member.
function merged(
  name: keyof typeof OBJECTS,
  before: Tenant['settings'],
  members: Tenant['settings'],
): Record<string, unknown> {
  const after = Object.fromEntries(Object.entries({ ...before, ...members }).filter(([key]) => members[key] !== null))
  const { error } = OBJECTS[name].safeParse(after)
  if (!error) return after
  const [{ message, path } = { message: 'not acceptable', path: [] }] = error.issues
  const at = [name, ...path].join('.')
  throw flawed(at, message)
}

// URLs contain the slug, so only the platform may change it.
function checkAllowed({ actor }: Context, before: Tenant, { slug, status }: NewValues): void {
  const renames = slug !== undefined && slug !== before.slug
  const changesStatus = status !== undefined && status !== before.status
  if (!renames && !changesStatus) return
  const action = renames ? 'change a tenant’s slug' : 'suspend a tenant'
  if (actor.reach.kind !== 'platform') throw new Failure('forbidden', `Only the platform may ${action}.`)
  if (before.slug !== DEFAULT_TENANT) return
  throw new Failure('conflict', renames ? 'The first tenant keeps its slug.' : 'The first tenant cannot be suspended.')
}

/**
 * Makes the tenant's admin realm follow the level, inside a write. The event of the tenant tells of it. Whoever lowers it
 * weakens every administrator, so that the right to change tenants is not enough.
 */
async function changeLevel(context: Context, unit: Unit, { adminMinAal, updatedAt }: Tenant): Promise<void> {
  checkAlsoPermitted(context, 'administrators:write')
  checkFreshSignIn(context)
  const before = await adminRealmOf({ read: unit })
  const revised = revise(RealmFields, before, { minAal: adminMinAal }, updatedAt)
  if (!revised) return
  checkReachable(revised.after, 'adminMinAal')
  checkUpdated(await unit.realms.update(revised.after), 'The administrators have another realm.')
}

function emitChangeEvents(unit: Unit, before: Tenant, tenant: Tenant, change: Change): void {
  const others = changeWithout(change, 'status', 'partnerId')
  if (others) emitTenantEvent(unit, 'tenant.updated', tenant, { ...others })
  if (before.status !== tenant.status) {
    emitTenantEvent(unit, tenant.status === 'active' ? 'tenant.reactivated' : 'tenant.suspended', tenant, {
      before: { status: before.status },
      after: { status: tenant.status },
    })
  }
  if (before.partnerId !== tenant.partnerId) {
    emitTenantEvent(unit, 'tenant.transferred', tenant, {
      before: { partnerId: before.partnerId },
      after: { partnerId: tenant.partnerId },
    })
  }
}
