import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { NumberedPage, Page } from '#kernel/page.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { totalsWithin } from '../counter/totals.service.ts'
import { checkAmong } from '../tenant/among.ts'
import { checkUpdated, givenOnly } from '../update.ts'
import { directoryOf, getUser } from '../user/user.service.ts'
import {
  type Group,
  type GroupMember,
  type GroupMemberView,
  type GroupPage,
  type GroupPatch,
  type GroupQuery,
  type GroupSurvey,
  type GroupsOfUser,
  type MembershipView,
  NESTING_DEPTH_MAX,
  type Nesting,
  type NewGroup,
  type NewMembers,
} from './group.ts'

/** What is said of a name that another group has. */
export const TAKEN = 'The directory has a group of this name already.'
const CIRCULAR = 'Circular nesting: the group to put inside is, or contains, the group to put it into.'

/** Creates a group in the realm’s directory. @throws Failure `already_exists` where a living one has its name */
export async function createGroup(context: Context, input: NewGroup): Promise<Group> {
  const group = newGroup(context, input)
  await context.write(async (unit) => {
    if (!(await unit.groups.insert(group))) throw new Failure('already_exists', TAKEN)
    tell(unit, 'group.created', group)
  })
  return group
}

/** A group as it is to be written, with nobody in it. */
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

/** One page of the groups of the realm’s directory. */
export async function listGroups(context: Context, query: GroupQuery): Promise<Page<Group>> {
  return context.read.groups.list(directoryOf(context), query)
}

/** A numbered page of groups of several tenants. @throws Failure `access_denied` for a tenant or partner out of reach */
export async function surveyGroups(context: Context, query: GroupSurvey): Promise<NumberedPage<Group>> {
  const { read, actor } = context
  await checkAmong(context, query)
  const { search, groupType } = query
  const known =
    search === undefined && groupType === undefined
      ? (await totalsWithin(context, ['groups'], query)).groups
      : undefined
  return read.groups.survey(actor.reach, query, known)
}

/** @throws Failure `not_found` */
export async function getGroup(context: Context, id: string): Promise<Group> {
  return found(await context.read.groups.find(directoryOf(context), id))
}

