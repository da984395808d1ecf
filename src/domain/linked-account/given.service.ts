// Gives groups and roles to a user by a mapping, and takes them away again.
import type { Context, Unit } from '../context.ts'
import { addPerson, removePerson } from '../group/group-person.service.ts'
import { assignRoleTo, unassignRoleFrom } from '../role/role.service.ts'
import type { User } from '../user/user.ts'
import { type Given, inOrder, keyOf } from './given.ts'
import type { LinkedAccount } from './linked-account.ts'

type Clock = Pick<Context, 'clock'>

/** Gives a group or role inside a write. @param user whose row is locked */
async function give(context: Context, unit: Unit, user: User, { kind, id, organizationId }: Given): Promise<void> {
  if (kind === 'group') await addPerson(context, unit, user, id)
  else await assignRoleTo(context, unit, { id, userId: user.id, ...(organizationId !== null && { organizationId }) })
}

async function take(context: Clock, unit: Unit, user: User, gift: Given): Promise<void> {
  const { kind, id, realmId, organizationId } = gift
  if (kind === 'group') await removePerson(context, unit, user, id)
  else {
    const assigned = { id, userId: user.id, ...(organizationId !== null && { organizationId }) }
    await unassignRoleFrom(unit, realmId, assigned)
  }
}

/**
 * Gives a user what a mapping gives now, and takes away what it gave by this account before and gives no more. What the user
 * had from elsewhere stays: from an administrator, or from the mapping by another account.
 * @param user whose row is locked
 * @param wanted what the mapping gives now
 * @returns what the user has from the mapping
 */
export async function synchronise(
  context: Context,
  unit: Unit,
  user: User,
  { account, wanted }: { readonly account: LinkedAccount; readonly wanted: readonly Given[] },
): Promise<Given[]> {
  const before = new Set(account.given.map(keyOf))
  const now = new Set(wanted.map(keyOf))
  const gone = account.given.filter((gift) => !now.has(keyOf(gift)))
  const held = wanted.length === 0 ? new Set<string>() : await heldOf(unit, user, wanted)
  const isShared = gone.length > 0 || wanted.some((gift) => held.has(keyOf(gift)) && !before.has(keyOf(gift)))
  const elsewhere = isShared ? await givenByOthers(unit, user, account) : new Set<string>()
  const missing = wanted.filter((gift) => !held.has(keyOf(gift)))
  const unwanted = gone.filter((gift) => !elsewhere.has(keyOf(gift)))
  for (const gift of inOrder([...missing, ...unwanted])) {
    if (now.has(keyOf(gift))) await give(context, unit, user, gift)
    else await take(context, unit, user, gift)
  }
  return inOrder(wanted).filter((gift) => {
    const key = keyOf(gift)
    return !held.has(key) || before.has(key) || elsewhere.has(key)
  })
}

/** Takes away what the mapping gave by an account that is unlinked. @param user whose row is locked */
export async function takeAll(context: Clock, unit: Unit, user: User, account: LinkedAccount): Promise<void> {
  if (account.given.length === 0) return
  const elsewhere = await givenByOthers(unit, user, account)
  for (const gift of inOrder(account.given)) {
    if (!elsewhere.has(keyOf(gift))) await take(context, unit, user, gift)
  }
}

async function givenByOthers(unit: Unit, user: User, { id }: LinkedAccount): Promise<Set<string>> {
  const others = (await unit.linkedAccounts.allOf(user.id)).filter((one) => one.id !== id)
  return new Set(others.flatMap(({ given }) => given.map(keyOf)))
}

async function heldOf(unit: Unit, { id: userId }: User, wanted: readonly Given[]): Promise<Set<string>> {
  const idsOf = (kind: Given['kind']) => wanted.filter((gift) => gift.kind === kind).map(({ id }) => id)
  const groups = await unit.groups.directlyOf(userId, idsOf('group'))
  const roles = await unit.roles.directlyOf(userId, idsOf('role'))
  const place = { realmId: '', organizationId: null }
  return new Set([
    ...groups.map((id) => keyOf({ kind: 'group', id, ...place })),
    ...roles.map((role) => keyOf({ kind: 'role', ...place, ...role })),
  ])
}
