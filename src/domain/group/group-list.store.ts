import type { Kysely, Selectable } from 'kysely'
import type { GroupTable, Schema } from '#database/schema.ts'
import { foldCase } from '#kernel/fold-case.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import type { Group, GroupQuery } from './group.ts'
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