/** Changes a group. @throws Failure `not_found`, `already_exists` for a name in use, `precondition_failed` */
export async function updateGroup(context: Context, { id, ifVersion, ...patch }: GroupPatch): Promise<Group> {
  return context.write(async (unit) => {
    const before = await heldGroup(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const given = givenOnly(patch)
    const group: Group = { ...next(context, before), ...given }
    checkUpdated(await unit.groups.update(group), TAKEN)
    tell(unit, 'group.updated', group, { changed: Object.keys(given) })
    return group
  })
}

/**
 * Deletes a group: nobody is a member any more, and what was inside it is no longer.
 * @throws Failure `not_found`, `precondition_failed`
 */
export async function deleteGroup(
  context: Context,
  { id, ifVersion }: { readonly id: string; readonly ifVersion?: number | undefined },
): Promise<void> {
  const directoryId = directoryOf(context)
  await context.write(async (unit) => {
    await unit.groups.holdNesting(directoryId)
    const group = await heldGroup(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== group.version) throw new Failure('precondition_failed')
    if (!(await unit.groups.delete(directoryId, id, context.clock.now()))) throw new Failure('not_found')
    await unit.roles.unassignAll(id)
    tell(unit, 'group.deleted', group)
  })
}

/** Makes users members of a group; who is one already stays one. @throws Failure `not_found`, `invalid_request` for a user of elsewhere */
export async function addGroupMembers(context: Context, { id, userIds }: NewMembers): Promise<Group> {
  const wanted = [...new Set(userIds)]
  return context.write(async (unit) => {
    // Users before groups, as whoever deletes a user takes them.
    const there = await unit.users.hold(directoryOf(context), wanted)
    const missing = wanted.find((userId) => !there.has(userId))
    const before = await heldGroup(context, unit, id)
    if (missing !== undefined) throw new Failure('invalid_request', 'One of the users is not in the group’s directory.')
    const { length: added } = await unit.groups.addMembers(id, wanted, context.clock.now())
    if (added === 0) return before
    const group = { ...next(context, before), memberCount: before.memberCount + added }
    checkUpdated(await unit.groups.update(group), TAKEN)
    tell(unit, 'group.members_added', group, { userIds: wanted, added })
    return group
  })
}

/** Takes a user out of a group. @throws Failure `not_found` where the user is no direct member */
export async function removeGroupMember(context: Context, { id, userId }: GroupMember): Promise<void> {
  await context.write(async (unit) => {
    const before = await heldGroup(context, unit, id)
    if (!(await unit.groups.removeMember(id, userId))) throw new Failure('not_found')
    const group = { ...next(context, before), memberCount: before.memberCount - 1 }
    checkUpdated(await unit.groups.update(group), TAKEN)
    tell(unit, 'group.member_removed', group, { userId })
  })
}

/** One page of a group’s direct members. @throws Failure `not_found` */
export async function listGroupMembers(context: Context, { id, ...page }: GroupPage): Promise<Page<GroupMemberView>> {
  await getGroup(context, id)
  return context.read.groups.members(id, page)
}

/** One page of who belongs to a group, directly or by a group inside it. @throws Failure `not_found` */
export async function listEffectiveMembers(
  context: Context,
  { id, ...page }: GroupPage,
): Promise<Page<GroupMemberView>> {
  await getGroup(context, id)
  return context.read.groups.effectiveMembers(id, page)
}

/**
 * Puts a group into another one, whose members its members become. Nesting is done by one at a time in a directory, so
 * that no two can close a circle between them.
 * @throws Failure `not_found`, `circular_nesting`, `conflict` where groups would lie too deep inside each other
 */
export async function nestGroup(context: Context, { id, childGroupId }: Nesting): Promise<Group> {
  const directoryId = directoryOf(context)
  return context.write(async (unit) => {
    const { groups } = unit
    await groups.holdNesting(directoryId)
    const before = await heldGroup(context, unit, id)
    found(await groups.find(directoryId, childGroupId))
    if (!(await nestInto(unit, id, childGroupId, context.clock.now()))) return before
    const parent = next(context, before)
    checkUpdated(await groups.update(parent), TAKEN)
    tell(unit, 'group.nested', parent, { childGroupId })
    return parent
  })
}

/**
 * Puts a group into another one, inside a write that holds the directory’s nesting.
 * @returns whether it was not in it already
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

/** Takes a group out of another one. @throws Failure `not_found` where it is not directly in it */
export async function unnestGroup(context: Context, { id, childGroupId }: Nesting): Promise<void> {
  await context.write(async (unit) => {
    const before = await heldGroup(context, unit, id)
    if (!(await unit.groups.unnest(id, childGroupId))) throw new Failure('not_found')
    const parent = next(context, before)
    checkUpdated(await unit.groups.update(parent), TAKEN)
    tell(unit, 'group.unnested', parent, { childGroupId })
  })
}

/** One page of the groups directly inside a group. @throws Failure `not_found` */
export async function listGroupChildren(context: Context, { id, ...page }: GroupPage): Promise<Page<Group>> {
  await getGroup(context, id)
  return context.read.groups.children(id, page)
}

/** One page of the groups that a user belongs to. @throws Failure `not_found` */
export async function listGroupsOfUser(context: Context, { id, ...page }: GroupsOfUser): Promise<Page<MembershipView>> {
  await getUser(context, { id })
  return context.read.groups.ofUser(directoryOf(context), id, page)
}

function deepest(levels: readonly { depth: number }[]): number {
  return Math.max(0, ...levels.map(({ depth }) => depth))
}

function next({ clock }: Context, group: Group): Group {
  return { ...group, version: group.version + 1, updatedAt: clock.now() }
}

/** A group that nobody else changes until the write is done. @throws Failure `not_found` */
export async function heldGroup(context: Context, { groups }: Pick<Stores, 'groups'>, id: string): Promise<Group> {
  return found(await groups.hold(directoryOf(context), id))
}

function found(group: Group | undefined): Group {
  if (!group) throw new Failure('not_found')
  return group
}

/** Tells of something that happened to a group. */
export function tell(unit: Unit, type: EventType, group: Group, data: Record<string, unknown> = {}): void {
  const { id, name, directoryId } = group
  unit.emit(type, { subject: { type: 'group', id }, data: { name, directoryId, ...data } })
}
