// Reads and writes the groups of directories.
import type { Connection } from '#database/database.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { UpdateOutcome } from '../update.ts'
import { type Group, GroupFields, type GroupQuery } from './group.ts'
import { groupClosureStore } from './group-closure.store.ts'
import { listGroups } from './group-list.store.ts'
import { directMemberStore, groupMatchStore } from './group-match.store.ts'
import { memberListStore, memberStore, nestingStore } from './group-member.store.ts'
import { GROUP_ROWS } from './group-row.store.ts'

export type GroupStore = ReturnType<typeof groupStore>

/** The groups of one tenant's directories, with their members and nesting. */
export function groupStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const nesting = nestingStore(connection, tenantId)
  return {
    ...groupClosureStore(connection, tenantId),
    ...groupMatchStore(connection, tenantId),
    ...directMemberStore(connection, tenantId),
    ...memberStore(connection, tenantId),
    ...memberListStore(connection, tenantId),
    ...nesting,

    /** @returns false if the name is in use in the directory */
    insert(group: Group): Promise<boolean> {
      return GROUP_ROWS.insertIfFree(kysely, group)
    },

    /** One page of a directory’s groups, oldest first; search results are in the order of the names. */
    async list(directoryId: string, query: GroupQuery): Promise<Page<Group>> {
      return mapPage(await listGroups(connection, { tenantId, directoryId }, query), GroupFields.fromRow)
    },

    find(directoryId: string, id: string): Promise<Group | undefined> {
      return GROUP_ROWS.find(kysely, { tenant_id: tenantId, directory_id: directoryId }, id)
    },

    /** Finds a group and locks it until the write ends. */
    lock(directoryId: string, id: string): Promise<Group | undefined> {
      return GROUP_ROWS.lock(kysely, { tenant_id: tenantId, directory_id: directoryId }, id)
    },

    /** Updates a group if it still has the version that was read. */
    update(group: Group): Promise<UpdateOutcome> {
      return GROUP_ROWS.update(kysely, { tenant_id: tenantId }, group)
    },

    /** Deletes a group with its members and its nesting. @returns whether the group existed */
    async delete(directoryId: string, id: string, now: number): Promise<boolean> {
      const place = { tenant_id: tenantId, directory_id: directoryId }
      if (!(await GROUP_ROWS.delete(kysely, place, id, now, { member_count: 0 }))) return false
      await kysely.deleteFrom('group_member').where('group_id', '=', id).where('tenant_id', '=', tenantId).execute()
      await nesting.touchParents(id, now)
      for (const end of ['child_id', 'parent_id'] as const) {
        await kysely.deleteFrom('group_nesting').where(end, '=', id).where('tenant_id', '=', tenantId).execute()
      }
      return true
    },
  }
}
