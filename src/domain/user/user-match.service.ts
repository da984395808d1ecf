// Finds users by conditions.
import type { Context } from '../context.ts'
import { directoryOf } from './user.service.ts'
import type { User } from './user.ts'
import type { Matches, UserCondition, Window } from './user-match.ts'

/**
 * The users of the realm’s directory that match all conditions, and their number. Each condition uses an index, so that
 * the cost depends on the number of matches.
 */
export async function matchUsers(
  context: Context,
  conditions: readonly UserCondition[],
  window: Window,
): Promise<Matches<User>> {
  const directoryId = directoryOf(context)
  return context.read.users.match(directoryId, conditions, window, await knownTotal(context, directoryId, conditions))
}

// The numbers of all, active and inactive users are known from the counts.
async function knownTotal(
  { read, scope }: Context,
  directoryId: string,
  conditions: readonly UserCondition[],
): Promise<number | undefined> {
  const [first, ...more] = conditions
  if (more.length > 0 || (first && first.of !== 'status')) return undefined
  const { tenantId } = scope
  const { users, active_users: active } = await read.acrossTenants.counters.totals(
    ['users', 'active_users'],
    { kind: 'tenant', tenantId },
    { place: directoryId },
  )
  if (!first) return users
  return first.value === 'active' ? active : users - active
}
