import type { Kysely, Selectable } from 'kysely'
import { numberedIds } from '#database/numbered.ts'
import type { Schema } from '#database/schema.ts'
import type { GroupTable } from '#database/tables/people.ts'
import { foldCase } from '#kernel/fold-case.ts'
import { decodeCursor, type NumberedPage, type Page, toPage } from '#kernel/page.ts'
import type { Reach } from '../context.ts'
import { directoriesWithin } from '../directory/reached-directories.store.ts'
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
 * group; what a search finds is in the order of the names, over all directories where every one is asked.
 * @param known how many there are, where that is known
 */
export async function surveyGroups(
  kysely: Kysely<Schema>,
  reach: Reach,
  { search, groupType, page, perPage, ...among }: GroupSurvey,
  known: number | undefined,
): Promise<NumberedPage<Selectable<GroupTable>>> {
  const { every, condition } = await directoriesWithin(kysely, reach, among)
  let groups = kysely.selectFrom('group').where(condition).where('deleted_at', 'is', null)
  if (groupType !== undefined) groups = groups.where('group_type', '=', groupType)
  if (search === undefined) {
    const { ids, total } = await numberedIds(groups, ['directory_id', 'id'], { page, perPage }, known)
    return { data: await groupsOf(kysely, ids), total }
  }
  const from = foldCase(search)
  const found = groups.where('name_key', '>=', from).where('name_key', '<', `${from}\u{10ffff}`)
  const order = every ? ['name_key', 'directory_id', 'id'] : ['directory_id', 'name_key', 'id']
  const { ids, total } = await numberedIds(found, order, { page, perPage })
  return { data: await groupsOf(kysely, ids), total }
}

/** Groups in the order of their ids’ list; what was deleted meanwhile is none of them. */
async function groupsOf(kysely: Kysely<Schema>, ids: readonly string[]): Promise<Selectable<GroupTable>[]> {
  if (ids.length === 0) return []
  const rows = await kysely
    .selectFrom('group')
    .selectAll()
    .where('id', 'in', ids)
    .where('deleted_at', 'is', null)
    .execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
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
