// The lists of the users of one directory, and the search in them.
import type { Kysely } from 'kysely'
import { type Connection, longReadsOf } from '#database/database.ts'
import { countUpTo, readListPage } from '#database/list-page.ts'
import type { Schema } from '#database/schema.ts'
import { Failure } from '#kernel/error.ts'
import { emailKey, nameKey } from '#kernel/identity-text.ts'
import { COUNT_MAX, type Count, decodeCursor, type Page, toPage } from '#kernel/page.ts'
import type { UserQuery } from './user.ts'
import { type Place, type Profile, usersNotDeleted } from './user-row.store.ts'

type List = Omit<UserQuery, 'search'>

/** One page of a directory’s users, in the order of their ids or addresses. @param known how many there are */
export function listUsers(
  connection: Connection,
  place: Place,
  query: List,
  known: number | undefined,
): Promise<Page<Profile>> {
  const { kysely } = connection
  const email = { column: 'email_key', valueAt: async (id: string) => (await keysOf(kysely, place, id)).emailKey }
  return readListPage(connection, usersOf(kysely, place, query), query, { orders: { email }, known })
}

// A search reads two indexes, one after the other, so that a page costs the same for any number of users: first the
// users whose address starts with the text, then those of whom only the name does.

/** The position after a page of a search: which of the two indexes, and the last user. */
interface Position {
  readonly part: 'email' | 'name'
  readonly id: string
  readonly emailKey: string
  readonly nameKey: string
}

/** One page of the users whose address or name starts with a text: first by address, then by name. */
export async function searchUsers(
  connection: Connection,
  place: Place,
  { search, ...query }: List & { readonly search: string },
): Promise<Page<Profile>> {
  if (query.order !== undefined) throw new Failure('invalid_request', 'What a search finds has an order of its own.')
  const kysely = longReadsOf(connection)
  const from = emailKey(search)
  const to = `${from}\u{10ffff}`
  const nameFrom = nameKey(search)
  const nameTo = `${nameFrom}\u{10ffff}`
  const byAddress = usersOf(kysely, place, query).where('email_key', '>=', from).where('email_key', '<', to)
  const byName = usersOf(kysely, place, query)
    .where('name_key', '>=', nameFrom)
    .where('name_key', '<', nameTo)
    .where((row) => row.or([row('email_key', '<', from), row('email_key', '>=', to)]))
  const after = query.cursor ? await positionOf(kysely, place, query.cursor) : undefined
  const matches: { readonly part: Position['part']; readonly row: Profile }[] = []

  if (after?.part !== 'name') {
    let users = byAddress
    if (after) users = users.where('email_key', '>', after.emailKey)
    const rows = await users
      .orderBy('email_key')
      .limit(query.limit + 1)
      .execute()
    matches.push(...rows.map((row) => ({ part: 'email', row }) as const))
  }
  if (matches.length <= query.limit) {
    let users = byName
    if (after?.part === 'name') {
      users = users
        .where('name_key', '>=', after.nameKey)
        .where((row) => row.or([row('name_key', '>', after.nameKey), row('id', '>', after.id)]))
    }
    const rows = await users
      .orderBy('name_key')
      .orderBy('id')
      .limit(query.limit + 1 - matches.length)
      .execute()
    matches.push(...rows.map((row) => ({ part: 'name', row }) as const))
  }
  const page = toPage(matches, query.limit, ({ part, row }) => `${part}-${row.id}`)
  const count = query.include && (await countMatches(connection, [byAddress, byName]))
  return { ...page, data: page.data.map(({ row }) => row), ...(count && { count }) }
}

async function countMatches(connection: Connection, parts: Parameters<typeof countUpTo>[1][]): Promise<Count> {
  let value = 0
  for (const part of parts) {
    const count = await countUpTo(connection, part, COUNT_MAX - value)
    value += count.value
    if (count.isBound) return { value, isBound: true }
  }
  return { value }
}

/** Also finds a user who was deleted in the meantime. */
async function positionOf(kysely: Kysely<Schema>, place: Place, cursor: string): Promise<Position> {
  const [part, id] = splitAtFirst(decodeCursor(cursor))
  return { part: part === 'name' ? 'name' : 'email', id, ...(await keysOf(kysely, place, id)) }
}

async function keysOf(kysely: Kysely<Schema>, place: Place, id: string): Promise<Omit<Position, 'part' | 'id'>> {
  const row = await kysely
    .selectFrom('user')
    .select(['email_key', 'name_key'])
    .where('tenant_id', '=', place.tenant_id)
    .where('directory_id', '=', place.directory_id)
    .where('id', '=', id)
    .executeTakeFirst()
  return { emailKey: row?.email_key ?? '', nameKey: row?.name_key ?? '' }
}

function splitAtFirst(text: string): [string, string] {
  const dash = text.indexOf('-')
  return [text.slice(0, dash), text.slice(dash + 1)]
}

function usersOf(kysely: Kysely<Schema>, place: Place, { status }: List) {
  const users = usersNotDeleted(kysely, place)
  return status ? users.where('status', '=', status) : users
}
