// Reads the memberships that tokens and sign-ins are for.
import type { Connection } from '#database/database.ts'
import { type Membership, OrganizationFields } from './organization.ts'

/** The organization that a membership is looked for in: by its id or its slug. */
export type OrganizationKey = { readonly id: string } | { readonly slug: string }

/** The memberships of one tenant's users. */
export function membershipStore({ kysely }: Connection, tenantId: string) {
  const ofUser = (directoryId: string, userId: string) =>
    kysely
      .selectFrom('organization_member as member')
      .innerJoin('organization', 'organization.id', 'member.organization_id')
      .selectAll('organization')
      .select(['member.role', 'member.permissions', 'member.joined_at'])
      .where('member.user_id', '=', userId)
      .where('member.tenant_id', '=', tenantId)
      .where('organization.directory_id', '=', directoryId)
      .where('organization.deleted_at', 'is', null)
  type Row = Awaited<ReturnType<ReturnType<typeof ofUser>['execute']>>[number]
  const toMembership = (userId: string, row: Row): Membership => ({
    ...OrganizationFields.fromRow(row),
    ...{ userId, role: row.role, permissions: JSON.parse(row.permissions), joinedAt: row.joined_at },
  })
  return {
    /** A user's membership in one organization of a directory, with the organization. */
    async membership(directoryId: string, userId: string, key: OrganizationKey): Promise<Membership | undefined> {
      const all = ofUser(directoryId, userId)
      const named =
        'id' in key ? all.where('organization.id', '=', key.id) : all.where('organization.slug', '=', key.slug)
      const row = await named.executeTakeFirst()
      return row && toMembership(userId, row)
    },

    /** The memberships of a user, in the order of the names of the organizations. */
    async memberships(directoryId: string, userId: string, limit: number): Promise<Membership[]> {
      const rows = await ofUser(directoryId, userId)
        .orderBy('organization.name')
        .orderBy('organization.id')
        .limit(limit)
        .execute()
      return rows.map((row) => toMembership(userId, row))
    },

    /** Whether a user is a member, who then stays one until the write ends. */
    async holdMember(organizationId: string, userId: string): Promise<boolean> {
      const row = await kysely
        .selectFrom('organization_member')
        .select('user_id')
        .where('organization_id', '=', organizationId)
        .where('user_id', '=', userId)
        .where('tenant_id', '=', tenantId)
        .forShare()
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
