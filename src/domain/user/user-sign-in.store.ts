// Reads and writes what a sign-in needs of users.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { UserTable } from '#database/tables/people.ts'
import type { Person, User } from './user.ts'
import { changeUser, PERSON, type PersonRow, type Place, toPerson, toUser } from './user-row.store.ts'

const findByEmail = prepared<Place & { email_key: string }, Selectable<UserTable>>(
  'user_find_by_email',
  (kysely, value) =>
    kysely
      .selectFrom('user')
      .selectAll()
      .where('tenant_id', '=', value('tenant_id'))
      .where('directory_id', '=', value('directory_id'))
      .where('email_key', '=', value('email_key'))
      .where('deleted_at', 'is', null),
)

const findEmailByUsername = prepared<Place & { username_key: string }, { email: string }>(
  'user_find_email_by_username',
  (kysely, value) =>
    kysely
      .selectFrom('user')
      .select('email')
      .where('tenant_id', '=', value('tenant_id'))
      .where('directory_id', '=', value('directory_id'))
      .where('username_key', '=', value('username_key'))
      .where('deleted_at', 'is', null),
)

const findStatus = prepared<Place & { id: string }, { status: string }>('user_find_status', (kysely, value) =>
  kysely
    .selectFrom('user')
    .select('status')
    .where('tenant_id', '=', value('tenant_id'))
    .where('directory_id', '=', value('directory_id'))
    .where('id', '=', value('id'))
    .where('deleted_at', 'is', null),
)

const findPerson = prepared<Place & { id: string }, PersonRow>('user_find_person', (kysely, value) =>
  kysely
    .selectFrom('user')
    .select(PERSON)
    .where('tenant_id', '=', value('tenant_id'))
    .where('directory_id', '=', value('directory_id'))
    .where('id', '=', value('id'))
    .where('deleted_at', 'is', null),
)

/** A user with the hash that a password is verified against; null if the user has no password. */
export interface UserWithPasswordHash {
  readonly user: User
  readonly passwordHash: string | null
}

/** The users of one tenant's directories, for sign-ins. No other store reads password hashes. */
export function signInStore(connection: Connection, tenantId: string) {
  return {
    ...dueStore(connection, tenantId),

    /** @param key the result of `emailKey` for an address */
    async findForSignIn(directoryId: string, key: string): Promise<UserWithPasswordHash | undefined> {
      // PostgreSQL does not accept NUL in a text, and no address contains one.
      if (key.includes('\0')) return undefined
      const [row] = await connection.run(findByEmail, {
        tenant_id: tenantId,
        directory_id: directoryId,
        email_key: key,
      })
      return row && { user: toUser(row), passwordHash: row.password_hash }
    },

    /** The address of the user with a user name. @param key the result of `usernameKey` */
    async emailOfUsername(directoryId: string, key: string): Promise<string | undefined> {
      if (key.includes('\0')) return undefined
      const place = { tenant_id: tenantId, directory_id: directoryId }
      return (await connection.run(findEmailByUsername, { ...place, username_key: key }))[0]?.email
    },

    /** Finds what claims say about a user; it reads few columns, for it is asked with each request of some endpoints. */
    async findPerson(directoryId: string, id: string): Promise<Person | undefined> {
      const [row] = await connection.run(findPerson, { tenant_id: tenantId, directory_id: directoryId, id })
      return row && toPerson(row)
    },

    /** Whether a directory has an active user. */
    async isActive(directoryId: string, id: string): Promise<boolean> {
      const [row] = await connection.run(findStatus, {
        tenant_id: tenantId,
        directory_id: directoryId,
        id,
      })
      return row?.status === 'active'
    },

    /** @returns whether the user existed */
    async setPassword(id: string, passwordHash: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await changeUser(connection.kysely, tenantId, id)
        .set((row) => ({
          password_hash: passwordHash,
          password_set_at: now,
          version: row('version', '+', 1),
          updated_at: now,
        }))
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async removePassword(id: string, now: number): Promise<void> {
      await changeUser(connection.kysely, tenantId, id)
        .set((row) => ({
          password_hash: null,
          password_set_at: null,
          version: row('version', '+', 1),
          updated_at: now,
        }))
        .execute()
    },

    /**
     * Locks a user until the write ends, if the user is still active and still has the password that was verified before
     * the write.
     * @param password the verified hash, and a better hash of the same password if there is one, which replaces it
     * @returns whether the password still is the user's
     */
    async keepPassword(
      id: string,
      { verified, rehashed }: { readonly verified: string; readonly rehashed?: string | undefined },
    ): Promise<boolean> {
      const { numUpdatedRows } = await changeUser(connection.kysely, tenantId, id)
        .set({ password_hash: rehashed ?? verified })
        .where('status', '=', 'active')
        .where('password_hash', '=', verified)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Records a sign-in, if the user is still active. @returns whether the sign-in was recorded */
    async recordSignIn(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await changeUser(connection.kysely, tenantId, id)
        .set({ last_sign_in_at: now })
        .where('status', '=', 'active')
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

function dueStore(connection: Connection, tenantId: string) {
  return {
    /** Says which flow is due at the next sign-in of a user for whom none is. @param due null for none from now on */
    async setDue(id: string, due: string | null): Promise<void> {
      const change = changeUser(connection.kysely, tenantId, id).set({ due_trigger: due })
      await (due === null ? change : change.where('due_trigger', 'is', null)).execute()
    },
  }
}
