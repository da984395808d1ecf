import type { NumberedPage } from '#kernel/page.ts'
import type { Context } from '../context.ts'
import { directoryOf } from './user.service.ts'
import type { User } from './user.ts'
import type { UserCondition, Window } from './user-match.ts'

/**
 * The users of the realm’s directory that fulfil every condition, and how many there are. Each condition is answered by
 * an index, so that what it costs is what it finds.
 */
export async function matchUsers(
  context: Context,
  conditions: readonly UserCondition[],
  window: Window,
): Promise<NumberedPage<User>> {
  const directoryId = directoryOf(context)
  return context.read.users.match(directoryId, conditions, window, await known(context, directoryId, conditions))
}

// All, those who are active and those who are not are counted as they come to be.
async function known(
  { read, scope }: Context,
  directoryId: string,
  conditions: readonly UserCondition[],
): Promise<number | undefined> {
  const [first, ...more] = conditions
  if (more.length > 0 || (first && first.of !== 'status')) return undefined
  const { tenantId } = scope
  const { users, active_users: active } = await read.counters.totals(
    ['users', 'active_users'],
    { kind: 'tenant', tenantId },
    { place: directoryId },
  )
  if (!first) return users
  return first.value === 'active' ? active : users - active
}
