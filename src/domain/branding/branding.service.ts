// Decides about brandings: shows and changes them, and stores the files that they refer to.
import { type Change, changeBetween } from '#kernel/change.ts'
import { Failure, flawed } from '#kernel/error.ts'
import type { Id } from '#kernel/id.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import { type Tenant, TenantFields } from '../tenant/tenant.ts'
import { checkUpdated, definedOnly, revise } from '../update.ts'
import type { StoredBranding } from './branding.store.ts'
import {
  BRANDING_FILES_PATH,
  BRANDING_MEMBERS,
  type Brand,
  type Branding,
  type BrandingLevel,
  type BrandingView,
  filesOf,
  inherit,
  isDataImage,
  noticesOf,
  type RealmBrandingPatch,
  readBranding,
} from './branding.ts'

/** What a branding is of. */
export interface BrandingOwner {
  readonly clientId?: Id | undefined
  readonly organizationId?: Id | undefined
}

type Place = Pick<StoredBranding, 'ownerId' | 'kind' | 'realmId'> & { readonly label: string }
type Patch = Omit<RealmBrandingPatch, keyof BrandingOwner>

/** The branding of the tenant of the request. @throws Failure `not_found` */
export async function showTenantBranding(context: Context): Promise<BrandingView> {
  const { read, actor, scope } = context
  return viewOfTenant(await read.acrossTenants.tenants.find(actor.reach, scope.tenantId))
}

/**
 * Changes the branding of the tenant of the request.
 * @throws Failure `not_found`, `precondition_failed`, `invalid_input` for a file that was not uploaded
 */
export function updateTenantBranding(context: Context, patch: Patch): Promise<BrandingView> {
  return context.write((unit) => changeTenant(context, unit, patch))
}

/** The branding of the realm of the request, or of one of its organizations or clients. @throws Failure `not_found` */
export async function showBranding(context: Context, owner: BrandingOwner): Promise<BrandingView> {
  const place = await placeOf(context.read, context, owner)
  return viewOf(context, place, await context.read.brandings.find(place.ownerId))
}

/**
 * Changes the branding of the realm of the request, or of one of its organizations or clients.
 * @throws Failure `not_found`, `precondition_failed`, `invalid_input` for a file that was not uploaded
 */
export async function updateBranding(
  context: Context,
  { clientId, organizationId, ...patch }: RealmBrandingPatch,
): Promise<BrandingView> {
  const owner = { clientId, organizationId }
  const { place, stored } = await context.write((unit) => changeOwn(context, unit, owner, patch))
  return viewOf(context, place, stored)
}

/** Changes the branding of a tenant inside a write. */
export async function changeTenant(
  context: Context,
  unit: Unit,
  { ifVersion, ...patch }: Patch,
): Promise<BrandingView> {
  const { reach } = context.actor
  const before = await unit.acrossTenants.tenants.lock(reach, context.scope.tenantId)
  if (!before) throw new Failure('not_found')
  if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
  const branding = patched(before.branding, patch)
  const revised = revise(TenantFields, before, { branding }, context.clock.now())
  if (!revised) return viewOfTenant(before)
  const { after } = revised
  await checkFiles(unit, readBranding(branding))
  checkUpdated(await unit.acrossTenants.tenants.update(reach, after), 'Another tenant has this slug.')
  await unit.brandingFiles.noteUse(after.updatedAt)
  const change = changeOf(readBranding(before.branding), readBranding(branding))
  if (change) emitUpdated(unit, 'tenant', { id: after.id, label: after.name }, change)
  return viewOfTenant(after)
}

/** Changes a branding that is not that of a tenant, inside a write. */
export async function changeOwn(
  context: Context,
  unit: Unit,
  owner: BrandingOwner,
  { ifVersion, ...patch }: Patch,
): Promise<{ readonly place: Place; readonly stored: StoredBranding | undefined }> {
  const place = await placeOf(unit, context, owner)
  const before = await unit.brandings.find(place.ownerId)
  const version = before?.version ?? 0
  if (ifVersion !== undefined && ifVersion !== version) throw new Failure('precondition_failed')
  const given = readBranding(patched(before?.given ?? {}, patch))
  const change = changeOf(before?.given ?? {}, given)
  if (!change) return { place, stored: before }
  await checkFiles(unit, given)
  const { label, ...at } = place
  const stored: StoredBranding = { ...at, given, version: version + 1, updatedAt: context.clock.now() }
  if (!(await unit.brandings.put(stored))) throw new Failure('precondition_failed')
  await unit.brandingFiles.noteUse(stored.updatedAt)
  emitUpdated(unit, place.kind, { id: place.ownerId, label }, change)
  return { place, stored }
}

