import type { Kysely, SelectQueryBuilder } from 'kysely'
import type { Connection } from '#database/database.ts'
import { countOf, type NumberedIds, numberedIds, someIds } from '#database/numbered.ts'
import type { Schema } from '#database/schema.ts'
import { foldCase } from '#kernel/fold-case.ts'
import { parseId } from '#kernel/id.ts'
import type { NumberedPage, NumberedQuery } from '#kernel/page.ts'
import type { Reach } from '../context.ts'
import { directoriesWithin } from '../directory/reached-directories.store.ts'
import type { User, UserSurvey } from './user.ts'
import { PROFILE, toUser } from './user-row.store.ts'

// Pages are read in two steps. Which users are on one is told by an index alone, however far down it is and whatever it
// is narrowed to; their rows are read then.

type Users = SelectQueryBuilder<Schema, 'user', object>

/** What is asked of the users of many directories at once; a reach is what bounds it. */
export function surveyStore({ kysely }: Pick<Connection, 'kysely'>) {
  return {
    /**
     * One numbered page, oldest directory first and in each the oldest user. What a search finds is in the order of
     * addresses, then of names: over all directories where every one is asked, and otherwise in each.
     * @param directoryId the only directory, where one is meant
     * @param known how many there are, where that was counted before
     */
    async survey(reach: Reach, survey: UserSurvey, directoryId?: string, known?: number): Promise<NumberedPage<User>> {
      const { search, page, perPage } = survey
      const { every, condition } = await directoriesWithin(kysely, reach, survey, directoryId)
      const living = kysely.selectFrom('user').where(condition).where('deleted_at', 'is', null)
      // Administrators are shown by operations of their own. They have directories of their own, too.
      const people = every ? living.where('admin_role', 'is', null) : living
      const users = survey.status === undefined ? people : people.where('status', '=', survey.status)
      const id = search === undefined ? undefined : parseId('user', search)
      const { ids, total } = await (search === undefined || id !== undefined
        ? numberedIds(id === undefined ? users : users.where('id', '=', id), ['directory_id', 'id'], survey, known)
        : found(users, every, search, { page, perPage }))
      return { data: await usersOf(kysely, ids), total }
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
async function found(users: Users, every: boolean, search: string, query: NumberedQuery): Promise<NumberedIds> {
  const from = foldCase(search)
  const to = `${from}\u{10ffff}`
  const byAddress = users.where('email_key', '>=', from).where('email_key', '<', to)
  const byName = users
    .where('name_key', '>=', from)
    .where('name_key', '<', to)
    .where((row) => row.or([row('email_key', '<', from), row('email_key', '>=', to)]))
  const order = (key: string) => (every ? [key, 'directory_id', 'id'] : ['directory_id', key, 'id'])
  const first = await numberedIds(byAddress, order('email_key'), query)
  const missing = query.perPage - first.ids.length
  const offset = Math.max(0, (query.page - 1) * query.perPage - first.total)
  const rest = missing === 0 ? [] : await someIds(byName, order('name_key'), missing, offset)
  const isLast = rest.length < missing && (rest.length > 0 || offset === 0)
  const named = isLast ? offset + rest.length : await countOf(byName)
  return { ids: [...first.ids, ...rest], total: first.total + named }
}
