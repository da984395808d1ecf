import { sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import type { Group, GroupMemberView } from './group.ts'
import type { Members } from './group-match.ts'
import { toGroup } from './group-row.store.ts'

/** How many rows one statement writes. */
const PART = 500

function inParts(ids: readonly string[]): string[][] {
  const count = Math.ceil(ids.length / PART)
  return Array.from({ length: count }, (_, part) => ids.slice(part * PART, (part + 1) * PART))
}

/** Who is directly in the groups of a tenant. */
export function memberStore({ kysely }: Connection, tenantId: string) {
  return {
    /** @returns who were no members before */
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

    /** @returns which of them were members */
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
  }
}

/** What is read of who is directly in the groups of a tenant. */
export function memberListStore({ kysely }: Connection, tenantId: string) {
  return {
    /** The ids of who is directly in a group. @param most how many users matter; one more may be given */
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

    /** Writes down how many users a group that was just made has. */
    async countMembers(groupId: string, count: number): Promise<void> {
      await kysely
        .updateTable('group')
        .set({ member_count: count })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', groupId)
        .execute()
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

/** Which groups of a tenant lie inside which. */
export function nestingStore({ kysely }: Connection, tenantId: string) {
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

    /** Gives the groups that a group is in another version, since what is in them is about to be different. */
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