/** Checks that the files of a branding were uploaded. @throws Failure `invalid_input` */
export async function checkFiles({ brandingFiles }: Pick<Stores, 'brandingFiles'>, branding: Branding): Promise<void> {
  const missing = await brandingFiles.missing(filesOf(branding))
  const member = (['logo', 'favicon', 'font'] as const).find((name) => missing.includes(branding[name] ?? ''))
  if (member === undefined) return
  const message = 'no file of this name was uploaded for the tenant'
  throw flawed(member, message)
}

/**
 * What is shown for a client or an organization of a realm.
 * @param brand what is shown of the realm
 */
export async function brandFor(
  { registry, scope }: Pick<Context, 'registry' | 'scope'>,
  brand: Brand,
  owners: readonly { readonly ownerId: Id; readonly of: Readonly<Record<string, string>> }[],
): Promise<Brand> {
  let shown = brand
  for (const { ownerId, of } of owners) {
    const own = await registry.branding(scope.tenantId, ownerId)
    if (Object.keys(own).length > 0) shown = { ...inherit(shown, own), of: { ...shown.of, ...of } }
  }
  return shown
}

/** @throws Failure `not_found`, `invalid_request` where two are named */
async function placeOf(
  { clients, organizations }: Stores,
  { scope }: Pick<Context, 'scope'>,
  { clientId, organizationId }: BrandingOwner,
): Promise<Place> {
  const realm = realmOf(scope)
  if (clientId !== undefined && organizationId !== undefined) {
    throw new Failure('invalid_request', 'Name a client or an organization, and not both.')
  }
  if (clientId !== undefined) {
    const found = await clients.find(realm.id, clientId)
    if (!found) throw new Failure('not_found')
    return { ownerId: clientId, kind: 'client', realmId: realm.id, label: found.client.label }
  }
  if (organizationId !== undefined) {
    const organization = await organizations.find(realm.directoryId, organizationId)
    if (!organization) throw new Failure('not_found')
    return { ownerId: organizationId, kind: 'organization', realmId: null, label: organization.name }
  }
  return { ownerId: realm.id, kind: 'realm', realmId: realm.id, label: realm.name }
}

async function viewOf(
  context: Context,
  { ownerId, kind }: Place,
  stored: StoredBranding | undefined,
): Promise<BrandingView> {
  const { registry, scope } = context
  const { tenant: _, of: __, ...ofRealm } = (await registry.realmById(realmOf(scope).id))?.brand ?? {}
  const own = stored?.given ?? {}
  const effective = kind === 'realm' ? ofRealm : inherit(ofRealm, await registry.branding(scope.tenantId, ownerId))
  const { version = 0, updatedAt = null } = stored ?? {}
  const logoUrl = logoUrlOf(effective, issuerOf(realmOf(scope), registry.settings))
  return { level: kind, own, effective, logoUrl, notices: noticesOf(effective), version, updatedAt }
}

function logoUrlOf({ logo }: Branding, issuer: string): string | null {
  if (logo === undefined) return null
  return isDataImage(logo) ? logo : `${issuer}${BRANDING_FILES_PATH}/${logo}`
}

function viewOfTenant(tenant: Tenant | undefined): BrandingView {
  if (!tenant) throw new Failure('not_found')
  const own = readBranding(tenant.branding)
  const effective = inherit({}, own)
  const { version, updatedAt } = tenant
  return { level: 'tenant', own, effective, notices: noticesOf(effective), version, updatedAt }
}

function patched(before: Readonly<Record<string, unknown>>, patch: Omit<Patch, 'ifVersion'>) {
  const after = Object.entries({ ...before, ...definedOnly(patch) }).filter(([, value]) => value !== null)
  return Object.fromEntries(after)
}

const AUDITED = Object.fromEntries(BRANDING_MEMBERS.map((name) => [name, 'values' as const]))

const changeOf = (before: Branding, after: Branding) => changeBetween(AUDITED, before, after)

function emitUpdated(
  unit: Unit,
  level: BrandingLevel,
  { id, label }: { readonly id: Id; readonly label: string },
  change: Change,
): void {
  unit.emit('branding.updated', { subject: { type: level, id, label }, data: { level, ...change } })
}
