// Creates and changes a group together with its members, in one write.
import { changeBetween } from '#kernel/change.ts'
import { Failure, flawed } from '#kernel/error.ts'
import type { Context, Unit } from '../context.ts'
import { checkUpdated, definedOnly } from '../update.ts'
import { directoryOf } from '../user/user.service.ts'
import { checkMayGiveRoles, emitEvent, lockGroup, NAME_IN_USE, nestInto, newGroup } from './group.service.ts'
import { type Group, GroupFields, type GroupPatch, type NewGroup } from './group.ts'
import type { MemberChange, Members } from './group-match.ts'

/** How many members one change may add or remove. */
export const MEMBERS_CHANGED_MAX = 10_000
/** How many users one event names. */
const USERS_PER_EVENT = 200

const NO_MEMBERS: Members = { userIds: [], groupIds: [] }

/**
 * Creates a group with members.
 * @throws Failure `already_exists`, `invalid_input` for a member that does not exist, `conflict` if the nesting is
 *   too deep
 */
export async function createGroupWith(context: Context, input: NewGroup, add: Members): Promise<Group> {
  const empty = newGroup(context, input)
  return context.write(async (unit) => {
    await lockMembers(context, unit, add)
    if (!(await unit.groups.insert(empty))) throw new Failure('already_exists', NAME_IN_USE)
    emitEvent(unit, 'group.created', empty)
    const { memberCount } = await applyMembers(context, unit, empty, { anew: false, add, remove: NO_MEMBERS })
    if (memberCount === 0) return empty
    const group = { ...empty, memberCount }
    await unit.groups.countMembers(group.id, memberCount)
    return group
  })
}

/**
 * Changes a group and its members. If nothing differs, nothing is written and the version stays.
 * @throws Failure `not_found`, `precondition_failed`, `already_exists`, `circular_nesting`, `conflict`, and
 *   `invalid_input` for a member that does not exist
 */
export async function changeGroup(
  context: Context,
  { id, ifVersion, ...patch }: GroupPatch,
  members: MemberChange,
): Promise<Group> {
  return context.write(async (unit) => {
    await lockMembers(context, unit, members.add)
    const before = await lockGroup(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const { memberCount, isOther } = await applyMembers(context, unit, before, members)
    const values = definedOnly(patch)
    const change = changeBetween(GroupFields.audited, before, { ...before, ...values })
    if (!change && !isOther) return before
    const now = context.clock.now()
    const group: Group = { ...before, ...values, memberCount, version: before.version + 1, updatedAt: now }
    checkUpdated(await unit.groups.update(group), NAME_IN_USE)
    if (change) emitEvent(unit, 'group.updated', group, { ...change })
    return group
  })
}

// Lock the nesting first, then users, then groups, in the same order as all other writes.
async function lockMembers(context: Context, unit: Unit, { userIds, groupIds }: Members): Promise<void> {
  const directoryId = directoryOf(context)
  if (groupIds.length > 0) await unit.groups.lockNesting(directoryId)
  if (userIds.length === 0) return
  const existing = await unit.users.lockAll(directoryId, userIds)
  if (userIds.some((userId) => !existing.has(userId))) throw absent('user')
}

function absent(noun: string): Failure {
  return flawed('members', `one of the members is no ${noun} of the directory`)
}

async function applyMembers(
  context: Context,
  unit: Unit,
  group: Group,
  change: MemberChange,
): Promise<{ memberCount: number; isOther: boolean }> {
  const { groups } = unit
  const now = context.clock.now()
  const existing = change.anew ? await groups.directIds(group.id, MEMBERS_CHANGED_MAX) : NO_MEMBERS
  const [added, removed] = change.anew
    ? [without(change.add, existing), without(existing, change.add)]
    : [change.add, change.remove]
  if (added.userIds.length + removed.userIds.length > MEMBERS_CHANGED_MAX) {
    const message = `at most ${MEMBERS_CHANGED_MAX} members can be changed at once`
    throw flawed('members', message)
  }
  if (added.userIds.length + added.groupIds.length > 0) await checkMayGiveRoles(context, unit, group.id)
  const gone = await groups.removeMembers(group.id, removed.userIds)
  const come = await groups.addMembers(group.id, added.userIds, now)
  for (const userId of gone) emitEvent(unit, 'group.member_removed', group, { userId })
  for (let start = 0; start < come.length; start += USERS_PER_EVENT) {
    const userIds = come.slice(start, start + USERS_PER_EVENT)
    emitEvent(unit, 'group.members_added', group, { userIds, added: userIds.length })
  }
  let nested = 0
  for (const childGroupId of removed.groupIds) {
    if (!(await groups.unnest(group.id, childGroupId))) continue
    emitEvent(unit, 'group.unnested', group, { childGroupId })
    nested++
  }
  for (const childGroupId of added.groupIds) {
    if (!(await groups.find(group.directoryId, childGroupId))) throw absent('group')
    if (!(await nestInto(unit, group.id, childGroupId, now))) continue
    emitEvent(unit, 'group.nested', group, { childGroupId })
    nested++
  }
  return {
    memberCount: group.memberCount + come.length - gone.length,
    isOther: come.length + gone.length + nested > 0,
  }
}

function without(some: Members, removed: Members): Members {
  const [users, groups] = [new Set(removed.userIds), new Set(removed.groupIds)]
  return {
    userIds: some.userIds.filter((id) => !users.has(id)),
    groupIds: some.groupIds.filter((id) => !groups.has(id)),
  }
}
