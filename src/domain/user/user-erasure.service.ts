// Erases deleted users: what is personal goes from their rows and from those about them, and their ids are left.
import { Failure } from '#kernel/error.ts'
import type { Context, Unit } from '../context.ts'
import { directoryOf } from './user.service.ts'
import type { User } from './user.ts'

type Erased = Pick<User, 'id' | 'directoryId'>

/**
 * Erases a deleted user at once.
 * @throws Failure `conflict` if the user is not deleted, `not_found` if there is no such user, or nothing is left to erase
 */
export async function eraseUser(context: Context, { id }: { readonly id: string }): Promise<void> {
  const directoryId = directoryOf(context)
  await context.write(async (unit) => {
    if (await unit.users.find(directoryId, id)) {
      throw new Failure('conflict', 'The user is not deleted. Delete the user first.')
    }
    if (!(await eraseDeleted(unit, { id, directoryId }, context.clock.now()))) throw new Failure('not_found')
    emitErased(unit, { id, directoryId })
  })
}

/**
 * Removes inside a write what is personal from a deleted user, and from the rows about the user: the mails, the places of
 * the sessions, and what apps asked.
 * @returns false if there is no such deleted user, or nothing is left to erase
 */
export async function eraseDeleted(unit: Unit, { id, directoryId }: Erased, now: number): Promise<boolean> {
  await unit.mails.deleteToDeleted(id)
  if (!(await unit.users.erase(directoryId, id, now))) return false
  await unit.mails.deleteAbout(id)
  await unit.sessions.erasePlaces(id)
  await unit.backchannelAuthentications.deleteOfUser(id)
  await unit.rememberedDevices.deleteOfUser(id)
  await unit.termsAcceptances.deleteOfUser(id)
  await unit.flowRuns.deleteOfUser(id)
  await unit.linkedAccounts.deleteOfUser(id)
  await unit.authenticators.deleteOfUser(id, now)
  return true
}

/** Says that a user was erased, without anything that was. */
export function emitErased(unit: Unit, { id, directoryId }: Erased): void {
  unit.emit('user.erased', { subject: { type: 'user', id }, data: { directoryId } })
}
