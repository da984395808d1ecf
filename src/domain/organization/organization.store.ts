// Reads and writes the organizations of directories.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { membershipStore } from './membership.store.ts'
import { type Membership, type Organization, OrganizationFields } from './organization.ts'
import { organizationMemberStore } from './organization-member.store.ts'

const organizations = versionedRows('organization', OrganizationFields)

export type OrganizationStore = ReturnType<typeof organizationStore>

/** The organizations of one tenant's directories, with their members. */
export function organizationStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const notDeleted = (directoryId: string) =>
    organizations.living(kysely, { tenant_id: tenantId, directory_id: directoryId })
  return {
    ...organizationMemberStore(connection, tenantId),
    ...ofUserStore(connection, tenantId),
    ...membershipStore(connection, tenantId),

    /** @returns false if the slug is in use in the tenant */
    insert(organization: Organization): Promise<boolean> {
      return organizations.insertIfFree(kysely, organization)
    },

    /** One page of a directory’s organizations, oldest first. */
    async list(directoryId: string, query: ListQuery): Promise<Page<Organization>> {
      return mapPage(await readListPage(connection, notDeleted(directoryId), query), OrganizationFields.fromRow)
    },

    /** The id of the organization that a request names. */
    async idNamed(directoryId: string, named: { readonly id: string } | { readonly slug: string }) {
      const living = organizations.living(kysely, { tenant_id: tenantId, directory_id: directoryId })
      const found = 'id' in named ? living.where('id', '=', named.id) : living.where('slug', '=', named.slug)
      return (await found.executeTakeFirst())?.id
    },

    find(directoryId: string, id: string): Promise<Organization | undefined> {
      return organizations.find(kysely, { tenant_id: tenantId, directory_id: directoryId }, id)
    },

    /** Finds an organization and locks it with its members until the write ends. */
    lock(directoryId: string, id: string): Promise<Organization | undefined> {
      return organizations.lock(kysely, { tenant_id: tenantId, directory_id: directoryId }, id)
    },

    /** Updates an organization if it still has the version that was read. */
    update(organization: Organization): Promise<UpdateOutcome> {
      return organizations.update(kysely, { tenant_id: tenantId }, organization)
    },

    /** Deletes an organization with its memberships. @returns whether the organization existed */
    async delete(directoryId: string, id: string, now: number): Promise<boolean> {
      const deleted = await organizations.delete(kysely, { tenant_id: tenantId, directory_id: directoryId }, id, now)
      if (deleted) await endMemberships(connection, tenantId, id)
      return deleted
    },
  }
}

async function endMemberships({ kysely }: Connection, tenantId: string, id: string): Promise<void> {
  const members = kysely.selectFrom('organization_member').select('user_id').where('organization_id', '=', id)
  await kysely
    .deleteFrom('role_assignment')
    .where('subject_id', 'in', members)
    .where('organization_id', '=', id)
    .where('tenant_id', '=', tenantId)
    .execute()
  await kysely
    .deleteFrom('organization_member')
    .where('organization_id', '=', id)
    .where('tenant_id', '=', tenantId)
    .execute()
}

function ofUserStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    /** One page of a user's organizations, oldest first. */
    async ofUser(userId: string, query: ListQuery): Promise<Page<Membership>> {
      const memberships = kysely
        .selectFrom('organization_member as member')
        .innerJoin('organization', 'organization.id', 'member.organization_id')
        .selectAll('organization')
        .select(['member.role', 'member.permissions', 'member.joined_at'])
        .where('member.user_id', '=', userId)
        .where('member.tenant_id', '=', tenantId)
      const id = { column: 'member.organization_id', of: (row: { readonly id: string }) => row.id }
      return mapPage(await readListPage(connection, memberships, query, { id }), (row) => ({
        ...OrganizationFields.fromRow(row),
        ...{ userId, role: row.role, permissions: JSON.parse(row.permissions), joinedAt: row.joined_at },
      }))
    },
  }
}
