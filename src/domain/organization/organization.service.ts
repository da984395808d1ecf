// Decides about organizations and their members.
import { type Change, changeBetween } from '#kernel/change.ts'
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { SLUG_LETTERS, slugFrom } from '#kernel/slug.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { checkNotInFlow } from '../flow/not-in-flow.ts'
import { dropProviders } from '../identity-provider/provider-event.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { checkUpdated, definedOnly, revise } from '../update.ts'
import { directoryOf, getUser } from '../user/user.service.ts'
import {
  ADMIN,
  type Member,
  type MemberKey,
  type MemberPatch,
  type MemberView,
  type NewMember,
  type NewOrganization,
  type Organization,
  OrganizationFields,
  type OrganizationOfUser,
  type OrganizationPage,
  type OrganizationPatch,
  type OrganizationsOfUser,
  type OrganizationView,
  viewOrganization,
} from './organization.ts'
import { emitOrganizationEvent } from './organization-event.ts'

const SLUG_IN_USE = 'The tenant has an organization of this slug already.'

/** Creates an organization in the realm’s directory. @throws Failure `already_exists` if the slug is in use */
export async function createOrganization(context: Context, input: NewOrganization): Promise<OrganizationView> {
  const now = context.clock.now()
  const organization: Organization = {
    ...input,
    slug: input.slug ?? slugFrom(input.name) ?? `organization-${context.random.text(8, SLUG_LETTERS)}`,
    id: context.random.id(),
    tenantId: context.scope.tenantId,
    directoryId: directoryOf(context),
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  await context.write(async (unit) => {
    if (!(await unit.organizations.insert(organization))) throw new Failure('already_exists', SLUG_IN_USE)
    emitOrganizationEvent(unit, 'organization.created', organization)
  })
  return viewOrganization(organization)
}

/** @throws Failure `not_found` */
export async function getOrganization(context: Context, id: string): Promise<OrganizationView> {
  return viewOrganization(ensureOrganization(await context.read.organizations.find(directoryOf(context), id)))
}

/**
 * Changes an organization.
 * @throws Failure `not_found`, `already_exists` if the slug is in use, `precondition_failed`
 */
export async function updateOrganization(
  context: Context,
  { id, ifVersion, ...patch }: OrganizationPatch,
): Promise<OrganizationView> {
  return context.write(async (unit) => {
    const before = await lockOrganization(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const revised = revise(OrganizationFields, before, patch, context.clock.now())
    if (!revised) return viewOrganization(before)
    const { after: organization, change } = revised
    checkUpdated(await unit.organizations.update(organization), SLUG_IN_USE)
    emitOrganizationEvent(unit, 'organization.updated', organization, { ...change })
    return viewOrganization(organization)
  })
}

/**
 * Deletes an organization with its memberships, roles and pending invitations.
 * @throws Failure `not_found`, `conflict` if the steps of a flow name it
 */
export async function deleteOrganization(context: Context, { id }: { id: string }): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    await dropProviders(unit, await unit.identityProviders.ofOrganization(id), now)
    const organization = await lockOrganization(context, unit, id)
    await checkNotInFlow(unit, id)
    await unit.emailDomains.deleteOfOrganization(id)
    await unit.roles.deleteOfOrganization(id, now)
    await unit.organizations.delete(organization.directoryId, id, now)
    await unit.tokenFamilies.revokeOfOrganization(id, now)
    await unit.mails.withdraw(await unit.invitations.revokeAll(id, now), now)
    await unit.brandings.removeOf(id, now)
    emitOrganizationEvent(unit, 'organization.deleted', organization)
  })
}

/** Makes a user a member. @throws Failure `not_found`, `already_exists` if the user is a member */
export async function addMember(context: Context, { id, userId, ...changes }: NewMember): Promise<MemberView> {
  checkMayGrant(context, changes.permissions)
  return context.write(async (unit) => {
    await unit.users.lockAll(directoryOf(context), [userId])
    const organization = await lockOrganization(context, unit, id)
    return join(context, unit, organization, { ...changes, userId, joinedAt: context.clock.now() })
  })
}

/**
 * Makes a user a member of an organization; the caller has locked both.
 * @throws Failure `not_found` for the user, `already_exists` if the user is a member
 */
