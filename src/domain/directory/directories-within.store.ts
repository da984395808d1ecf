// Limits lists of users of several tenants to the directories within a reach.
import { type Expression, type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Schema } from '#database/schema.ts'
import type { Reach } from '../actor.ts'
import { type TenantFilter, tenantsWithin } from '../tenant/tenants-within.store.ts'

// Only directories of realms and tenants that are not deleted, without the directories of administrators.

/** The maximum number of directories that a condition lists one by one. */
const LISTED_MAX = 1000

/** The directories of a list. */
export interface ReachedDirectories {
  /** Whether these are all directories; the list is then read in an order over all of them. */
  readonly every: boolean
  /** The condition on a table’s `directory_id`. */
  readonly condition: Expression<SqlBool>
}

/**
 * The directories within a reach. They are read beforehand where they are few: that they are is what a database cannot
 * know. Of every directory, those are read that are left out.
 * @param only the one directory that is meant, if it is within reach
 */
export async function directoriesWithin(
  kysely: Kysely<Schema>,
  reach: Reach,
  filter: TenantFilter,
  only?: string,
): Promise<ReachedDirectories> {
  const every =
    reach.kind === 'platform' && filter.tenantId === undefined && filter.partnerId === undefined && only === undefined
  if (every) return { every, condition: await excluded(kysely) }
  let realms = kysely
    .selectFrom('realm')
    .select('realm.directory_id')
    .where('realm.tenant_id', 'in', tenantsWithin(kysely, reach, filter))
    .where('realm.kind', '<>', 'admin')
    .where('realm.deleted_at', 'is', null)
  if (only !== undefined) realms = realms.where('realm.directory_id', '=', only)
  const some = await realms.limit(LISTED_MAX + 1).execute()
  const listed = new Set(some.map((realm) => realm.directory_id))
  const condition = some.length > LISTED_MAX ? sql`directory_id in (${realms})` : isIn([...listed])
  return { every, condition: condition as RawBuilder<SqlBool> }
}

function isIn([first = '', ...more]: readonly string[]): RawBuilder<unknown> {
  return more.length === 0 ? sql`directory_id = ${first}` : sql`directory_id in (${sql.join([first, ...more])})`
}

// A tenant takes its realms with it, so that no directory is without a living realm but one that a deleted realm was over.
async function excluded(kysely: Kysely<Schema>): Promise<RawBuilder<SqlBool>> {
  const deserted = kysely
    .selectFrom('realm')
    .select('realm.directory_id')
    .where('realm.deleted_at', 'is not', null)
    .where('realm.kind', '<>', 'admin')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('realm as other')
            .select('other.id')
            .whereRef('other.directory_id', '=', 'realm.directory_id')
            .where('other.kind', '<>', 'admin')
            .where('other.deleted_at', 'is', null),
        ),
      ),
    )
  const some = await deserted.limit(LISTED_MAX + 1).execute()
  if (some.length === 0) return sql`true`
  if (some.length > LISTED_MAX) return sql`directory_id not in (${deserted})`
  return sql`directory_id not in (${sql.join(some.map((realm) => realm.directory_id))})`
}
