import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { NumberedPage, Page } from '#kernel/page.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import type { User, UserQuery } from './user.ts'
import { administratorStore } from './user-administrator.store.ts'
import { listUsers, searchUsers } from './user-list.store.ts'
import { matchUsers } from './user-match.store.ts'
import type { UserCondition, Window } from './user-match.ts'
import {
  changeUser,
  countUsers,
  holdUsers,
  livingUsers,
  type Place,
  PROFILE,
  type Profile,
  toNewRow,
  toRow,
  toUser,
} from './user-row.store.ts'
import { signInStore } from './user-sign-in.store.ts'
import { surveyStore } from './user-survey.store.ts'

export type UserStore = ReturnType<typeof userStore>

/** A user with what a password is verified against; null where there is none. */
export interface FoundForSignIn {
  readonly user: User
  readonly passwordHash: string | null
}

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
    ...surveyStore(connection),

    /**
     * @param passwordHash a PHC string; null where the user has no password
     * @returns whether its address was free in its directory
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

    /** One page of a directory’s users, oldest first; what a search finds is in the order of addresses and names. */
    async list(directoryId: string, { search, ...query }: UserQuery): Promise<Page<User>> {
      const page = search
        ? await searchUsers(kysely, place(directoryId), { ...query, search })
        : await listUsers(kysely, place(directoryId), query)
      return { ...page, data: page.data.map(toUser) }
    },

    /** The users of a directory that fulfil every condition. @param known how many there are, where that is known */
    async match(
      directoryId: string,
      conditions: readonly UserCondition[],
      window: Window,
      known?: number,
    ): Promise<NumberedPage<User>> {
      const { rows, total } = await matchUsers(kysely, place(directoryId), conditions, window, known)
      return { data: rows.map(toUser), total }
    },

    async find(directoryId: string, id: string): Promise<User | undefined> {
      const [row] = await connection.run(findUser, { ...place(directoryId), id })
      return row && toUser(row)
    },

    /** A user whom nobody else changes until the write is done. */
    async lock(directoryId: string, id: string): Promise<User | undefined> {
      const row = await livingUsers(kysely, place(directoryId)).where('id', '=', id).forUpdate().executeTakeFirst()
      return row && toUser(row)
    },

    /** Which of these users a directory has; nobody deletes them until the write is done. */
    hold(directoryId: string, ids: readonly string[]): Promise<Set<string>> {
      return holdUsers(kysely, place(directoryId), ids)
    },

    /** How many living users the tenant has. */
    count(): Promise<number> {
      return countUsers(kysely, tenantId)
    },

    /** Writes back what an administrator may change, under the version it had. */
    update(user: User): Promise<UpdateOutcome> {
      return outcomeOf(
        changeUser(kysely, tenantId, user.id)
          .set(toRow(user))
          .where('version', '=', user.version - 1)
          .executeTakeFirst(),
      )
    },

    /** @returns the status that the user had; undefined where there was none */
    async delete(directoryId: string, id: string, now: number): Promise<User['status'] | undefined> {
      const row = await changeUser(kysely, tenantId, id)
        .set({ deleted_at: now, updated_at: now, password_hash: null, username_key: null })
        .where('directory_id', '=', directoryId)
        .returning('status')
        .executeTakeFirst()
      return row?.status as User['status'] | undefined
    },
  }
}
