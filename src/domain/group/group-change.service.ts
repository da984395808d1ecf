// Changes of a group and of who is in it, in one write.
import { Failure } from '#kernel/error.ts'
import type { Context, Unit } from '../context.ts'
import { checkUpdated, givenOnly } from '../update.ts'
import { directoryOf } from '../user/user.service.ts'
import { heldGroup, nestInto, newGroup, TAKEN, tell } from './group.service.ts'
import type { Group, GroupPatch, NewGroup } from './group.ts'
import type { MemberChange, Members } from './group-match.ts'

/** How many members one change may add or take out. */
export const MEMBERS_CHANGED_MAX = 10_000
/** How many users one event names. */
const TOLD_AT_ONCE = 200

const NOBODY: Members = { userIds: [], groupIds: [] }

/**
 * Creates a group that has members from the start.
 * @throws Failure `already_exists`, `invalid_input` for a member who is not there, `conflict` for too deep a nesting
 */
export async function createGroupWith(context: Context, input: NewGroup, add: Members): Promise<Group> {
  const empty = newGroup(context, input)
  return context.write(async (unit) => {
    await holdMembers(context, unit, add)
    if (!(await unit.groups.insert(empty))) throw new Failure('already_exists', TAKEN)
    tell(unit, 'group.created', empty)
    const { memberCount } = await settle(context, unit, empty, { anew: false, add, remove: NOBODY })
    if (memberCount === 0) return empty
    const group = { ...empty, memberCount }
    await unit.groups.countMembers(group.id, memberCount)
    return group
  })
}

/**
 * Changes a group and who is in it. Nothing happens, and the group keeps its version, where nothing would be different.
 * @throws Failure `not_found`, `precondition_failed`, `already_exists`, `circular_nesting`, `conflict`, and
 * `invalid_input` for a member who is not there
 */
export async function changeGroup(
  context: Context,
  { id, ifVersion, ...patch }: GroupPatch,
  members: MemberChange,
): Promise<Group> {
  return context.write(async (unit) => {
    await holdMembers(context, unit, members.add)
    const before = await heldGroup(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const given = Object.entries(givenOnly(patch)).filter(([name, value]) => before[name as keyof Group] !== value)
    const { memberCount, isOther } = await settle(context, unit, before, members)
    if (given.length === 0 && !isOther) return before
    const group: Group = {
      ...before,
      ...Object.fromEntries(given),
      memberCount,
      version: before.version + 1,
      updatedAt: context.clock.now(),
    }
    checkUpdated(await unit.groups.update(group), TAKEN)
    if (given.length > 0) tell(unit, 'group.updated', group, { changed: given.map(([name]) => name) })
    return group
  })
}

// What nests first, then users, then groups: as everybody takes them.
async function holdMembers(context: Context, unit: Unit, { userIds, groupIds }: Members): Promise<void> {
  const directoryId = directoryOf(context)
  if (groupIds.length > 0) await unit.groups.holdNesting(directoryId)
  if (userIds.length === 0) return
  const there = await unit.users.hold(directoryId, userIds)
  if (userIds.some((userId) => !there.has(userId))) throw absent('user')
}

function absent(noun: string): Failure {
  const message = `one of the members is no ${noun} of the directory`
  return new Failure('invalid_input', { message: `members: ${message}`, flaws: [{ path: 'members', message }] })
}

async function settle(
  context: Context,
  unit: Unit,
  group: Group,
  change: MemberChange,
): Promise<{ memberCount: number; isOther: boolean }> {
  const { groups } = unit
  const now = context.clock.now()
  const there = change.anew ? await groups.directIds(group.id, MEMBERS_CHANGED_MAX) : NOBODY
  const [added, removed] = change.anew
    ? [without(change.add, there), without(there, change.add)]
    : [change.add, change.remove]
  if (added.userIds.length + removed.userIds.length > MEMBERS_CHANGED_MAX) {
    const message = `at most ${MEMBERS_CHANGED_MAX} members can be changed at once`
    throw new Failure('invalid_input', { message: `members: ${message}`, flaws: [{ path: 'members', message }] })
  }
  const gone = await groups.removeMembers(group.id, removed.userIds)
  const come = await groups.addMembers(group.id, added.userIds, now)
  for (const userId of gone) tell(unit, 'group.member_removed', group, { userId })
  for (let start = 0; start < come.length; start += TOLD_AT_ONCE) {
    const userIds = come.slice(start, start + TOLD_AT_ONCE)
    tell(unit, 'group.members_added', group, { userIds, added: userIds.length })
  }
  let nested = 0
  for (const childGroupId of removed.groupIds) {
    if (!(await groups.unnest(group.id, childGroupId))) continue
    tell(unit, 'group.unnested', group, { childGroupId })
    nested++
  }
  for (const childGroupId of added.groupIds) {
    if (!(await groups.find(group.directoryId, childGroupId))) throw absent('group')
    if (!(await nestInto(unit, group.id, childGroupId, now))) continue
    tell(unit, 'group.nested', group, { childGroupId })
    nested++
  }
  return {
    memberCount: group.memberCount + come.length - gone.length,
    isOther: come.length + gone.length + nested > 0,
  }
}

function without(some: Members, others: Members): Members {
  const [users, groups] = [new Set(others.userIds), new Set(others.groupIds)]
  return {
    userIds: some.userIds.filter((id) => !users.has(id)),
    groupIds: some.groupIds.filter((id) => !groups.has(id)),
  }
}
