// Reads and writes the members of organizations.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import type { ListQuery, Page } from '#kernel/page.ts'
import { ADMIN, type Member, type MemberView } from './organization.ts'

/** The members of one tenant's organizations. */
export function organizationMemberStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    ...memberReads(connection, tenantId),

    /** @returns whether the user was not a member before */
    async addMember(organizationId: string, member: Member): Promise<boolean> {
      const rows = await kysely
        .insertInto('organization_member')
        .values({
          organization_id: organizationId,
          user_id: member.userId,
          tenant_id: tenantId,
          role: member.role,
          permissions: JSON.stringify(member.permissions),
          joined_at: member.joinedAt,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('user_id')
        .execute()
      return rows.length === 1
    },

    /** Updates a member. */
    async updateMember(organizationId: string, { userId, role, permissions }: Member): Promise<void> {
      await kysely
        .updateTable('organization_member')
        .set({ role, permissions: JSON.stringify(permissions) })
        .where('organization_id', '=', organizationId)
        .where('user_id', '=', userId)
        .where('tenant_id', '=', tenantId)
        .execute()
    },

    /** Removes a user from an organization, or from all if none is given. */
    async removeMember(userId: string, organizationId?: string): Promise<void> {
      const all = kysely
        .deleteFrom('organization_member')
        .where('user_id', '=', userId)
        .where('tenant_id', '=', tenantId)
      await (organizationId === undefined ? all : all.where('organization_id', '=', organizationId)).execute()
    },
  }
}

function memberReads(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const namesOf = async (ids: readonly string[]) => {
    const users =
      ids.length === 0
        ? []
        : await kysely
            .selectFrom('user')
            .select(['id', 'email', 'name'])
            .where('tenant_id', '=', tenantId)
            .where('id', 'in', ids)
            .execute()
    return new Map(users.map(({ id, email, name }) => [id, { email, name }]))
  }
  return {
    async member(organizationId: string, userId: string): Promise<Member | undefined> {
      const row = await kysely
        .selectFrom('organization_member')
        .selectAll()
        .where('organization_id', '=', organizationId)
        .where('user_id', '=', userId)
        .where('tenant_id', '=', tenantId)
        .executeTakeFirst()
      return row && { userId, role: row.role, permissions: JSON.parse(row.permissions), joinedAt: row.joined_at }
    },

    /** The organizations that a user is an admin of, in the order of their ids. */
    async administeredBy(userId: string): Promise<string[]> {
      const rows = await kysely
        .selectFrom('organization_member')
        .select('organization_id')
        .where('user_id', '=', userId)
        .where('role', '=', ADMIN)
        .where('tenant_id', '=', tenantId)
        .orderBy('organization_id')
        .execute()
      return rows.map((row) => row.organization_id)
    },

    /** Whether an organization has another active admin than the user. */
    async hasOtherAdmin(organizationId: string, userId: string): Promise<boolean> {
      const row = await kysely
        .selectFrom('organization_member')
        .innerJoin('user', 'user.id', 'organization_member.user_id')
        .select('user_id')
        .where('organization_id', '=', organizationId)
        .where('role', '=', ADMIN)
        .where('user_id', '<>', userId)
        .where('organization_member.tenant_id', '=', tenantId)
        .where('user.status', '=', 'active')
        .where('user.deleted_at', 'is', null)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** One page of an organization’s members, the oldest users first. */
    async members(organizationId: string, query: ListQuery): Promise<Page<MemberView>> {
      const all = kysely
        .selectFrom('organization_member')
        .select(['user_id', 'role', 'permissions', 'joined_at'])
        .where('organization_id', '=', organizationId)
        .where('tenant_id', '=', tenantId)
      const id = { column: 'user_id', of: (row: { user_id: string }) => row.user_id }
      const page = await readListPage(connection, all, query, { id })
      // Joins only the users on the page, so that a page far back and the count do not read other users.
      const names = await namesOf(page.data.map((row) => row.user_id))
      const data = page.data.flatMap(({ user_id: userId, role, permissions, joined_at: joinedAt }) => {
        const person = names.get(userId)
        return person ? [{ userId, ...person, role, permissions: JSON.parse(permissions), joinedAt }] : []
      })
      return { ...page, data }
    },
  }
}
