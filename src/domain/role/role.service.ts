import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Page } from '#kernel/page.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkUpdated, givenOnly } from '../update.ts'
import { directoryOf } from '../user/user.service.ts'
import {
  type Assignment,
  type AssignmentView,
  coveredBy,
  type NewRole,
  type PermissionsQuery,
  type PermissionsView,
  type Question,
  type Role,
  type RolePage,
  type RolePatch,
  type RoleSubject,
  type RoleView,
  type SourceView,
  type Verdict,
  viewRole,
} from './role.ts'
import type { Source } from './role-check.store.ts'

const TAKEN = 'The realm has a role of this name already.'

/** Creates a role. @throws Failure `already_exists` where a living one of the realm has its name */
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
    if (!(await unit.roles.insert(role))) throw new Failure('already_exists', TAKEN)
    tell(unit, 'role.created', role, { permissions: role.permissions })
  })
  return viewRole(role)
}

/** @throws Failure `not_found` */
export async function getRole({ read, scope }: Context, id: string): Promise<RoleView> {
  return viewRole(found(await read.roles.find(realmOf(scope).id, id)))
}

/** Changes a role, for everybody who has it. @throws Failure `not_found`, `already_exists`, `precondition_failed` */
export async function updateRole(context: Context, { id, ifVersion, ...patch }: RolePatch): Promise<RoleView> {
  return context.write(async (unit) => {
    const before = found(await unit.roles.hold(realmOf(context.scope).id, id))
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const given = givenOnly(patch)
    const role: Role = { ...before, ...given, version: before.version + 1, updatedAt: context.clock.now() }
    checkUpdated(await unit.roles.update(role), TAKEN)
    tell(unit, 'role.updated', role, {
      changed: Object.keys(given),
      ...(given.permissions && { permissions: given.permissions }),
    })
    return viewRole(role)
  })
}

/** Deletes a role: nobody has it any more. @throws Failure `not_found` */
export async function deleteRole(context: Context, { id }: { id: string }): Promise<void> {
  const realm = realmOf(context.scope)
  await context.write(async (unit) => {
    const role = found(await unit.roles.hold(realm.id, id))
    await unit.roles.delete(realm.id, id, context.clock.now())
    tell(unit, 'role.deleted', role)
  })
}

/** Gives a role to a user, a group or a member of an organization. @throws Failure `not_found` for any of them */
export async function assignRole(context: Context, input: RoleSubject): Promise<void> {
  await context.write(async (unit) => {
    await holdSubject(context, unit, input)
    const role = found(await unit.roles.hold(realmOf(context.scope).id, input.id))
    const assignment = assignmentOf(input)
    if (!(await unit.roles.assign(role.id, assignment, context.clock.now()))) return
    tell(unit, 'role.assigned', role, { ...assignment })
  })
}

/** Takes a role away again. @throws Failure `not_found` where the subject does not have it */
export async function unassignRole(context: Context, input: RoleSubject): Promise<void> {
  await context.write(async (unit) => {
    const role = found(await unit.roles.hold(realmOf(context.scope).id, input.id))
    const assignment = assignmentOf(input)
    if (!(await unit.roles.unassign(role.id, assignment))) throw new Failure('not_found')
    tell(unit, 'role.unassigned', role, { ...assignment })
  })
}

/** One page of who has a role. @throws Failure `not_found` */
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

/** Whether a user may do something, and by what. A suspended user may do nothing. @throws Failure `not_found` */
export async function checkAuthorization(context: Context, question: Question): Promise<Verdict> {
  const { userId, permission, organizationId } = question
  const sources = await context.read.roles.covering(placeOf(context, organizationId), userId, coveredBy(permission))
  if (!sources) throw new Failure('not_found')
  return { allowed: sources.length > 0, via: sources.map((source) => viewSource(source, organizationId)) }
}

/** All that a user may do: by roles of the user, of groups, and in an organization. @throws Failure `not_found` */
export async function listPermissionsOf(
  context: Context,
  { id, organizationId }: PermissionsQuery,
): Promise<PermissionsView> {
  const sources = await context.read.roles.allOf(placeOf(context, organizationId), id)
  if (!sources) throw new Failure('not_found')
  const permissions = [...new Set(sources.map(({ permission }) => permission))].sort()
  return { permissions, via: sources.map((source) => viewSource(source, organizationId)) }
}

function placeOf(context: Context, organizationId: string | undefined) {
  return { directoryId: directoryOf(context), realmId: realmOf(context.scope).id, organizationId }
}

function viewSource({ subjectId, ...source }: Source, organizationId: string | undefined): SourceView {
  const inside = source.kind === 'membership' || source.kind === 'organization_member'
  return {
    ...source,
    groupId: source.kind === 'group' ? subjectId : null,
    organizationId: inside ? (organizationId ?? null) : null,
  }
}

async function holdSubject(context: Context, unit: Unit, { userId, groupId, organizationId }: RoleSubject) {
  const directoryId = directoryOf(context)
  if (userId !== undefined && !(await unit.users.hold(directoryId, [userId])).has(userId)) {
    throw new Failure('not_found', 'There is no such user.')
  }
  if (groupId !== undefined && !(await unit.groups.hold(directoryId, groupId))) {
    throw new Failure('not_found', 'There is no such group.')
  }
  if (organizationId === undefined || userId === undefined) return
  const organization = await unit.organizations.hold(directoryId, organizationId)
  if (!organization || !(await unit.organizations.member(organizationId, userId))) {
    throw new Failure('not_found', 'The user is no member of such an organization.')
  }
}

function assignmentOf({ userId, groupId, organizationId }: RoleSubject): Assignment {
  if (groupId !== undefined) return { kind: 'group', subjectId: groupId, organizationId: null }
  const kind = organizationId === undefined ? 'user' : 'organization_member'
  return { kind, subjectId: userId ?? '', organizationId: organizationId ?? null }
}

function found(role: Role | undefined): Role {
  if (!role) throw new Failure('not_found')
  return role
}

function tell(unit: Unit, type: EventType, { id, name }: Role, data: Record<string, unknown> = {}): void {
  unit.emit(type, { subject: { type: 'role', id }, data: { name, ...data } })
}
