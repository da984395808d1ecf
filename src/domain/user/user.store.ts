// Reads and writes users.
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import type { User, UserQuery } from './user.ts'
import { administratorStore } from './user-administrator.store.ts'
import { erasureStore } from './user-erasure.store.ts'
import { listUsers, searchUsers } from './user-list.store.ts'
import { isNameOfAnother, matchUsers } from './user-match.store.ts'
import type { Matches, UserCondition, Window } from './user-match.ts'
import {
  changeUser,
  countUsers,
  lockUsers,
  type Place,
  PROFILE,
  type Profile,
  toNewRow,
  toUpdate,
  toUser,
  usersNotDeleted,
} from './user-row.store.ts'
import { userSearchStore } from './user-search.store.ts'
import { signInStore } from './user-sign-in.store.ts'

export type UserStore = ReturnType<typeof userStore>

const findUser = prepared<Place & { id: string }, Profile>('user_find', (kysely, value) =>
  kysely
    .selectFrom('user')
    .select(PROFILE)
    .where('tenant_id', '=', value('tenant_id'))
    .where('directory_id', '=', value('directory_id'))
    .where('id', '=', value('id'))
    .where('deleted_at', 'is', null),
)

/** The users of one tenant's directories. */
export function userStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const place = (directoryId: string): Place => ({ tenant_id: tenantId, directory_id: directoryId })
  return {
    ...signInStore(connection, tenantId),
    ...administratorStore(connection, tenantId),
    ...userSearchStore(connection, tenantId),
    ...erasureStore(connection, tenantId),

    /**
     * @param passwordHash a PHC string; null if the user has no password
     * @returns false if the address is in use in the directory
     */
    async insert(user: User, passwordHash: string | null): Promise<boolean> {
      const rows = await kysely
        .insertInto('user')
        .values(toNewRow(user, passwordHash))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    /** One page of a directory’s users, oldest first; search results are in the order of addresses and names. */
    async list(directoryId: string, { search, ...query }: UserQuery, known?: number): Promise<Page<User>> {
      const page = search
        ? await searchUsers(connection, place(directoryId), { ...query, search })
        : await listUsers(connection, place(directoryId), query, known)
      return mapPage(page, toUser)
    },

    /** The users of a directory that match all conditions. @param known their number, if it is known */
    async match(
      directoryId: string,
      conditions: readonly UserCondition[],
      window: Window,
      known?: number,
    ): Promise<Matches<User>> {
      const { rows, total } = await matchUsers(connection, place(directoryId), conditions, window, known)
      return { data: rows.map(toUser), total }
    },

    async find(directoryId: string, id: string): Promise<User | undefined> {
      const [row] = await connection.run(findUser, { ...place(directoryId), id })
      return row && toUser(row)
    },

    /** Finds a user and locks the user until the write ends. */
    async lock(directoryId: string, id: string): Promise<User | undefined> {
      const row = await usersNotDeleted(kysely, place(directoryId)).where('id', '=', id).forUpdate().executeTakeFirst()
      return row && toUser(row)
    },

    /** The users of a list of ids that are in a directory; they are locked until the write ends. */
    lockAll(directoryId: string, ids: readonly string[]): Promise<Set<string>> {
      return lockUsers(kysely, place(directoryId), ids)
    },

    /** The number of the tenant's users that are not deleted, without its administrators. */
    count: () => countUsers(kysely, tenantId),

    isNameOfAnother(user: User): Promise<boolean> {
      return isNameOfAnother(kysely, place(user.directoryId), user)
    },

    /** Updates the fields that an administrator may change, if the user still has the version that was read. */
    update(user: User): Promise<UpdateOutcome> {
      return outcomeOf(
        changeUser(kysely, tenantId, user.id)
          .set(toUpdate(user))
          .where('version', '=', user.version - 1)
          .executeTakeFirst(),
      )
    },
  }
}
