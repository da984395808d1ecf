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
  for (const condition of conditions) users = narrowed(kysely, place, users, condition)
  const lead = conditions.find(({ of }) => of in ORDERS)?.of as keyof typeof ORDERS | undefined
  const ordered = (lead ? users.orderBy(ORDERS[lead]) : users).orderBy('user.id')
  const rows = limit === 0 ? [] : await ordered.limit(limit).offset(offset).execute()
  const isLast = rows.length < limit && (rows.length > 0 || offset === 0)
  return { rows, total: isLast ? offset + rows.length : (known ?? (await countOf(users))) }
}

function narrowed(kysely: Kysely<Schema>, place: Place, users: Users, condition: UserCondition): Users {
  switch (condition.of) {
    case 'id':
      return users.where('user.id', '=', condition.value)
    case 'externalId':
      return users.where('user.id', 'in', named(kysely, place).where('named.external_id', '=', condition.value))
    case 'email':
      return users.where('user.email_key', '=', foldCase(condition.value))
    case 'signInName':
      return users.where('user.id', 'in', called(kysely, place, foldCase(condition.value)))
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

// Written as a subquery, so that its order is the list’s and not a reason to read the list’s index.
function named(kysely: Kysely<Schema>, place: Place) {
  return kysely
    .selectFrom('user as named')
    .select('named.id')
    .where('named.tenant_id', '=', place.tenant_id)
    .where('named.directory_id', '=', place.directory_id)
    .where('named.deleted_at', 'is', null)
}

// Who has the name as a user name, and who has none and the name as address.
function called(kysely: Kysely<Schema>, place: Place, key: string) {
  return named(kysely, place)
    .where('named.username_key', '=', key)
    .unionAll(named(kysely, place).where('named.email_key', '=', key).where('named.username_key', 'is', null))
}
