import { sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { decodeCursor, type NumberedPage, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import type { Reach } from '../context.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import type { Group, GroupMemberView, GroupQuery, GroupSurvey } from './group.ts'
import { groupClosureStore } from './group-closure.store.ts'
import { listGroups, surveyGroups } from './group-list.store.ts'
import { livingGroups, toGroup, toRow } from './group-row.store.ts'

export type GroupStore = ReturnType<typeof groupStore>

/** The groups of one tenant's directories, with their members and nesting. */
export function groupStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const living = (directoryId: string) => livingGroups(kysely, tenantId, directoryId)
  return {
    ...groupClosureStore(connection, tenantId),
    ...memberStore(connection, tenantId),
    ...nestingStore(connection, tenantId),

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
      for (const end of ['child_id', 'parent_id'] as const) {
        await kysely.deleteFrom('group_nesting').where(end, '=', id).where('tenant_id', '=', tenantId).execute()
      }
      return true
    },
  }
}

function memberStore({ kysely }: Connection, tenantId: string) {
  return {
    /** @returns how many were no members before */
    async addMembers(groupId: string, userIds: readonly string[], now: number): Promise<number> {
      const rows = await kysely
        .insertInto('group_member')
        .values(userIds.map((userId) => ({ group_id: groupId, user_id: userId, tenant_id: tenantId, created_at: now })))
        .onConflict((conflict) => conflict.doNothing())
        .returning('user_id')
        .execute()
      return rows.length
    },

    /** @returns whether the user was a member */
    async removeMember(groupId: string, userId: string): Promise<boolean> {
      const { numDeletedRows } = await kysely
        .deleteFrom('group_member')
        .where('group_id', '=', groupId)
        .where('user_id', '=', userId)
        .where('tenant_id', '=', tenantId)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    /** Takes a user out of every group. */
    async removeFromAll(userId: string, now: number): Promise<void> {
      const memberships = kysely.selectFrom('group_member').select('group_id').where('user_id', '=', userId)
      const held = await kysely
        .selectFrom('group')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('id', 'in', memberships)
        .orderBy('id')
        .forUpdate()
        .execute()
      if (held.length === 0) return
      await kysely
        .updateTable('group')
        .set((row) => ({
          member_count: row('member_count', '-', 1),
          version: row('version', '+', 1),
          updated_at: now,
        }))
        .where('tenant_id', '=', tenantId)
        .where('id', 'in', memberships)
        .execute()
      await kysely.deleteFrom('group_member').where('user_id', '=', userId).where('tenant_id', '=', tenantId).execute()
    },

    /** One page of a group’s direct members, the oldest users first. */
    async members(groupId: string, { limit, cursor }: PageQuery): Promise<Page<GroupMemberView>> {
      let query = kysely
        .selectFrom('group_member as member')
        .innerJoin('user', 'user.id', 'member.user_id')
        .select(['user.id as userId', 'user.email', 'user.name', 'user.status'])
        .where('member.group_id', '=', groupId)
        .where('member.tenant_id', '=', tenantId)
        .orderBy('member.user_id')
        .limit(limit + 1)
      if (cursor) query = query.where('member.user_id', '>', decodeCursor(cursor))
      return toPage(await query.execute(), limit, ({ userId }) => userId)
    },
  }
}

function nestingStore({ kysely }: Connection, tenantId: string) {
  return {
    /** Keeps everybody else from nesting groups of a directory until the write is done. */
    async holdNesting(directoryId: string): Promise<void> {
      await kysely
        .updateTable('directory')
        .set({ name: sql.ref('name') })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', directoryId)
        .execute()
    },

    /** @returns whether it was not there already */
    async nest(parentId: string, childId: string, now: number): Promise<boolean> {
      const rows = await kysely
        .insertInto('group_nesting')
        .values({ child_id: childId, parent_id: parentId, tenant_id: tenantId, created_at: now })
        .onConflict((conflict) => conflict.doNothing())
        .returning('child_id')
        .execute()
      return rows.length === 1
    },

    /** @returns whether it was there */
    async unnest(parentId: string, childId: string): Promise<boolean> {
      const { numDeletedRows } = await kysely
        .deleteFrom('group_nesting')
        .where('child_id', '=', childId)
        .where('parent_id', '=', parentId)
        .where('tenant_id', '=', tenantId)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    /** One page of the groups that are directly inside a group, oldest first. */
    async children(groupId: string, { limit, cursor }: PageQuery): Promise<Page<Group>> {
      let query = kysely
        .selectFrom('group_nesting as nesting')
        .innerJoin('group', 'group.id', 'nesting.child_id')
        .selectAll('group')
        .where('nesting.parent_id', '=', groupId)
        .where('nesting.tenant_id', '=', tenantId)
        .orderBy('nesting.child_id')
        .limit(limit + 1)
      if (cursor) query = query.where('nesting.child_id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toGroup) }
    },
  }
}
