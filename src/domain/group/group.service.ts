// Decides about groups, their members and their nesting.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Page } from '#kernel/page.ts'
import { permits } from '#kernel/permission.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { totalsWithin } from '../counter/totals.service.ts'
import { checkNotMapped } from '../identity-provider/not-mapped.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { checkTenantFilter } from '../tenant/tenant-filter.service.ts'
import { checkUpdated, revise } from '../update.ts'
import { directoryOf, getUser } from '../user/user.service.ts'
import {
  type Group,
  GroupFields,
  type GroupMember,
  type GroupMemberView,
  type GroupPage,
  type GroupPatch,
  type GroupQuery,
  type GroupsOfUser,
  type MembershipView,
  NESTING_DEPTH_MAX,
  type NestedGroupPage,
  type Nesting,
  type NewGroup,
  type NewMembers,
} from './group.ts'

/** The message for a name that is in use. */
export const NAME_IN_USE = 'The directory has a group of this name, or of one that looks the same.'
const CIRCULAR = 'Circular nesting: the child group is the same group, or it already contains the parent group.'

/** Creates a group in the realm’s directory. @throws Failure `already_exists` if the name is in use */
export async function createGroup(context: Context, input: NewGroup): Promise<Group> {
  const group = newGroup(context, input)
  await context.write(async (unit) => {
    if (!(await unit.groups.insert(group))) throw new Failure('already_exists', NAME_IN_USE)
    emitEvent(unit, 'group.created', group)
  })
  return group
}

