import { type Expression, type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Schema } from '#database/schema.ts'
import type { Reach } from '../context.ts'
import { type Among, tenantsWithin } from '../tenant/reached.store.ts'

// What lists of people over several tenants are bound by: the directories of living realms that people sign in to, of
// living tenants within a reach.

/** More directories than this are not named one by one. */
const FEW = 1000

/** Which directories a list is about. */
export interface ReachedDirectories {
  /** That it is about every directory there is, so that it had better be read in an order over all of them. */
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
  among: Among,
  only?: string,
): Promise<ReachedDirectories> {
  const every =
    reach.kind === 'platform' && among.tenantId === undefined && among.partnerId === undefined && only === undefined
  if (every) return { every, condition: await notAmong(kysely) }
  let realms = kysely
    .selectFrom('realm')
    .select('realm.directory_id')
    .where('realm.tenant_id', 'in', tenantsWithin(kysely, reach, among))
    .where('realm.kind', '<>', 'admin')
    .where('realm.deleted_at', 'is', null)
  if (only !== undefined) realms = realms.where('realm.directory_id', '=', only)
  const some = await realms.limit(FEW + 1).execute()
  const known = new Set(some.map((realm) => realm.directory_id))
  const condition = some.length > FEW ? sql`directory_id in (${realms})` : isOneOf([...known])
  return { every, condition: condition as RawBuilder<SqlBool> }
}

function isOneOf([first = '', ...more]: readonly string[]): RawBuilder<unknown> {
  return more.length === 0 ? sql`directory_id = ${first}` : sql`directory_id in (${sql.join([first, ...more])})`
}

// A tenant takes its realms with it, so that no directory is without a living realm but one that a deleted realm was over.
async function notAmong(kysely: Kysely<Schema>): Promise<RawBuilder<SqlBool>> {
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
  const some = await deserted.limit(FEW + 1).execute()
  if (some.length === 0) return sql`true`
  if (some.length > FEW) return sql`directory_id not in (${deserted})`
  return sql`directory_id not in (${sql.join(some.map((realm) => realm.directory_id))})`
}
