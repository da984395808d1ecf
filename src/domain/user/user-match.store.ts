import type { Kysely, SelectQueryBuilder } from 'kysely'
import { sql } from 'kysely'
import { countOf } from '#database/numbered.ts'
import type { Schema } from '#database/schema.ts'
import { foldCase } from '#kernel/fold-case.ts'
import type { UserCondition, Window } from './user-match.ts'
import { livingUsers, type Place, type Profile } from './user-row.store.ts'

type Users = SelectQueryBuilder<Schema, 'user', Profile>

// Every condition is answered by an index of its own, and what one finds is read in that index’s order.

const ORDERS = { updatedAt: 'updated_at', name: 'name_key' } as const

/** What makes SQLite see that the index of those who are not active will do. */
const NOT_ACTIVE = sql<boolean>`"user".status <> 'active'`

/** How many users with the same name elsewhere are told apart. */
const NAMED_ALIKE_MAX = 1_000

const COMPARED = { after: '>', from: '>=', before: '<', until: '<=' } as const

/** The users of a directory that fulfil every condition: those of a window, and how many there are. */
export async function matchUsers(
  kysely: Kysely<Schema>,
  place: Place,
  conditions: readonly UserCondition[],
  { offset, limit }: Window,
  known?: number,
): Promise<{ rows: Profile[]; total: number }> {
  // PostgreSQL takes no text with a NUL; and nobody is called so.
  if (conditions.some((one) => 'value' in one && one.value.includes('\0'))) return { rows: [], total: 0 }
  let users: Users = livingUsers(kysely, place)
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
  return { rows, total: isLast ? offset + rows.length : (known ?? (await countOf(users))) }
}

type Named = Extract<UserCondition, { of: 'signInName' | 'externalId' }>

function narrowed(users: Users, place: Place, condition: Exclude<UserCondition, Named>): Users {
  switch (condition.of) {
    case 'id':
      return users.where('user.id', '=', condition.value)
    case 'email':
      return users.where('user.email_key', '=', foldCase(condition.value))
    case 'name': {
      const from = foldCase(condition.value)
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

// Asked for alone, before the list: a database that knows nothing of its tables yet, as after many users were created,
// would go through the whole list for each that is found.
async function idsOf(kysely: Kysely<Schema>, place: Place, { of, value }: Named): Promise<string[]> {
  const living = kysely
    .selectFrom('user')
    .select('id')
    .where('tenant_id', '=', place.tenant_id)
    .where('directory_id', '=', place.directory_id)
    .where('deleted_at', 'is', null)
    .limit(NAMED_ALIKE_MAX)
  if (of === 'externalId') return idsIn(await living.where('external_id', '=', value).execute())
  // Who has it as a user name, and who has no user name and it as address.
  const key = foldCase(value)
  return [
    ...idsIn(await living.where('username_key', '=', key).execute()),
    ...idsIn(await living.where('email_key', '=', key).where('username_key', 'is', null).execute()),
  ]
}

function idsIn(rows: readonly { readonly id: string }[]): string[] {
  return rows.map(({ id }) => id)
}
