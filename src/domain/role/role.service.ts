// Decides about roles and their assignments.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Context, Unit } from '../context.ts'
import { checkNotInFlow } from '../flow/not-in-flow.ts'
import { checkNotMapped } from '../identity-provider/not-mapped.ts'
import { getOrganization, lockOrganization } from '../organization/organization.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkUpdated, revise } from '../update.ts'
import { directoryOf } from '../user/user.service.ts'
import {
  type Assignment,
  type AssignmentView,
  coveredBy,
  holdsIn,
  type NewRole,
  type PermissionsQuery,
  type PermissionsView,
  type Question,
  type Role,
  RoleFields,
  type RolePage,
  type RolePatch,
  type RoleQuery,
  type RoleSubject,
  type RolesOfUser,
  type RoleView,
  type SourceView,
  type Verdict,
  viewRole,
} from './role.ts'
import type { Source } from './role-check.store.ts'

/** How many permissions a role has at most. */
const PERMISSIONS_MAX = 200
const NAME_IN_USE = 'The realm or the organization has a role of this name, or of one that looks the same.'

/**
 * Creates a role of the realm or of an organization.
 * @throws Failure `not_found` for the organization, `already_exists` if the name is in use there
 */
export async function createRole(context: Context, input: NewRole): Promise<RoleView> {
  const { id: realmId, tenantId } = realmOf(context.scope)
  const now = context.clock.now()
  const role: Role = {
    ...input,
    id: context.random.id(),
    tenantId,
    realmId,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  await context.write(async (unit) => {
    if (role.organizationId !== null) await lockOrganization(context, unit, role.organizationId)
    if (!(await unit.roles.insert(role))) throw new Failure('already_exists', NAME_IN_USE)
    const { organizationId, permissions } = role
    emitEvent(unit, 'role.created', role, { permissions, ...(organizationId !== null && { organizationId }) })
  })
  return viewRole(role)
}

/** One page of the roles of the realm, or of an organization. @throws Failure `not_found` for the organization */
export async function listRoles(context: Context, { organizationId, ...page }: RoleQuery): Promise<Page<RoleView>> {
  if (organizationId !== undefined) await getOrganization(context, organizationId)
  const { id: realmId } = realmOf(context.scope)
  return mapPage(await context.read.roles.list(realmId, organizationId ?? null, page), viewRole)
}

/** @throws Failure `not_found` */
export async function getRole({ read, scope }: Context, id: string): Promise<RoleView> {
  return viewRole(ensureRole(await read.roles.find(realmOf(scope).id, id)))
}

/**
 * Changes a role and so the permissions of everyone who has it.
 * @throws Failure `not_found`, `already_exists`, `precondition_failed`
 */
export async function updateRole(context: Context, { id, ifVersion, ...patch }: RolePatch): Promise<RoleView> {
  return context.write(async (unit) => {
    const before = ensureRole(await unit.roles.lock(realmOf(context.scope).id, id))
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const revised = revise(RoleFields, before, patch, context.clock.now())
    if (!revised) return viewRole(before)
    const { after: role, change } = revised
    checkUpdated(await unit.roles.update(role), NAME_IN_USE)
    emitEvent(unit, 'role.updated', role, { ...change })
    return viewRole(role)
  })
}

/** Gives a role a permission inside a write, or takes it. A role that has it already, or lacks it, stays as it is. */
export async function changePermission(
  context: Context,
  unit: Unit,
  { id, permission }: { readonly id: string; readonly permission: string },
  isGiven: boolean,
): Promise<void> {
  const before = ensureRole(await unit.roles.lock(realmOf(context.scope).id, id))
  const others = before.permissions.filter((other) => other !== permission)
  const permissions = isGiven ? [...others, permission] : others
  if (permissions.length === before.permissions.length) return
  if (permissions.length > PERMISSIONS_MAX)
    throw new Failure('limit_reached', `A role has at most ${PERMISSIONS_MAX} permissions.`)
  const revised = revise(RoleFields, before, { permissions }, context.clock.now())
  if (!revised) return
  checkUpdated(await unit.roles.update(revised.after), NAME_IN_USE)
  emitEvent(unit, 'role.updated', revised.after, { ...revised.change })
}

/** Deletes a role and its assignments. @throws Failure `not_found`, `conflict` if the steps of a flow or a mapping name it */
export async function deleteRole(context: Context, { id }: { id: string }): Promise<void> {
  const realm = realmOf(context.scope)
  await context.write(async (unit) => {
    const role = ensureRole(await unit.roles.lock(realm.id, id))
    await checkNotInFlow(unit, id)
    await checkNotMapped(unit, id)
    await unit.roles.delete(realm.id, id, context.clock.now())
    emitEvent(unit, 'role.deleted', role)
  })
}

/** Assigns a role to a user, a group or a member of an organization. @throws Failure `not_found` for each of them */
export async function assignRole(context: Context, input: RoleSubject): Promise<void> {
  await context.write(async (unit) => {
    await lockSubject(context, unit, input)
    await assignRoleTo(context, unit, input)
  })
}

/**
 * Assigns a role inside a write; the caller has locked its subject.
 * @throws Failure `not_found` for the role, and for one that belongs to another organization
 */
export async function assignRoleTo(context: Context, unit: Unit, input: RoleSubject): Promise<void> {
  const role = ensureRole(await unit.roles.lock(realmOf(context.scope).id, input.id))
  checkHoldsIn(role, input.organizationId)
  const assignment = assignmentOf(input)
  if (!(await unit.roles.assign(role.id, assignment, context.clock.now()))) return
  emitEvent(unit, 'role.assigned', role, whoHas(assignment))
}

/** Removes a role from its subject. @throws Failure `not_found` if the subject does not have it */
export async function unassignRole(context: Context, input: RoleSubject): Promise<void> {
  await context.write(async (unit) => {
    if (!(await unassignRoleFrom(unit, realmOf(context.scope).id, input))) throw new Failure('not_found')
  })
}

/** Removes a role from its subject inside a write. @returns whether the subject had it */
export async function unassignRoleFrom(unit: Unit, realmId: string, input: RoleSubject): Promise<boolean> {
  const role = await unit.roles.lock(realmId, input.id)
  const assignment = assignmentOf(input)
  if (!role || !(await unit.roles.unassign(role.id, assignment))) return false
  emitEvent(unit, 'role.unassigned', role, whoHas(assignment))
  return true
}

/** One page of the assignments of a role. @throws Failure `not_found` */
export async function listAssignments(context: Context, { id, ...page }: RolePage): Promise<Page<AssignmentView>> {
  await getRole(context, id)
  const { data, nextCursor } = await context.read.roles.assignments(id, page)
  const views = data.map(({ kind, subjectId, organizationId }) => ({
    kind,
    userId: kind === 'group' ? null : subjectId,
    groupId: kind === 'group' ? subjectId : null,
    organizationId,
  }))
  return { data: views, nextCursor }
}

/** Whether a user has a permission, and from which source. A suspended user has none. @throws Failure `not_found` */
export async function checkAuthorization(context: Context, question: Question): Promise<Verdict> {
  const { userId, permission, organizationId } = question
  const sources = await context.read.roles.covering(placeOf(context, organizationId), userId, coveredBy(permission))
  if (!sources) throw new Failure('not_found')
  return { allowed: sources.length > 0, via: sources.map((source) => viewSource(source, organizationId)) }
}

/**
 * All permissions of a user: from roles of the user, from groups, and in an organization.
 * @throws Failure `not_found`
 */
export async function listPermissionsOf(
  context: Context,
  { id, organizationId }: PermissionsQuery,
): Promise<PermissionsView> {
  const sources = await context.read.roles.allOf(placeOf(context, organizationId), id)
  if (!sources) throw new Failure('not_found')
  const permissions = [...new Set(sources.map(({ permission }) => permission))].sort()
  return { permissions, via: sources.map((source) => viewSource(source, organizationId)) }
}

/** The roles of a user, alone and by groups; not those in organizations. @throws Failure `not_found` */
export async function listRolesOf(context: Context, { id, ...page }: RolesOfUser): Promise<Page<RoleView>> {
  const { read, scope } = context
  if (!(await read.users.find(directoryOf(context), id))) throw new Failure('not_found')
  return mapPage(await read.roles.pageOfRolesOf(realmOf(scope).id, id, page), viewRole)
}

function placeOf(context: Context, organizationId: string | undefined) {
  return { directoryId: directoryOf(context), realmId: realmOf(context.scope).id, organizationId }
}

function viewSource({ subjectId, ...source }: Source, organizationId: string | undefined): SourceView {
  const isInOrganization = source.kind === 'membership' || source.kind === 'organization_member'
  return {
    ...source,
    groupId: source.kind === 'group' ? subjectId : null,
    organizationId: isInOrganization ? (organizationId ?? null) : null,
  }
}

async function lockSubject(context: Context, unit: Unit, { userId, groupId, organizationId }: RoleSubject) {
  const directoryId = directoryOf(context)
  if (userId !== undefined && !(await unit.users.lockAll(directoryId, [userId])).has(userId)) {
    throw new Failure('not_found', 'The user does not exist.')
  }
  if (groupId !== undefined && !(await unit.groups.lock(directoryId, groupId))) {
    throw new Failure('not_found', 'The group does not exist.')
  }
  if (organizationId === undefined || userId === undefined) return
  const organization = await unit.organizations.lock(directoryId, organizationId)
  if (!organization || !(await unit.organizations.member(organizationId, userId))) {
    throw new Failure('not_found', 'The user is not a member of this organization.')
  }
}

function assignmentOf({ userId, groupId, organizationId }: RoleSubject): Assignment {
  if (groupId !== undefined) return { kind: 'group', subjectId: groupId, organizationId: null }
  const kind = organizationId === undefined ? 'user' : 'organization_member'
  return { kind, subjectId: userId ?? '', organizationId: organizationId ?? null }
}

function whoHas({ kind, subjectId, organizationId }: Assignment) {
  return { kind, ...(kind === 'group' ? { groupId: subjectId } : { userId: subjectId }), organizationId }
}

/**
 * Checks that a role can be assigned in an organization, or outside of any.
 * @throws Failure `not_found` for a role that belongs to another organization
 */
export function checkHoldsIn(role: Pick<Role, 'organizationId'>, organizationId: string | null | undefined): void {
  if (holdsIn(role, organizationId)) return
  throw new Failure('not_found', 'The role belongs to an organization: only its members can have it, there.')
}

function ensureRole(role: Role | undefined): Role {
  if (!role) throw new Failure('not_found')
  return role
}

function emitEvent(unit: Unit, type: EventType, { id, name }: Role, data: Record<string, unknown> = {}): void {
  unit.emit(type, { subject: { type: 'role', id, label: name }, data: { name, ...data } })
}
