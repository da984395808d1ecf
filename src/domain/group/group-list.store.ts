// The list of the groups of one directory.
import type { Kysely, Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import type { Schema } from '#database/schema.ts'
import type { GroupTable } from '#database/tables/people.ts'
import { nameKey } from '#kernel/identity-text.ts'
import type { Page } from '#kernel/page.ts'
import type { Group, GroupQuery } from './group.ts'
import { groupsNotDeleted } from './group-row.store.ts'

type Place = Pick<Group, 'tenantId' | 'directoryId'>

/** One page of a directory’s groups, oldest first; what a search finds is in the order of the names. */
export function listGroups(
  connection: Connection,
  place: Place,
  { search, groupType, ...query }: GroupQuery,
): Promise<Page<Selectable<GroupTable>>> {
  const { kysely } = connection
  let groups = groupsNotDeleted(kysely, place.tenantId, place.directoryId)
  if (groupType !== undefined) groups = groups.where('group_type', '=', groupType)
  if (search !== undefined) {
    const from = nameKey(search)
    groups = groups.where('name_key', '>=', from).where('name_key', '<', `${from}\u{10ffff}`)
  }
  const name = { column: 'name_key', valueAt: (id: string) => nameKeyOf(kysely, place, id) }
  const { order = search === undefined ? undefined : 'name' } = query
  return readListPage(
    connection,
    groups,
    { ...query, order },
    { orders: { name }, isUnindexed: groupType !== undefined },
  )
}

/** Also finds a group that was deleted in the meantime. */
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
