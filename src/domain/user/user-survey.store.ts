import type { Kysely, SelectQueryBuilder } from 'kysely'
import type { Connection } from '#database/database.ts'
import { countOf, numbered } from '#database/numbered.ts'
import type { Schema } from '#database/schema.ts'
import { foldCase } from '#kernel/fold-case.ts'
import { parseId } from '#kernel/id.ts'
import type { NumberedPage, NumberedQuery } from '#kernel/page.ts'
import type { Reach } from '../context.ts'
import { tenantsWithin } from '../tenant/reached.store.ts'
import type { User, UserSurvey } from './user.ts'
import { PROFILE, type Profile, toUser } from './user-row.store.ts'

const FEW = 1000

type Users = SelectQueryBuilder<Schema, 'user', Profile>

/** What is asked of the users of many directories at once; a reach is what bounds it. */
export function surveyStore({ kysely }: Pick<Connection, 'kysely'>) {
  return {
    /**
     * One numbered page, oldest directory first and in each the oldest user; what a search finds is in the order of
     * addresses, then of names.
     * @param directoryId the only directory, where one is meant
     * @param known how many there are, where that was counted before
     */
    async survey(reach: Reach, survey: UserSurvey, directoryId?: string, known?: number): Promise<NumberedPage<User>> {
      const { search, page, perPage } = survey
      const users = await usersWithin(kysely, reach, survey, directoryId)
      const id = search === undefined ? undefined : parseId('user', search)
      const one = id === undefined ? undefined : users.where('id', '=', id)
      const { data, total } = await (search === undefined || one
        ? numbered((one ?? users).orderBy('directory_id').orderBy('id'), { page, perPage }, known)
        : found(users, search, { page, perPage }))
      return { data: data.map(toUser), total }
    },
  }
}

// The living users of the directories that people sign in to; administrators are shown by operations of their own. Which
// directories those are is read first where they are few: that they are is what a database cannot know beforehand.
async function usersWithin(kysely: Kysely<Schema>, reach: Reach, survey: UserSurvey, only?: string): Promise<Users> {
  let realms = kysely
    .selectFrom('realm')
    .where('realm.tenant_id', 'in', tenantsWithin(kysely, reach, survey))
    .where('realm.kind', '!=', 'admin')
    .where('realm.deleted_at', 'is', null)
  if (only !== undefined) realms = realms.where('realm.directory_id', '=', only)
  const some = await realms
    .select(['realm.directory_id', 'realm.tenant_id'])
    .limit(FEW + 1)
    .execute()
  let users = kysely.selectFrom('user').select(PROFILE).where('deleted_at', 'is', null)
  if (some.length > FEW) users = users.where('directory_id', 'in', realms.select('realm.directory_id'))
  else {
    users = isOneOf(users, 'directory_id', new Set(some.map((realm) => realm.directory_id)))
    users = isOneOf(users, 'tenant_id', new Set(some.map((realm) => realm.tenant_id)))
  }
  return survey.status === undefined ? users : users.where('status', '=', survey.status)
}

function isOneOf(users: Users, column: 'directory_id' | 'tenant_id', values: ReadonlySet<string>): Users {
  const [first = ''] = values
  return values.size <= 1 ? users.where(column, '=', first) : users.where(column, 'in', [...values])
}

// Those whose address starts with the text come before those of whom only the name does, each by an index of its own.
async function found(users: Users, search: string, query: NumberedQuery): Promise<NumberedPage<Profile>> {
  const from = foldCase(search)
  const to = `${from}\u{10ffff}`
  const byAddress = users.where('email_key', '>=', from).where('email_key', '<', to)
  const byName = users
    .where('name_key', '>=', from)
    .where('name_key', '<', to)
    .where((row) => row.or([row('email_key', '<', from), row('email_key', '>=', to)]))
  const first = await numbered(byAddress.orderBy('directory_id').orderBy('email_key'), query)
  const missing = query.perPage - first.data.length
  const offset = Math.max(0, (query.page - 1) * query.perPage - first.total)
  const rest =
    missing === 0
      ? []
      : await byName.orderBy('directory_id').orderBy('name_key').orderBy('id').limit(missing).offset(offset).execute()
  const isLast = rest.length < missing && (rest.length > 0 || offset === 0)
  const named = isLast ? offset + rest.length : await countOf(byName)
  return { data: [...first.data, ...rest], total: first.total + named }
}
