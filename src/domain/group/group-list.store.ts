import type { Kysely, Selectable } from 'kysely'
import { numbered } from '#database/numbered.ts'
import type { Schema } from '#database/schema.ts'
import type { GroupTable } from '#database/tables/people.ts'
import { foldCase } from '#kernel/fold-case.ts'
import { decodeCursor, type NumberedPage, type Page, toPage } from '#kernel/page.ts'
import type { Reach } from '../context.ts'
import { tenantsWithin } from '../tenant/reached.store.ts'
import type { Group, GroupQuery, GroupSurvey } from './group.ts'
import { livingGroups } from './group-row.store.ts'

type Place = Pick<Group, 'tenantId' | 'directoryId'>

/** One page of a directory’s groups, oldest first; what a search finds is in the order of the names. */
export async function listGroups(
  kysely: Kysely<Schema>,
  place: Place,
  { search, limit, cursor }: GroupQuery,
): Promise<Page<Selectable<GroupTable>>> {
  const after = cursor && decodeCursor(cursor)
  let groups = livingGroups(kysely, place.tenantId, place.directoryId).limit(limit + 1)
  if (search === undefined) {
    groups = groups.orderBy('id')
    if (after) groups = groups.where('id', '>', after)
  } else {
    const from = foldCase(search)
    groups = groups.where('name_key', '>=', from).where('name_key', '<', `${from}\u{10ffff}`).orderBy('name_key')
    if (after) groups = groups.where('name_key', '>', await nameKeyOf(kysely, place, after))
  }
  return toPage(await groups.execute(), limit, (row) => row.id)
}

/**
 * One numbered page of the groups of every directory that a reach covers, oldest directory first and in each the oldest
 * group; what a search finds is in the order of the names.
 * @param known how many there are, where that is known
 */
export async function surveyGroups(
  kysely: Kysely<Schema>,
  reach: Reach,
  { search, groupType, page, perPage, ...among }: GroupSurvey,
  known: number | undefined,
): Promise<NumberedPage<Selectable<GroupTable>>> {
  let groups = kysely
    .selectFrom('group')
    .selectAll()
    .where('deleted_at', 'is', null)
    .where('directory_id', 'in', (row) =>
      row
        .selectFrom('realm')
        .select('realm.directory_id')
        .where('realm.tenant_id', 'in', tenantsWithin(kysely, reach, among))
        .where('realm.kind', '!=', 'admin')
        .where('realm.deleted_at', 'is', null),
    )
    .orderBy('directory_id')
  if (groupType !== undefined) groups = groups.where('group_type', '=', groupType)
  if (search === undefined) return numbered(groups.orderBy('id'), { page, perPage }, known)
  const from = foldCase(search)
  groups = groups.where('name_key', '>=', from).where('name_key', '<', `${from}\u{10ffff}`)
  return numbered(groups.orderBy('name_key'), { page, perPage })
}

/** Of a group that was deleted meanwhile too. */
async function nameKeyOf(kysely: Kysely<Schema>, place: Place, id: string): Promise<string> {
  const row = await kysely
    .selectFrom('group')
    .select('name_key')
    .where('tenant_id', '=', place.tenantId)
    .where('directory_id', '=', place.directoryId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.name_key ?? ''
}
