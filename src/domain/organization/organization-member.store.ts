import type { Connection } from '#database/database.ts'
import { numbered } from '#database/numbered.ts'
import { decodeCursor, type NumberedPage, type NumberedQuery, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import { ADMIN, type Member, type MemberView } from './organization.ts'

/** Who is what in one tenant's organizations. */
export function organizationMemberStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    ...memberReads(connection, tenantId),

    /** @returns whether the user was no member before */
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

    /** Writes what a member is. */
    async updateMember(organizationId: string, { userId, role, permissions }: Member): Promise<void> {
      await kysely
        .updateTable('organization_member')
        .set({ role, permissions: JSON.stringify(permissions) })
        .where('organization_id', '=', organizationId)
        .where('user_id', '=', userId)
        .where('tenant_id', '=', tenantId)
        .execute()
    },

    /** Takes a user out of an organization, or out of all where none is told. */
    async removeMember(userId: string, organizationId?: string): Promise<void> {
      const all = kysely
        .deleteFrom('organization_member')
        .where('user_id', '=', userId)
        .where('tenant_id', '=', tenantId)
      await (organizationId === undefined ? all : all.where('organization_id', '=', organizationId)).execute()
    },
  }
}

function memberReads({ kysely }: Connection, tenantId: string) {
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

    /** Whether an organization has an admin besides a user. */
    async hasOtherAdmin(organizationId: string, userId: string): Promise<boolean> {
      const row = await kysely
        .selectFrom('organization_member')
        .select('user_id')
        .where('organization_id', '=', organizationId)
        .where('role', '=', ADMIN)
        .where('user_id', '<>', userId)
        .where('tenant_id', '=', tenantId)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** One page of an organization’s members, the oldest users first. */
    async members(organizationId: string, { limit, cursor }: PageQuery): Promise<Page<MemberView>> {
      let query = kysely
        .selectFrom('organization_member as member')
        .innerJoin('user', 'user.id', 'member.user_id')
        .select(['user.id as userId', 'user.email', 'user.name'])
        .select(['member.role', 'member.permissions', 'member.joined_at as joinedAt'])
        .where('member.organization_id', '=', organizationId)
        .where('member.tenant_id', '=', tenantId)
        .orderBy('member.user_id')
        .limit(limit + 1)
      if (cursor) query = query.where('member.user_id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, ({ userId }) => userId)
      return { ...page, data: page.data.map((row) => ({ ...row, permissions: JSON.parse(row.permissions) })) }
    },

    /** One numbered page of an organization’s members, the oldest users first. */
    async surveyMembers(organizationId: string, query: NumberedQuery): Promise<NumberedPage<MemberView>> {
      const all = kysely
        .selectFrom('organization_member')
        .select(['user_id', 'role', 'permissions', 'joined_at'])
        .where('organization_id', '=', organizationId)
        .where('tenant_id', '=', tenantId)
        .orderBy('user_id')
      const { data, total } = await numbered(all, query)
      // Only who is on the page is looked up, so that a far page, and the count, read no users.
      const people = await namesOf(data.map((row) => row.user_id))
      const members = data.flatMap(({ user_id: userId, role, permissions, joined_at: joinedAt }) => {
        const person = people.get(userId)
        return person ? [{ userId, ...person, role, permissions: JSON.parse(permissions), joinedAt }] : []
      })
      return { data: members, total }
    },
  }
}
