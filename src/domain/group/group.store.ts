import type { Connection } from '#database/database.ts'
import type { NumberedPage, Page } from '#kernel/page.ts'
import type { Reach } from '../context.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import type { Group, GroupQuery, GroupSurvey } from './group.ts'
import { groupClosureStore } from './group-closure.store.ts'
import { listGroups, surveyGroups } from './group-list.store.ts'
import { directMemberStore, groupMatchStore } from './group-match.store.ts'
import { memberListStore, memberStore, nestingStore } from './group-member.store.ts'
import { livingGroups, toGroup, toRow } from './group-row.store.ts'

export type GroupStore = ReturnType<typeof groupStore>

/** The groups of one tenant's directories, with their members and nesting. */
export function groupStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const living = (directoryId: string) => livingGroups(kysely, tenantId, directoryId)
  const nesting = nestingStore(connection, tenantId)
  return {
    ...groupClosureStore(connection, tenantId),
    ...groupMatchStore(connection, tenantId),
    ...directMemberStore(connection, tenantId),
    ...memberStore(connection, tenantId),
    ...memberListStore(connection, tenantId),
    ...nesting,

    /** @returns whether its name was free in its directory */
    async insert(group: Group): Promise<boolean> {
      const rows = await kysely
        .insertInto('group')
        .values(toRow(group))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    /** One page of a directory’s groups, oldest first; what a search finds is in the order of the names. */
    async list(directoryId: string, query: GroupQuery): Promise<Page<Group>> {
      const page = await listGroups(kysely, { tenantId, directoryId }, query)
      return { ...page, data: page.data.map(toGroup) }
    },

    /** One numbered page of the groups that a reach covers, of whatever tenants. @param known how many there are */
    async survey(reach: Reach, query: GroupSurvey, known?: number): Promise<NumberedPage<Group>> {
      const { data, total } = await surveyGroups(kysely, reach, query, known)
      return { data: data.map(toGroup), total }
    },

    async find(directoryId: string, id: string): Promise<Group | undefined> {
      const row = await living(directoryId).where('id', '=', id).executeTakeFirst()
      return row && toGroup(row)
    },

    /** A group that nobody else changes until the write is done. */
    async hold(directoryId: string, id: string): Promise<Group | undefined> {
      const row = await living(directoryId).where('id', '=', id).forUpdate().executeTakeFirst()
      return row && toGroup(row)
    },

    /** Writes a group back under the version it had. */
    update(group: Group): Promise<UpdateOutcome> {
      return outcomeOf(
        kysely
          .updateTable('group')
          .set(toRow(group))
          .where('tenant_id', '=', tenantId)
          .where('id', '=', group.id)
          .where('version', '=', group.version - 1)
          .where('deleted_at', 'is', null)
          .executeTakeFirst(),
      )
    },

    /** Deletes a group with its members and its place among groups. @returns whether it was there */
    async delete(directoryId: string, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('group')
        .set({ deleted_at: now, updated_at: now, member_count: 0 })
        .where('tenant_id', '=', tenantId)
        .where('directory_id', '=', directoryId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      if (numUpdatedRows !== 1n) return false
      await kysely.deleteFrom('group_member').where('group_id', '=', id).where('tenant_id', '=', tenantId).execute()
      await nesting.touchParents(id, now)
      for (const end of ['child_id', 'parent_id'] as const) {
        await kysely.deleteFrom('group_nesting').where(end, '=', id).where('tenant_id', '=', tenantId).execute()
      }
      return true
    },
  }
}
