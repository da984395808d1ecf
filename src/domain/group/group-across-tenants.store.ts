// The list of the groups of several directories.
import type { Kysely, Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { idsAtOffset } from '#database/offset-page.ts'
import type { Schema } from '#database/schema.ts'
import type { GroupTable } from '#database/tables/people.ts'
import { nameKey } from '#kernel/identity-text.ts'
import { offsetOf, type Page } from '#kernel/page.ts'
import type { Reach } from '../actor.ts'
import { directoriesWithin } from '../directory/directories-within.store.ts'
import { type Group, GroupFields, type GroupQuery } from './group.ts'

export type GroupsAcrossTenants = ReturnType<typeof groupsAcrossTenants>

/** The groups of all directories, limited to a reach. */
export function groupsAcrossTenants(connection: Pick<Connection, 'kysely' | 'longReads'>) {
  const { kysely } = connection
  return {
    /**
     * One page by its offset, counted: oldest directory first, and in each the oldest group. What a search finds is in the
     * order of the names: over all directories where every one is asked, and otherwise in each.
     * @param known how many there are, where that is known
     */
    async list(reach: Reach, query: GroupQuery, known?: number): Promise<Page<Group>> {
      const { search, groupType, ...within } = query
      const window = offsetOf(query)
      const { every, condition } = await directoriesWithin(kysely, reach, within)
      let groups = kysely.selectFrom('group').where(condition).where('deleted_at', 'is', null)
      if (groupType !== undefined) groups = groups.where('group_type', '=', groupType)
      let order = ['directory_id', 'id']
      if (search !== undefined) {
        const from = nameKey(search)
        groups = groups.where('name_key', '>=', from).where('name_key', '<', `${from}\u{10ffff}`)
        order = every ? ['name_key', 'directory_id', 'id'] : ['directory_id', 'name_key', 'id']
      }
      const { ids, total } = await idsAtOffset(
        connection,
        groups,
        order,
        window,
        search === undefined ? known : undefined,
      )
      const rows = await groupsOf(kysely, ids)
      return { data: rows.map(GroupFields.fromRow), nextCursor: null, count: { value: total } }
    },
  }
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
