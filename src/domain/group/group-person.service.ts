// Adds one user to a group and removes one, inside a write whose rules say so.
import type { Context, Unit } from '../context.ts'
import { checkUpdated } from '../update.ts'
import type { User } from '../user/user.ts'
import { emitEvent, NAME_IN_USE } from './group.service.ts'
import type { Group } from './group.ts'

/** Adds a user to a group, if the group is there and the user is no member. @param user whose row is locked */
export async function addPerson(context: Pick<Context, 'clock'>, unit: Unit, user: User, id: string): Promise<void> {
  const group = await unit.groups.lock(user.directoryId, id)
  if (!group || (await unit.groups.addMembers(id, [user.id], context.clock.now())).length === 0) return
  const after = await counted(context, unit, group, 1)
  emitEvent(unit, 'group.members_added', after, { userIds: [user.id], added: 1 })
}

/** Removes a user from a group, if it is a member. @param user whose row is locked */
export async function removePerson(context: Pick<Context, 'clock'>, unit: Unit, user: User, id: string): Promise<void> {
  const group = await unit.groups.lock(user.directoryId, id)
  if (!group || !(await unit.groups.removeMember(id, user.id))) return
  const after = await counted(context, unit, group, -1)
  emitEvent(unit, 'group.member_removed', after, { userId: user.id })
}

async function counted({ clock }: Pick<Context, 'clock'>, unit: Unit, group: Group, change: number): Promise<Group> {
  const { memberCount, version } = group
  const after = { ...group, memberCount: memberCount + change, version: version + 1, updatedAt: clock.now() }
  checkUpdated(await unit.groups.update(after), NAME_IN_USE)
  return after
}
