// Reads and writes the members and the nesting of groups.
import { sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import { type Group, GroupFields, type GroupMemberView } from './group.ts'
import type { Members } from './group-match.ts'

/** How many rows one statement writes. */
const PART = 500

function inParts(ids: readonly string[]): string[][] {
  const count = Math.ceil(ids.length / PART)
  return Array.from({ length: count }, (_, part) => ids.slice(part * PART, (part + 1) * PART))
}

/** The direct members of a tenant's groups. */
export function memberStore({ kysely }: Connection, tenantId: string) {
  return {
    /** @returns the users that were not members before */
    async addMembers(groupId: string, userIds: readonly string[], now: number): Promise<string[]> {
      const added: string[] = []
      for (const some of inParts(userIds)) {
        const rows = await kysely
          .insertInto('group_member')
          .values(some.map((userId) => ({ group_id: groupId, user_id: userId, tenant_id: tenantId, created_at: now })))
          .onConflict((conflict) => conflict.doNothing())
          .returning('user_id')
          .execute()
        added.push(...rows.map(({ user_id: userId }) => userId))
      }
      return added
    },

    /** @returns the users that were members */
    async removeMembers(groupId: string, userIds: readonly string[]): Promise<string[]> {
      const removed: string[] = []
      for (const some of inParts(userIds)) {
        const rows = await kysely
          .deleteFrom('group_member')
          .where('group_id', '=', groupId)
          .where('user_id', 'in', some)
          .where('tenant_id', '=', tenantId)
          .returning('user_id')
          .execute()
        removed.push(...rows.map(({ user_id: userId }) => userId))
      }
      return removed
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

    /** Removes a user from all groups. */
    async removeFromAll(userId: string, now: number): Promise<void> {
      const memberships = kysely.selectFrom('group_member').select('group_id').where('user_id', '=', userId)
      const groups = await kysely
        .selectFrom('group')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('id', 'in', memberships)
        .orderBy('id')
        .forUpdate()
        .execute()
      if (groups.length === 0) return
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
  }
}

/** The queries for the direct members of a tenant's groups. */
export function memberListStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    /**
     * The ids of the direct members of a group.
     * @param most the number of users that matter; the result may contain one more
     */
    async directIds(groupId: string, most: number): Promise<Members> {
      const users = await kysely
        .selectFrom('group_member')
        .select('user_id')
        .where('group_id', '=', groupId)
        .where('tenant_id', '=', tenantId)
        .limit(most + 1)
        .execute()
      const groups = await kysely
        .selectFrom('group_nesting')
        .select('child_id')
        .where('parent_id', '=', groupId)
        .where('tenant_id', '=', tenantId)
        .execute()
      return { userIds: users.map((row) => row.user_id), groupIds: groups.map((row) => row.child_id) }
    },

    /** Which of these groups a user itself is a member of. */
    async directlyOf(userId: string, groupIds: readonly string[]): Promise<string[]> {
      if (groupIds.length === 0) return []
      const rows = await kysely
        .selectFrom('group_member')
        .select('group_id')
        .where('user_id', '=', userId)
        .where('group_id', 'in', groupIds)
        .where('tenant_id', '=', tenantId)
        .execute()
      return rows.map((row) => row.group_id)
    },

    /** Stores the number of users of a new group. */
    async countMembers(groupId: string, count: number): Promise<void> {
      await kysely
        .updateTable('group')
        .set({ member_count: count })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', groupId)
        .execute()
    },

    /** One page of a group’s direct members, the oldest users first. */
    async members(groupId: string, query: ListQuery): Promise<Page<GroupMemberView>> {
      const members = kysely
        .selectFrom('group_member as member')
        .innerJoin('user', 'user.id', 'member.user_id')
        .select(['user.id as userId', 'user.email', 'user.name', 'user.status'])
        .where('member.group_id', '=', groupId)
        .where('member.tenant_id', '=', tenantId)
      const id = { column: 'member.user_id', of: ({ userId }: GroupMemberView) => userId }
      return await readListPage<GroupMemberView>(connection, members, query, { id })
    },
  }
}

/** The nesting of a tenant's groups. */
export function nestingStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    /** Locks the nesting of a directory until the write ends. */
    async lockNesting(directoryId: string): Promise<void> {
      await kysely
        .updateTable('directory')
        .set({ name: sql.ref('name') })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', directoryId)
        .execute()
    },

    /** Increases the version of the groups that contain a group, because their content changes. */
    async touchParents(childId: string, now: number): Promise<void> {
      await kysely
        .updateTable('group')
        .set((row) => ({ version: row('version', '+', 1), updated_at: now }))
        .where('tenant_id', '=', tenantId)
        .where('id', 'in', (row) =>
          row
            .selectFrom('group_nesting')
            .select('parent_id')
            .where('child_id', '=', childId)
            .where('tenant_id', '=', tenantId),
        )
        .execute()
    },

    /** @returns false if it was already there */
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

    /** One page of the groups that are directly in a group, oldest first. */
    async children(groupId: string, query: ListQuery): Promise<Page<Group>> {
      const children = kysely
        .selectFrom('group_nesting as nesting')
        .innerJoin('group', 'group.id', 'nesting.child_id')
        .selectAll('group')
        .where('nesting.parent_id', '=', groupId)
        .where('nesting.tenant_id', '=', tenantId)
      const id = { column: 'nesting.child_id', of: (row: { readonly id: string }) => row.id }
      return mapPage(await readListPage(connection, children, query, { id }), GroupFields.fromRow)
    },
  }
}