/** A new group without members, ready to be inserted. */
export function newGroup(context: Context, input: NewGroup): Group {
  const now = context.clock.now()
  return {
    ...input,
    id: context.random.id(),
    tenantId: context.scope.tenantId,
    directoryId: directoryOf(context),
    memberCount: 0,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
}

/**
 * One page of the groups of the realm's directory; of every directory within reach where the request names no realm.
 * @throws Failure `access_denied` for a tenant or partner beyond the reach
 */
export async function listGroups(context: Context, query: GroupQuery): Promise<Page<Group>> {
  const { read, actor, scope } = context
  await checkTenantFilter(context, query)
  if (scope.realm) return read.groups.list(directoryOf(context), query)
  const { search, groupType } = query
  const known =
    search === undefined && groupType === undefined
      ? (await totalsWithin(context, ['groups'], query)).groups
      : undefined
  return read.acrossTenants.groups.list(actor.reach, query, known)
}

/** @throws Failure `not_found` */
export async function getGroup(context: Context, id: string): Promise<Group> {
  return ensureGroup(await context.read.groups.find(directoryOf(context), id))
}

/** Changes a group. @throws Failure `not_found`, `already_exists` if the name is in use, `precondition_failed` */
export async function updateGroup(context: Context, { id, ifVersion, ...patch }: GroupPatch): Promise<Group> {
  return context.write(async (unit) => {
    const before = await lockGroup(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const revised = revise(GroupFields, before, patch, context.clock.now())
    if (!revised) return before
    const { after: group, change } = revised
    checkUpdated(await unit.groups.update(group), NAME_IN_USE)
    emitEvent(unit, 'group.updated', group, { ...change })
    return group
  })
}

/** Deletes a group with its memberships and its nesting. @throws Failure `not_found`, `precondition_failed`, `conflict` if a mapping names it */
export async function deleteGroup(
  context: Context,
  { id, ifVersion }: { readonly id: string; readonly ifVersion?: number | undefined },
): Promise<void> {
  const directoryId = directoryOf(context)
  await context.write(async (unit) => {
    await unit.groups.lockNesting(directoryId)
    const group = await lockGroup(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== group.version) throw new Failure('precondition_failed')
    await checkNotMapped(unit, id)
    if (!(await unit.groups.delete(directoryId, id, context.clock.now()))) throw new Failure('not_found')
    await unit.roles.unassignAll(id)
    emitEvent(unit, 'group.deleted', group)
  })
}

/**
 * Adds users to a group; existing members stay.
 * @throws Failure `not_found`, `invalid_request` for a user of another directory
 */
export async function addGroupMembers(context: Context, { id, userIds }: NewMembers): Promise<Group> {
  const uniqueIds = [...new Set(userIds)]
  return context.write(async (unit) => {
    // Lock users before groups, in the same order as the deletion of a user.
    const existing = await unit.users.lockAll(directoryOf(context), uniqueIds)
    const missing = uniqueIds.find((userId) => !existing.has(userId))
    const before = await lockGroup(context, unit, id)
    if (missing !== undefined)
      throw new Failure('invalid_request', 'One of the users is not in the directory of the group.')
    await checkMayGiveRoles(context, unit, id)
    const { length: added } = await unit.groups.addMembers(id, uniqueIds, context.clock.now())
    if (added === 0) return before
    const group = { ...next(context, before), memberCount: before.memberCount + added }
    checkUpdated(await unit.groups.update(group), NAME_IN_USE)
    emitEvent(unit, 'group.members_added', group, { userIds: uniqueIds, added })
    return group
  })
}

/** Removes a user from a group. @throws Failure `not_found` if the user is not a direct member */
export async function removeGroupMember(context: Context, { id, userId }: GroupMember): Promise<void> {
  await context.write(async (unit) => {
    const before = await lockGroup(context, unit, id)
    if (!(await unit.groups.removeMember(id, userId))) throw new Failure('not_found')
    const group = { ...next(context, before), memberCount: before.memberCount - 1 }
    checkUpdated(await unit.groups.update(group), NAME_IN_USE)
    emitEvent(unit, 'group.member_removed', group, { userId })
  })
}

/** One page of a group’s direct members. @throws Failure `not_found` */
export async function listGroupMembers(context: Context, { id, ...page }: GroupPage): Promise<Page<GroupMemberView>> {
  await getGroup(context, id)
  return context.read.groups.members(id, page)
}

/** One page of a group’s members, direct or through a nested group. @throws Failure `not_found` */
export async function listEffectiveMembers(
  context: Context,
  { id, ...page }: NestedGroupPage,
): Promise<Page<GroupMemberView>> {
  await getGroup(context, id)
  return context.read.groups.effectiveMembers(id, page)
}

/**
 * Puts a group into another one, so that its members are members of both. The nesting of a directory is locked
 * meanwhile, so that two concurrent calls cannot create a cycle.
 * @throws Failure `not_found`, `circular_nesting`, `conflict` if the nesting would be too deep
 */
export async function nestGroup(context: Context, { id, childGroupId }: Nesting): Promise<Group> {
  const directoryId = directoryOf(context)
  return context.write(async (unit) => {
    const { groups } = unit
    await groups.lockNesting(directoryId)
    const before = await lockGroup(context, unit, id)
    ensureGroup(await groups.find(directoryId, childGroupId))
    await checkMayGiveRoles(context, unit, id)
    if (!(await nestInto(unit, id, childGroupId, context.clock.now()))) return before
    const parent = next(context, before)
    checkUpdated(await groups.update(parent), NAME_IN_USE)
    emitEvent(unit, 'group.nested', parent, { childGroupId })
    return parent
  })
}

/**
 * Puts a group into another one, inside a write that has locked the nesting.
 * @returns false if it was already there
 * @throws Failure `circular_nesting`, `conflict`
 */
export async function nestInto({ groups }: Unit, id: string, childGroupId: string, now: number): Promise<boolean> {
  const above = await groups.levels(id, 'up')
  if (id === childGroupId || above.some((ancestor) => ancestor.id === childGroupId)) {
    throw new Failure('circular_nesting', CIRCULAR)
  }
  const below = await groups.levels(childGroupId, 'down')
  if (deepest(above) + deepest(below) + 2 > NESTING_DEPTH_MAX) {
    throw new Failure('conflict', `At most ${NESTING_DEPTH_MAX} groups may lie inside each other.`)
  }
  return groups.nest(id, childGroupId, now)
}

/** Removes a group from another one. @throws Failure `not_found` if it is not directly in it */
export async function unnestGroup(context: Context, { id, childGroupId }: Nesting): Promise<void> {
  await context.write(async (unit) => {
    const before = await lockGroup(context, unit, id)
    if (!(await unit.groups.unnest(id, childGroupId))) throw new Failure('not_found')
    const parent = next(context, before)
    checkUpdated(await unit.groups.update(parent), NAME_IN_USE)
    emitEvent(unit, 'group.unnested', parent, { childGroupId })
  })
}

/** One page of the groups that are directly in a group. @throws Failure `not_found` */
export async function listGroupChildren(context: Context, { id, ...page }: GroupPage): Promise<Page<Group>> {
  await getGroup(context, id)
  return context.read.groups.children(id, page)
}

/** One page of the groups of a user. @throws Failure `not_found` */
export async function listGroupsOfUser(context: Context, { id, ...page }: GroupsOfUser): Promise<Page<MembershipView>> {
  await getUser(context, { id })
  return context.read.groups.ofUser(directoryOf(context), id, page)
}

/**
 * Checks that the caller may give the roles of a group, and of the groups above it, to further users.
 * @throws Failure `forbidden`
 */
export async function checkMayGiveRoles(context: Context, unit: Unit, id: string): Promise<void> {
  if (permits(context.actor.permissions, 'roles:write')) return
  const above = await unit.groups.levels(id, 'up')
  if (await unit.roles.anyHasRole([id, ...above.map((group) => group.id)])) checkAlsoPermitted(context, 'roles:write')
}

function deepest(levels: readonly { depth: number }[]): number {
  return Math.max(0, ...levels.map(({ depth }) => depth))
}

function next({ clock }: Context, group: Group): Group {
  return { ...group, version: group.version + 1, updatedAt: clock.now() }
}

/** Finds a group and locks it until the write ends. @throws Failure `not_found` */
export async function lockGroup(context: Context, { groups }: Pick<Stores, 'groups'>, id: string): Promise<Group> {
  return ensureGroup(await groups.lock(directoryOf(context), id))
}

function ensureGroup(group: Group | undefined): Group {
  if (!group) throw new Failure('not_found')
  return group
}

/** Emits an event about a group. */
export function emitEvent(unit: Unit, type: EventType, group: Group, data: Record<string, unknown> = {}): void {
  const { id, name, directoryId } = group
  unit.emit(type, { subject: { type: 'group', id, label: name }, data: { name, directoryId, ...data } })
}
