// Finds users by any part of their addresses, user names and names.
import { type SqlBool, sql } from 'kysely'
import { type Connection, longReadsOf } from '#database/database.ts'
import {
  ALL_IDS,
  type FoundUsers,
  idsIn,
  type NamesSearch,
  userContains,
  usersContaining,
} from '#database/user-search.ts'
import { parseId } from '#kernel/id.ts'
import { emailKey, nameKey } from '#kernel/identity-text.ts'
import type { Page } from '#kernel/page.ts'
import type { User } from './user.ts'
import { PROFILE, toUser, usersNotDeleted } from './user-row.store.ts'

/** Directories of up to this many users are read row by row, which finds what the index does not: short texts, parts of ids. */
const READ_MAX = 5000
/** More than this is not looked at for one search, so that it is fast whatever is asked. */
const FOUND_MAX = 10_000
/** Users that one statement reads: it takes a few milliseconds. */
const READ_AT_ONCE = 2000

/** What is searched, and which page of it is wanted. */
export interface UserSearch {
  readonly search: string
  readonly status?: User['status'] | undefined
  readonly offset: number
  readonly limit: number
}

type Wanted = Pick<NamesSearch, 'directoryId' | 'status'>

/** Texts that names are to contain, and a part of an id. */
interface Sought {
  readonly texts: readonly string[]
  readonly id: string
}

/** The search in the users of one tenant's directories. */
export function userSearchStore(connection: Connection, tenantId: string) {
  const kysely = longReadsOf(connection)
  const usersOf = (directoryId: string) =>
    usersNotDeleted(kysely, { tenant_id: tenantId, directory_id: directoryId }).clearSelect()

  const read = async ({ directoryId, status }: Wanted, { texts, id }: Sought, most: number): Promise<string[]> => {
    const matches: string[] = []
    let after = ''
    for (let count = 0; count < most; count += READ_AT_ONCE) {
      const some = usersOf(directoryId).selectAll().where('id', '>', after).orderBy('id').limit(READ_AT_ONCE).as('user')
      const contains = userContains(connection, texts, id)
      const isFound = status === undefined ? contains : sql<SqlBool>`${contains} and status = ${status}`
      const { last, ids } = await kysely
        .selectFrom(some)
        .select(({ fn }) => [
          fn.max('id').as('last'),
          sql<string | null>`string_agg(case when ${isFound} then id end, ' ')`.as('ids'),
        ])
        .executeTakeFirstOrThrow()
      matches.push(...idsIn(ids))
      if (last === null) break
      after = last
    }
    return matches
  }

  const lookUp = async (wanted: Wanted, sought: Sought): Promise<FoundUsers | undefined> => {
    const parts: string[][] = []
    let isComplete = true
    for (const text of sought.texts) {
      const ids = await usersContaining(connection, { ...wanted, text, most: FOUND_MAX })
      if (ids === undefined) return undefined
      parts.push(ids.ids)
      isComplete &&= ids.isComplete
    }
    if (!isComplete && parts.every(({ length }) => length < FOUND_MAX))
      parts.push(await read(wanted, sought, FOUND_MAX))
    parts.push(await startingWith(wanted, sought.id))
    const [most = [], ...others] = parts.filter(({ length }) => length > 0)
    return { ids: others.length === 0 ? most : [...new Set(parts.flat())], isComplete }
  }

  const startingWith = async ({ directoryId, status }: Wanted, id: string): Promise<string[]> => {
    if (id.length < 4) return []
    const users = usersOf(directoryId).where('id', '>=', id).where('id', '<', `${id}~`)
    const some = (status ? users.where('status', '=', status) : users).select('id').limit(FOUND_MAX).as('user')
    return idsIn((await kysely.selectFrom(some).select(ALL_IDS.as('ids')).executeTakeFirst())?.ids)
  }

  const isLarge = async (directoryId: string) => {
    const further = usersOf(directoryId).select('id').orderBy('id').limit(1).offset(READ_MAX)
    return (await further.executeTakeFirst()) !== undefined
  }

  return {
    /**
     * One page of the users of a directory that have a text in their address, user name, name or id, oldest first.
     * @returns undefined where the directory is large and no index finds such a text
     */
    async search(directoryId: string, { search, status, offset, limit }: UserSearch): Promise<Page<User> | undefined> {
      const asId = parseId('user', search) ?? search.toLowerCase()
      // Nobody means an id with a few letters of a name.
      const id = /^(?=.*\d)[0-9a-f-]{4,36}$/.test(asId) ? asId : '-none-'
      const texts = [...new Set([nameKey(search), emailKey(search)])].filter((text) => text !== '')
      const wanted = { directoryId, status }
      const sought = { texts, id }
      const matches = (await isLarge(directoryId))
        ? await lookUp(wanted, sought)
        : { ids: await read(wanted, sought, READ_MAX), isComplete: true }
      if (matches === undefined) return undefined
      const ids = matches.ids.sort().slice(offset, offset + limit)
      const rows =
        ids.length === 0
          ? []
          : await usersOf(directoryId).select(PROFILE).where('id', 'in', ids).orderBy('id').execute()
      const count = { value: matches.ids.length, ...(!matches.isComplete && { isBound: true }) }
      return { data: rows.map(toUser), nextCursor: null, count }
    },
  }
}
