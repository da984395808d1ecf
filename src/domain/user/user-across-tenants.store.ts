// Lists the users of several directories.
import type { Kysely, SelectQueryBuilder } from 'kysely'
import type { Connection } from '#database/database.ts'
import { type CountedIds, countOf, idsAtOffset, idsInOrder, type OffsetWindow } from '#database/offset-page.ts'
import type { Schema } from '#database/schema.ts'
import { parseId } from '#kernel/id.ts'
import { emailKey, nameKey } from '#kernel/identity-text.ts'
import { offsetOf, type Page } from '#kernel/page.ts'
import type { Reach } from '../actor.ts'
import { directoriesWithin } from '../directory/directories-within.store.ts'
import type { User, UserQuery } from './user.ts'
import { PROFILE, toUser } from './user-row.store.ts'

// A page is read in two steps: first the ids of its users, from an index, then their rows. So a page far back and a
// page with filters read only the index.

type Reads = Pick<Connection, 'kysely' | 'longReads'>
type Users = SelectQueryBuilder<Schema, 'user', object>

export type UsersAcrossTenants = ReturnType<typeof usersAcrossTenants>

/** The users of all directories, as far as a reach covers them. */
export function usersAcrossTenants(connection: Reads) {
  const { kysely } = connection
  return {
    /**
     * One page by its offset, with the number of users. The oldest directory comes first, and in each directory the oldest
     * user. The results of a search are ordered by address, then by name: over all directories if the list has all of them,
     * otherwise in each directory.
     * @param directoryId limits the list to one directory
     * @param known the number of users, if it was counted before
     */
    async list(
      reach: Reach,
      query: UserQuery,
      { directoryId, known }: { readonly directoryId?: string | undefined; readonly known?: number | undefined } = {},
    ): Promise<Page<User>> {
      const { search, status } = query
      const window = offsetOf(query)
      const { every, condition } = await directoriesWithin(kysely, reach, query, directoryId)
      const notDeleted = kysely.selectFrom('user').where(condition).where('deleted_at', 'is', null)
      // Administrators are shown by operations of their own. They have directories of their own, too.
      const people = every ? notDeleted.where('admin_role', 'is', null) : notDeleted
      const users = status === undefined ? people : people.where('status', '=', status)
      const id = search === undefined ? undefined : parseId('user', search)
      const { ids, total } = await (search === undefined || id !== undefined
        ? idsAtOffset(
            connection,
            id === undefined ? users : users.where('id', '=', id),
            ['directory_id', 'id'],
            window,
            known,
          )
        : searchIds(connection, users, { every, search, ...window }))
      return { data: await usersOf(kysely, ids), nextCursor: null, count: { value: total } }
    },
  }
}

/** Users in the order of their ids’ list; who was deleted meanwhile is none of them. */
async function usersOf(kysely: Kysely<Schema>, ids: readonly string[]): Promise<User[]> {
  if (ids.length === 0) return []
  const rows = await kysely
    .selectFrom('user')
    .select(PROFILE)
    .where('id', 'in', ids)
    .where('deleted_at', 'is', null)
    .execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? []).map(toUser)
}

// Those whose address starts with the text come before those of whom only the name does, each by an index of its own.
async function searchIds(
  connection: Reads,
  users: Users,
  { every, search, ...query }: OffsetWindow & { readonly every: boolean; readonly search: string },
): Promise<CountedIds> {
  const from = emailKey(search)
  const to = `${from}\u{10ffff}`
  const nameFrom = nameKey(search)
  const nameTo = `${nameFrom}\u{10ffff}`
  const byAddress = users.where('email_key', '>=', from).where('email_key', '<', to)
  const byName = users
    .where('name_key', '>=', nameFrom)
    .where('name_key', '<', nameTo)
    .where((row) => row.or([row('email_key', '<', from), row('email_key', '>=', to)]))
  const order = (key: string) => (every ? [key, 'directory_id', 'id'] : ['directory_id', key, 'id'])
  const first = await idsAtOffset(connection, byAddress, order('email_key'), query)
  const missing = query.limit - first.ids.length
  const offset = Math.max(0, query.offset - first.total)
  const matchesByName =
    missing === 0 ? [] : await idsInOrder(connection, byName, order('name_key'), { limit: missing, offset })
  const isLast = matchesByName.length < missing && (matchesByName.length > 0 || offset === 0)
  const named = isLast ? offset + matchesByName.length : await countOf(connection, byName)
  return { ids: [...first.ids, ...matchesByName], total: first.total + named }
}
