import type { Kysely } from 'kysely'
import type { Schema } from '#database/schema.ts'
import { foldCase } from '#kernel/fold-case.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import type { UserQuery } from './user.ts'
import { livingUsers, type Place, type Profile } from './user-row.store.ts'

type List = Omit<UserQuery, 'search'>

/** One page of a directory’s users, in the order of their ids. */
export async function listUsers(kysely: Kysely<Schema>, place: Place, query: List): Promise<Page<Profile>> {
  const { limit, cursor } = query
  let users = usersOf(kysely, place, query)
    .orderBy('id')
    .limit(limit + 1)
  if (cursor) users = users.where('id', '>', decodeCursor(cursor))
  return toPage(await users.execute(), limit, (row) => row.id)
}

// What a search finds is read from two indexes, one after the other, so that a page costs the same however many users
// there are: those whose address starts with the text, then those of whom only the name does.

/** Where a page of a search goes on: in which of the two, and after whom. */
interface Position {
  readonly part: 'email' | 'name'
  readonly id: string
  readonly emailKey: string
  readonly nameKey: string
}

/** One page of the users whose address or name starts with a text, in the order of the addresses, then of the names. */
export async function searchUsers(
  kysely: Kysely<Schema>,
  place: Place,
  { search, ...query }: List & { readonly search: string },
): Promise<Page<Profile>> {
  const from = foldCase(search)
  const to = `${from}\u{10ffff}`
  const after = query.cursor ? await positionOf(kysely, place, query.cursor) : undefined
  const found: { readonly part: Position['part']; readonly row: Profile }[] = []

  if (after?.part !== 'name') {
    let users = usersOf(kysely, place, query).where('email_key', '>=', from).where('email_key', '<', to)
    if (after) users = users.where('email_key', '>', after.emailKey)
    const rows = await users
      .orderBy('email_key')
      .limit(query.limit + 1)
      .execute()
    found.push(...rows.map((row) => ({ part: 'email', row }) as const))
  }
  if (found.length <= query.limit) {
    let users = usersOf(kysely, place, query)
      .where('name_key', '>=', from)
      .where('name_key', '<', to)
      .where((row) => row.or([row('email_key', '<', from), row('email_key', '>=', to)]))
    if (after?.part === 'name') {
      users = users
        .where('name_key', '>=', after.nameKey)
        .where((row) => row.or([row('name_key', '>', after.nameKey), row('id', '>', after.id)]))
    }
    const rows = await users
      .orderBy('name_key')
      .orderBy('id')
      .limit(query.limit + 1 - found.length)
      .execute()
    found.push(...rows.map((row) => ({ part: 'name', row }) as const))
  }
  const page = toPage(found, query.limit, ({ part, row }) => `${part}-${row.id}`)
  return { ...page, data: page.data.map(({ row }) => row) }
}

/** Of a user who was deleted meanwhile too. */
async function positionOf(kysely: Kysely<Schema>, place: Place, cursor: string): Promise<Position> {
  const [part, id] = splitAtFirst(decodeCursor(cursor))
  const row = await kysely
    .selectFrom('user')
    .select(['email_key', 'name_key'])
    .where('tenant_id', '=', place.tenant_id)
    .where('directory_id', '=', place.directory_id)
    .where('id', '=', id)
    .executeTakeFirst()
  return { part: part === 'name' ? 'name' : 'email', id, emailKey: row?.email_key ?? '', nameKey: row?.name_key ?? '' }
}

function splitAtFirst(text: string): [string, string] {
  const dash = text.indexOf('-')
  return [text.slice(0, dash), text.slice(dash + 1)]
}

function usersOf(kysely: Kysely<Schema>, place: Place, { status }: List) {
  const users = livingUsers(kysely, place)
  return status ? users.where('status', '=', status) : users
}
