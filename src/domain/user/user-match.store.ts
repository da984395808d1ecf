// Finds users by conditions.
import type { Kysely, SelectQueryBuilder } from 'kysely'
import { sql } from 'kysely'
import { type Connection, longReadsOf } from '#database/database.ts'
import { countOf } from '#database/offset-page.ts'
import type { Schema } from '#database/schema.ts'
import { emailKey, nameKey, usernameKey } from '#kernel/identity-text.ts'
import type { User } from './user.ts'
import type { UserCondition, Window } from './user-match.ts'
import { type Place, type Profile, usersNotDeleted } from './user-row.store.ts'

type Users = SelectQueryBuilder<Schema, 'user', Profile>

// Each condition uses an index of its own, and the result is in the order of that index.

const ORDERS = { updatedAt: 'updated_at', name: 'name_key' } as const

/** A condition that lets SQLite choose the index of inactive users. */
const NOT_ACTIVE = sql<boolean>`"user".status <> 'active'`

/** How many users with the same name in other directories are distinguished. */
const NAMED_ALIKE_MAX = 1_000

const COMPARED = { after: '>', from: '>=', before: '<', until: '<=' } as const

/** The users of a directory that match all conditions: those of a window, and the number of all. */
export async function matchUsers(
  connection: Connection,
  place: Place,
  conditions: readonly UserCondition[],
  { offset, limit }: Window,
  known?: number,
): Promise<{ rows: Profile[]; total: number }> {
  // PostgreSQL does not accept NUL in a text, and no name contains one.
  if (conditions.some((condition) => 'value' in condition && condition.value.includes('\0')))
    return { rows: [], total: 0 }
  const kysely = longReadsOf(connection)
  let users: Users = usersNotDeleted(kysely, place)
  for (const condition of conditions) {
    if (condition.of === 'signInName' || condition.of === 'externalId') {
      const ids = await idsOf(kysely, place, condition)
      if (ids.length === 0) return { rows: [], total: 0 }
      users = users.where('user.id', 'in', ids)
    } else users = narrowed(users, place, condition)
  }
  const lead = conditions.find(({ of }) => of in ORDERS)?.of as keyof typeof ORDERS | undefined
  const ordered = (lead ? users.orderBy(ORDERS[lead]) : users).orderBy('user.id')
  const rows = limit === 0 ? [] : await ordered.limit(limit).offset(offset).execute()
  const isLast = rows.length < limit && (rows.length > 0 || offset === 0)
  return { rows, total: isLast ? offset + rows.length : (known ?? (await countOf(connection, users))) }
}

/** Whether another user has this one’s user name as address, or this one’s address as user name. */
export async function isNameOfAnother(
  kysely: Kysely<Schema>,
  place: Place,
  { id, email, username }: Pick<User, 'id' | 'email' | 'username'>,
): Promise<boolean> {
  const others = () => usersNotDeleted(kysely, place).where('id', '<>', id).limit(1)
  if (await others().where('username_key', '=', emailKey(email)).executeTakeFirst()) return true
  if (!username?.includes('@')) return false
  return (await others().where('email_key', '=', usernameKey(username)).executeTakeFirst()) !== undefined
}

type Named = Extract<UserCondition, { of: 'signInName' | 'externalId' }>

function narrowed(users: Users, place: Place, condition: Exclude<UserCondition, Named>): Users {
  switch (condition.of) {
    case 'id':
      return users.where('user.id', '=', condition.value)
    case 'email':
      return users.where('user.email_key', '=', emailKey(condition.value))
    case 'name': {
      const from = nameKey(condition.value)
      if (condition.as === 'equal') return users.where('user.name_key', '=', from)
      return users.where('user.name_key', '>=', from).where('user.name_key', '<', `${from}\u{10ffff}`)
    }
    case 'status':
      return condition.value === 'active'
        ? users.where('user.status', '=', 'active')
        : users.where('user.status', '=', condition.value).where(NOT_ACTIVE)
    case 'group':
      return users.where('user.id', 'in', (row) =>
        row
          .selectFrom('group_member')
          .select('group_member.user_id')
          .where('group_member.group_id', '=', condition.value)
          .where('group_member.tenant_id', '=', place.tenant_id),
      )
    case 'updatedAt':
      return users.where('user.updated_at', COMPARED[condition.as], condition.time)
  }
}

// This query runs separately, before the list. A database without statistics, for example after many users were
// created, would otherwise scan the whole list for each row.
async function idsOf(kysely: Kysely<Schema>, place: Place, { of, value }: Named): Promise<string[]> {
  const notDeleted = kysely
    .selectFrom('user')
    .select('id')
    .where('tenant_id', '=', place.tenant_id)
    .where('directory_id', '=', place.directory_id)
    .where('deleted_at', 'is', null)
    .limit(NAMED_ALIKE_MAX)
  if (of === 'externalId') return idsIn(await notDeleted.where('external_id', '=', value).execute())
  // Users with this user name, and users without a user name whose address it is.
  return [
    ...idsIn(await notDeleted.where('username_key', '=', usernameKey(value)).execute()),
    ...idsIn(await notDeleted.where('email_key', '=', emailKey(value)).where('username_key', 'is', null).execute()),
  ]
}

function idsIn(rows: readonly { readonly id: string }[]): string[] {
  return rows.map(({ id }) => id)
}
