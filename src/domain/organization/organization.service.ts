import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { NumberedPage, NumberedQuery, Page } from '#kernel/page.ts'
import { SLUG_LETTERS, slugFrom } from '#kernel/slug.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { checkUpdated, givenOnly } from '../update.ts'
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
  type OrganizationOfUser,
  type OrganizationPage,
  type OrganizationPatch,
  type OrganizationSurvey,
  type OrganizationsOfUser,
  type OrganizationView,
  viewOrganization,
} from './organization.ts'

const TAKEN = 'The tenant has an organization of this slug already.'

/** Creates an organization over the realm’s directory. @throws Failure `already_exists` where its slug is taken */
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
    if (!(await unit.organizations.insert(organization))) throw new Failure('already_exists', TAKEN)
    tellOfOrganization(unit, 'organization.created', organization)
  })
  return viewOrganization(organization)
}

/** One numbered page of a directory’s organizations. @throws Failure `not_found` without a realm */
export async function surveyOrganizations(
  context: Context,
  query: NumberedQuery,
): Promise<NumberedPage<OrganizationView>> {
  const { data, total } = await context.read.organizations.survey(directoryOf(context), query)
  return { data: data.map(viewOrganization), total }
}

/** @throws Failure `not_found` */
export async function getOrganization(context: Context, id: string): Promise<OrganizationView> {
  return viewOrganization(found(await context.read.organizations.find(directoryOf(context), id)))
}

/** Changes an organization. @throws Failure `not_found`, `already_exists` for a slug in use, `precondition_failed` */
export async function updateOrganization(
  context: Context,
  { id, ifVersion, ...patch }: OrganizationPatch,
): Promise<OrganizationView> {
  return context.write(async (unit) => {
    const before = await heldOrganization(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const given = givenOnly(patch)
    const organization = { ...before, ...given, version: before.version + 1, updatedAt: context.clock.now() }
    checkUpdated(await unit.organizations.update(organization), TAKEN)
    tellOfOrganization(unit, 'organization.updated', organization, { changed: Object.keys(given) })
    return viewOrganization(organization)
  })
}

/** Deletes an organization with its memberships and pending invitations. @throws Failure `not_found` */
export async function deleteOrganization(context: Context, { id }: { id: string }): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    const organization = await heldOrganization(context, unit, id)
    await unit.organizations.delete(organization.directoryId, id, now)
    await unit.mails.withdraw(await unit.invitations.revokeAll(id, now), now)
    tellOfOrganization(unit, 'organization.deleted', organization)
  })
}

/** Makes a user a member. @throws Failure `not_found`, `already_exists` for one who is a member already */
export async function addMember(context: Context, { id, userId, ...given }: NewMember): Promise<MemberView> {
  return context.write(async (unit) => {
    await unit.users.hold(directoryOf(context), [userId])
    const organization = await heldOrganization(context, unit, id)
    return join(context, unit, organization, { ...given, userId, joinedAt: context.clock.now() })
  })
}

/**
 * Makes a user, who is held, a member of an organization, which is held.
 * @throws Failure `not_found` for the user, `already_exists` for one who is a member already
 */
export async function join(
  context: Context,
  unit: Unit,
  organization: Organization,
  member: Member,
): Promise<MemberView> {
  const user = await unit.users.find(directoryOf(context), member.userId)
  if (!user) throw new Failure('not_found', 'There is no such user.')
  if (!(await unit.organizations.addMember(organization.id, member))) {
    throw new Failure('already_exists', 'The user is a member already.')
  }
  tellOfMember(unit, 'organization.member_added', organization, member)
  return viewMember(member, user)
}

/** One page of an organization’s members. @throws Failure `not_found` */
export async function listMembers(context: Context, { id, ...page }: OrganizationPage): Promise<Page<MemberView>> {
  await getOrganization(context, id)
  return context.read.organizations.members(id, page)
}

/** One numbered page of an organization’s members. @throws Failure `not_found` */
export async function surveyMembers(
  context: Context,
  { id, ...query }: OrganizationSurvey,
): Promise<NumberedPage<MemberView>> {
  await getOrganization(context, id)
  return context.read.organizations.surveyMembers(id, query)
}

/** Changes what a member is. @throws Failure `not_found`, `conflict` where no admin would be left */
export async function updateMember(context: Context, { id, userId, ...patch }: MemberPatch): Promise<MemberView> {
  return context.write(async (unit) => {
    const organization = await heldOrganization(context, unit, id)
    const before = await memberOf(unit, id, userId)
    const member: Member = { ...before, ...givenOnly(patch) }
    if (member.role !== ADMIN) await checkNotLastAdmin(unit, id, before)
    await unit.organizations.updateMember(id, member)
    tellOfMember(unit, 'organization.member_updated', organization, member)
    const user = await unit.users.find(directoryOf(context), userId)
    if (!user) throw new Failure('not_found')
    return viewMember(member, user)
  })
}

/** Takes a user out of an organization. @throws Failure `not_found`, `conflict` where no admin would be left */
export async function removeMember(context: Context, { id, userId }: MemberKey): Promise<void> {
  await context.write(async (unit) => {
    const organization = await heldOrganization(context, unit, id)
    const member = await memberOf(unit, id, userId)
    await checkNotLastAdmin(unit, id, member)
    await unit.organizations.removeMember(userId, id)
    await unit.roles.unassignAll(userId, id)
    tellOfMember(unit, 'organization.member_removed', organization, member)
  })
}

/** One page of the organizations that a user is a member of. @throws Failure `not_found` */
export async function listOrganizationsOfUser(
  context: Context,
  { id, ...page }: OrganizationsOfUser,
): Promise<Page<OrganizationOfUser>> {
  await getUser(context, { id })
  const { data, nextCursor } = await context.read.organizations.ofUser(id, page)
  const views = data.map(({ userId: _, role, permissions, joinedAt, ...organization }) => ({
    ...viewOrganization(organization),
    ...{ role, permissions: [...permissions], joinedAt },
  }))
  return { data: views, nextCursor }
}

/** An organization that nobody else changes until the write is done. @throws Failure `not_found` */
export async function heldOrganization(
  context: Context,
  { organizations }: Pick<Stores, 'organizations'>,
  id: string,
): Promise<Organization> {
  return found(await organizations.hold(directoryOf(context), id))
}

function found(organization: Organization | undefined): Organization {
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
  throw new Failure('conflict', 'The last admin of an organization stays one.')
}

function viewMember(member: Member, { email, name }: { email: string; name: string | null }): MemberView {
  return { ...member, permissions: [...member.permissions], email, name }
}

function tellOfMember(unit: Unit, type: EventType, organization: Organization, member: Member): void {
  const { userId, role, permissions } = member
  tellOfOrganization(unit, type, organization, { userId, role, permissions })
}

/** Emits what happened to an organization. */
export function tellOfOrganization(
  unit: Unit,
  type: EventType,
  { id, name, slug }: Organization,
  data: Record<string, unknown> = {},
): void {
  unit.emit(type, { subject: { type: 'organization', id }, data: { name, slug, ...data } })
}
