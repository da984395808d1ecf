import type { Selectable, SelectQueryBuilder } from 'kysely'
import type { Connection } from '#database/database.ts'
import { numbered } from '#database/numbered.ts'
import type { Schema } from '#database/schema.ts'
import type { OrganizationTable } from '#database/tables/people.ts'
import { decodeCursor, type NumberedPage, type NumberedQuery, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import type { Member, Organization } from './organization.ts'
import { organizationMemberStore } from './organization-member.store.ts'

export type OrganizationStore = ReturnType<typeof organizationStore>

/** The organizations of one tenant's directories, with their members. */
export function organizationStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const living = (directoryId: string) =>
    kysely
      .selectFrom('organization')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('directory_id', '=', directoryId)
      .where('deleted_at', 'is', null)
  return {
    ...organizationMemberStore(connection, tenantId),
    ...ofUserStore(connection, tenantId),

    /** @returns whether its slug was free in the tenant */
    async insert(organization: Organization): Promise<boolean> {
      const rows = await kysely
        .insertInto('organization')
        .values(toRow(organization))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    /** One page of a directory’s organizations, oldest first. */
    async list(directoryId: string, { limit, cursor }: PageQuery): Promise<Page<Organization>> {
      let query = living(directoryId)
        .orderBy('id')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toOrganization) }
    },

    /** One numbered page of a directory’s organizations, oldest first. */
    survey: (directoryId: string, query: NumberedQuery) => surveyOrganizations(living(directoryId), query),

    async find(directoryId: string, id: string): Promise<Organization | undefined> {
      const row = await living(directoryId).where('id', '=', id).executeTakeFirst()
      return row && toOrganization(row)
    },

    /** An organization that nobody else changes, in itself or its members, until the write is done. */
    async hold(directoryId: string, id: string): Promise<Organization | undefined> {
      const row = await living(directoryId).where('id', '=', id).forUpdate().executeTakeFirst()
      return row && toOrganization(row)
    },

    /** Writes an organization back under the version it had. */
    update(organization: Organization): Promise<UpdateOutcome> {
      return outcomeOf(
        kysely
          .updateTable('organization')
          .set(toRow(organization))
          .where('tenant_id', '=', tenantId)
          .where('id', '=', organization.id)
          .where('version', '=', organization.version - 1)
          .where('deleted_at', 'is', null)
          .executeTakeFirst(),
      )
    },

    /** Deletes an organization with its memberships. @returns whether it was there */
    async delete(directoryId: string, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('organization')
        .set({ deleted_at: now, updated_at: now })
        .where('tenant_id', '=', tenantId)
        .where('directory_id', '=', directoryId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      if (numUpdatedRows !== 1n) return false
      await endMemberships(connection, tenantId, id)
      return true
    },
  }
}

async function surveyOrganizations(
  living: SelectQueryBuilder<Schema, 'organization', Selectable<OrganizationTable>>,
  query: NumberedQuery,
): Promise<NumberedPage<Organization>> {
  const { data, total } = await numbered(living.orderBy('id'), query)
  return { data: data.map(toOrganization), total }
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

function ofUserStore({ kysely }: Connection, tenantId: string) {
  return {
    /** One page of the organizations that a user is a member of, oldest first. */
    async ofUser(userId: string, { limit, cursor }: PageQuery): Promise<Page<Organization & Member>> {
      let query = kysely
        .selectFrom('organization_member as member')
        .innerJoin('organization', 'organization.id', 'member.organization_id')
        .selectAll('organization')
        .select(['member.role', 'member.permissions', 'member.joined_at'])
        .where('member.user_id', '=', userId)
        .where('member.tenant_id', '=', tenantId)
        .orderBy('member.organization_id')
        .limit(limit + 1)
      if (cursor) query = query.where('member.organization_id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, ({ id }) => id)
      const data = page.data.map((row) => ({
        ...toOrganization(row),
        ...{ userId, role: row.role, permissions: JSON.parse(row.permissions), joinedAt: row.joined_at },
      }))
      return { ...page, data }
    },
  }
}

function toRow(organization: Organization): Omit<Selectable<OrganizationTable>, 'deleted_at'> {
  return {
    id: organization.id,
    tenant_id: organization.tenantId,
    directory_id: organization.directoryId,
    name: organization.name,
    slug: organization.slug,
    logo_url: organization.logoUrl,
    settings: JSON.stringify(organization.settings),
    version: organization.version,
    created_at: organization.createdAt,
    updated_at: organization.updatedAt,
  }
}

function toOrganization(row: Selectable<OrganizationTable>): Organization {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    directoryId: row.directory_id,
    name: row.name,
    slug: row.slug,
    logoUrl: row.logo_url,
    settings: JSON.parse(row.settings),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
