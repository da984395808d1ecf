import { Failure } from '#kernel/error.ts'
import { freeObject } from '#kernel/field.ts'
import type { Context, Unit } from '../context.ts'
import { checkUpdated, givenOnly } from '../update.ts'
import { TAKEN, tellOfTenant, viewTenant } from './tenant.service.ts'
import { DEFAULT_TENANT, type Tenant, type TenantPatch, type TenantView } from './tenant.ts'
import { lockForTransfer } from './transfer.ts'

type Change = Partial<Omit<Tenant, 'id'>>

/**
 * Changes a tenant: what it is called, whether it stands still, and whose it is, in one write.
 * @throws Failure `not_found` for it or the partner, `precondition_failed`, `already_exists`, `invalid_input`,
 *   `forbidden` or `conflict` for another slug, status or partner, `limit_reached`
 */
export async function updateTenant(context: Context, { id, ifVersion, ...patch }: TenantPatch): Promise<TenantView> {
  const { reach } = context.actor
  return context.write(async (unit) => {
    const before =
      patch.partnerId === undefined
        ? await unit.tenants.lock(reach, id)
        : await lockForTransfer(unit, reach, id, patch.partnerId)
    if (!before) throw new Failure('not_found')
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const change = changeOf(before, patch)
    if (isAsItWas(before, change)) return viewTenant(before)
    checkAllowed(context, before, change)
    const tenant: Tenant = { ...before, ...change, version: before.version + 1, updatedAt: context.clock.now() }
    checkUpdated(await unit.tenants.update(reach, tenant), TAKEN)
    tellOfChange(unit, before, tenant, change)
    return viewTenant(tenant)
  })
}

function changeOf(before: Tenant, patch: Omit<TenantPatch, 'id' | 'ifVersion'>): Change {
  const { settingsMembers, brandingMembers, ...given } = givenOnly(patch)
  const { settings = before.settings, branding = before.branding } = given
  return {
    ...given,
    ...(settingsMembers && { settings: merged('settings', settings, settingsMembers) }),
    ...(brandingMembers && { branding: merged('branding', branding, brandingMembers) }),
  }
}

// An object with some members as they are to be, without those that are to be null.
function merged(name: string, before: Tenant['settings'], members: Tenant['settings']): Record<string, unknown> {
  const after = Object.fromEntries(Object.entries({ ...before, ...members }).filter(([key]) => members[key] !== null))
  const { error } = freeObject().safeParse(after)
  if (!error) return after
  const message = error.issues[0]?.message ?? 'not acceptable'
  throw new Failure('invalid_input', { message: `${name}: ${message}`, flaws: [{ path: name, message }] })
}

// To suspend what is suspended changes nothing, and is no event.
function isAsItWas(before: Tenant, change: Change): boolean {
  const given = Object.keys(change) as (keyof Change)[]
  return given.length > 0 && given.every((key) => APART.has(key) && change[key] === before[key])
}

/** What has events of its own. */
const APART: ReadonlySet<string> = new Set(['status', 'partnerId'])

// A slug stands in URLs that the platform shares out.
function checkAllowed({ actor }: Context, before: Tenant, { slug, status }: Change): void {
  const renames = slug !== undefined && slug !== before.slug
  const turns = status !== undefined && status !== before.status
  if (!renames && !turns) return
  const what = renames ? 'change a tenant’s slug' : 'suspend a tenant'
  if (actor.reach.kind !== 'platform') throw new Failure('forbidden', `Only the platform may ${what}.`)
  if (before.slug !== DEFAULT_TENANT) return
  throw new Failure('conflict', renames ? 'The first tenant keeps its slug.' : 'The first tenant cannot be suspended.')
}

function tellOfChange(unit: Unit, before: Tenant, tenant: Tenant, change: Change): void {
  const given = Object.keys(change)
  const changed = given.filter((key) => !APART.has(key))
  if (changed.length > 0 || given.length === 0) tellOfTenant(unit, 'tenant.updated', tenant, { changed })
  if (before.status !== tenant.status) {
    tellOfTenant(unit, tenant.status === 'active' ? 'tenant.reactivated' : 'tenant.suspended', tenant)
  }
  if (before.partnerId !== tenant.partnerId) {
    tellOfTenant(unit, 'tenant.transferred', tenant, { from: before.partnerId, to: tenant.partnerId })
  }
}
