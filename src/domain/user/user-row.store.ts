// The rows of users: the columns that are read, and their values.
import type { Kysely, Selectable } from 'kysely'
import type { Schema } from '#database/schema.ts'
import type { UserTable } from '#database/tables/people.ts'
import { emailKey, lookalike, usernameKey } from '#kernel/identity-text.ts'
import { unlessSame } from '../versioned.store.ts'
import {
  fullNameKey,
  NO_PROFILE,
  type Person,
  PROFILE_FIELDS,
  type User,
  UserFields,
  type UserProfile,
} from './user.ts'

/** All columns except the password’s hash, which only a sign-in reads, and the normalized keys for searches. */
export const PROFILE = [...UserFields.columns, 'profile'] as const
export type Profile = Pick<Selectable<UserTable>, (typeof PROFILE)[number]>

/** The columns of {@link Person}. */
export const PERSON = [
  'id',
  'status',
  'email',
  'email_verified',
  'name',
  'given_name',
  'family_name',
  'username',
  'updated_at',
  'attributes',
  'profile',
] as const

export type PersonRow = Pick<Selectable<UserTable>, (typeof PERSON)[number]>

/** A directory and its tenant. */
export type Place = Pick<UserTable, 'tenant_id' | 'directory_id'>

/** The users of a directory that are not deleted. */
export function usersNotDeleted(kysely: Kysely<Schema>, place: Place) {
  return kysely
    .selectFrom('user')
    .select(PROFILE)
    .where('tenant_id', '=', place.tenant_id)
    .where('directory_id', '=', place.directory_id)
    .where('deleted_at', 'is', null)
}

/** The users of a list of ids that are in a directory; they are locked until the write ends. */
export async function lockUsers(kysely: Kysely<Schema>, place: Place, ids: readonly string[]): Promise<Set<string>> {
  const rows = await usersNotDeleted(kysely, place).where('id', 'in', ids).orderBy('id').forShare().execute()
  return new Set(rows.map(({ id }) => id))
}

/** The number of a tenant's users that are not deleted, without its administrators. */
export async function countUsers(kysely: Kysely<Schema>, tenantId: string): Promise<number> {
  const { count } = await kysely
    .selectFrom('user')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('directory_id', 'in', (row) =>
      row
        .selectFrom('directory')
        .select('directory.id')
        .where('directory.tenant_id', '=', tenantId)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('realm')
                .select('realm.id')
                .where('realm.kind', '=', 'admin')
                .whereRef('realm.directory_id', '=', 'directory.id'),
            ),
          ),
        ),
    )
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** An update of one user who is not deleted, in any directory. */
export function changeUser(kysely: Kysely<Schema>, tenantId: string, id: string) {
  return kysely
    .updateTable('user')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
}

/** The columns of a new user. @param passwordHash a PHC string; null if the user has no password */
export function toNewRow(
  user: User,
  passwordHash: string | null,
): Omit<Selectable<UserTable>, 'deleted_at' | 'erased_at'> {
  const keys = { ...addressColumns(user), ...usernameColumns(user) }
  return { ...UserFields.toRow(user), ...followingColumns(user), ...keys, password_hash: passwordHash }
}

/** The columns that an administrator may change, and those that follow from them. */
export function toUpdate(user: User): Partial<Selectable<UserTable>> {
  return {
    ...UserFields.toUpdate(user),
    ...followingColumns(user),
    ...unlessSame('email', user, addressColumns(user)),
    ...unlessSame('username', user, usernameColumns(user)),
  }
}

function addressColumns({ email }: User) {
  return { email_key: emailKey(email), email_lookalike: lookalike(email, emailKey) }
}

function usernameColumns({ username }: User) {
  return {
    username_key: username === null ? null : usernameKey(username),
    username_lookalike: username === null ? null : lookalike(username, usernameKey),
  }
}

function followingColumns(user: User) {
  return { name_key: fullNameKey(user), profile: profileOf(user) }
}

// Null if nothing is known, as for most users.
function profileOf(user: UserProfile): string | null {
  const known = PROFILE_FIELDS.map((field) => [field, user[field]] as const).filter(
    ([field, value]) => value !== NO_PROFILE[field],
  )
  return known.length === 0 ? null : JSON.stringify(Object.fromEntries(known))
}

/** A user from the row. */
export function toUser(row: Profile): User {
  return { ...UserFields.fromRow(row), ...profileIn(row) }
}

const NO_ATTRIBUTES = {}

/** What claims say about a user, from the row. */
export function toPerson(row: PersonRow): Person {
  return {
    id: row.id,
    status: row.status as Person['status'],
    email: row.email,
    emailVerified: row.email_verified === 1,
    name: row.name,
    givenName: row.given_name,
    familyName: row.family_name,
    username: row.username,
    updatedAt: row.updated_at,
    attributes: row.attributes === '{}' ? NO_ATTRIBUTES : JSON.parse(row.attributes),
    ...profileIn(row),
  }
}

function profileIn({ profile }: Pick<UserTable, 'profile'>): UserProfile {
  return profile === null ? NO_PROFILE : { ...NO_PROFILE, ...JSON.parse(profile) }
}