export async function join(
  context: Context,
  unit: Unit,
  organization: Organization,
  member: Member,
): Promise<MemberView> {
  const user = await unit.users.find(directoryOf(context), member.userId)
  if (!user) throw new Failure('not_found', 'The user does not exist.')
  if (!(await unit.organizations.addMember(organization.id, member))) {
    throw new Failure('already_exists', 'The user is already a member.')
  }
  emitMemberEvent(unit, 'organization.member_added', organization, member)
  return viewMember(member, user)
}

/** One page of an organization’s members. @throws Failure `not_found` */
export async function listMembers(context: Context, { id, ...page }: OrganizationPage): Promise<Page<MemberView>> {
  await getOrganization(context, id)
  return context.read.organizations.members(id, page)
}

/** Changes a member. @throws Failure `not_found`, `conflict` if no admin would be left */
export async function updateMember(context: Context, { id, userId, ...patch }: MemberPatch): Promise<MemberView> {
  return context.write(async (unit) => {
    const organization = await lockOrganization(context, unit, id)
    const before = await memberOf(unit, id, userId)
    const member: Member = { ...before, ...definedOnly(patch) }
    checkMayGrant(context, member.permissions, before.permissions)
    const user = await unit.users.find(directoryOf(context), userId)
    if (!user) throw new Failure('not_found')
    const change = changeBetween(MEMBER_TOLD, before, member)
    if (!change) return viewMember(before, user)
    if (member.role !== ADMIN) await checkNotLastAdmin(unit, id, before)
    await unit.organizations.updateMember(id, member)
    emitMemberEvent(unit, 'organization.member_updated', organization, member, change)
    return viewMember(member, user)
  })
}

/** Removes a user from an organization. @throws Failure `not_found`, `conflict` if no admin would be left */
export async function removeMember(context: Context, { id, userId }: MemberKey): Promise<void> {
  await context.write(async (unit) => {
    const organization = await lockOrganization(context, unit, id)
    const member = await memberOf(unit, id, userId)
    await checkNotLastAdmin(unit, id, member)
    await unit.organizations.removeMember(userId, id)
    await unit.roles.unassignAll(userId, id)
    await unit.tokenFamilies.revokeOfOrganization(id, context.clock.now(), userId)
    emitMemberEvent(unit, 'organization.member_removed', organization, member)
  })
}

/** One page of a user's organizations. @throws Failure `not_found` */
export async function listOrganizationsOfUser(
  context: Context,
  { id, ...page }: OrganizationsOfUser,
): Promise<Page<OrganizationOfUser>> {
  await getUser(context, { id })
  const memberships = await context.read.organizations.ofUser(id, page)
  return mapPage(memberships, ({ userId: _, role, permissions, joinedAt, ...organization }) => ({
    ...viewOrganization(organization),
    ...{ role, permissions: [...permissions], joinedAt },
  }))
}

/**
 * Checks that the caller may give permissions to a member, as a role would.
 * @param before what the member has already
 * @throws Failure `forbidden`
 */
export function checkMayGrant(
  context: Pick<Context, 'actor'>,
  permissions: readonly string[],
  before: readonly string[] = [],
): void {
  if (permissions.some((permission) => !before.includes(permission))) checkAlsoPermitted(context, 'roles:write')
}

/** Finds an organization and locks it until the write ends. @throws Failure `not_found` */
export async function lockOrganization(
  context: Context,
  { organizations }: Pick<Stores, 'organizations'>,
  id: string,
): Promise<Organization> {
  return ensureOrganization(await organizations.lock(directoryOf(context), id))
}

function ensureOrganization(organization: Organization | undefined): Organization {
  if (!organization) throw new Failure('not_found')
  return organization
}

async function memberOf({ organizations }: Unit, id: string, userId: string): Promise<Member> {
  const member = await organizations.member(id, userId)
  if (!member) throw new Failure('not_found')
  return member
}

async function checkNotLastAdmin({ organizations }: Unit, id: string, { userId, role }: Member): Promise<void> {
  if (role !== ADMIN || (await organizations.hasOtherAdmin(id, userId))) return
  throw new Failure('conflict', 'The last admin of an organization cannot be removed or get another role.')
}

function viewMember(member: Member, { email, name }: { email: string; name: string | null }): MemberView {
  return { ...member, permissions: [...member.permissions], email, name }
}

const MEMBER_TOLD = { role: 'values', permissions: 'values' } as const

function emitMemberEvent(
  unit: Unit,
  type: EventType,
  organization: Organization,
  { userId, role, permissions }: Member,
  change?: Change,
): void {
  emitOrganizationEvent(unit, type, organization, { userId, role, permissions, ...change })
}
