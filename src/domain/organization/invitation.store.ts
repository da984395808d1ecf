import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { numbered } from '#database/numbered.ts'
import type { InvitationTable } from '#database/tables/people.ts'
import { decodeCursor, type NumberedPage, type NumberedQuery, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import { emailKey } from '../user/user.ts'
import type { Invitation } from './invitation.ts'

export type InvitationStore = ReturnType<typeof invitationStore>

/** The invitations to one tenant's organizations. */
export function invitationStore({ kysely }: Connection, tenantId: string) {
  const all = () => kysely.selectFrom('invitation').selectAll().where('tenant_id', '=', tenantId)
  const settle = (status: Invitation['status'], now: number) =>
    kysely
      .updateTable('invitation')
      .set({ status, settled_at: now })
      .where('tenant_id', '=', tenantId)
      .where('settled_at', 'is', null)
  return {
    /** Settles what expired, so that the address is free for another. @returns whether none is pending for the address */
    async insert(invitation: Invitation): Promise<boolean> {
      await settle('expired', invitation.createdAt)
        .where('organization_id', '=', invitation.organizationId)
        .where('email_key', '=', emailKey(invitation.email))
        .where('expires_at', '<=', invitation.createdAt)
        .execute()
      const rows = await kysely
        .insertInto('invitation')
        .values(toRow(invitation))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    async find(organizationId: string, id: string): Promise<Invitation | undefined> {
      const row = await all().where('organization_id', '=', organizationId).where('id', '=', id).executeTakeFirst()
      return row && toInvitation(row)
    },

    /** One page of an organization’s invitations, oldest first. */
    async list(organizationId: string, { limit, cursor }: PageQuery): Promise<Page<Invitation>> {
      let query = all()
        .where('organization_id', '=', organizationId)
        .orderBy('id')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toInvitation) }
    },

    /** One numbered page of an organization’s invitations, oldest first. */
    async survey(organizationId: string, query: NumberedQuery): Promise<NumberedPage<Invitation>> {
      const rows = all().where('organization_id', '=', organizationId).orderBy('id')
      const { data, total } = await numbered(rows, query)
      return { data: data.map(toInvitation), total }
    },

    /** Ends a pending invitation. @returns whether it was pending */
    async settle(id: string, status: 'accepted' | 'revoked', now: number): Promise<boolean> {
      const { numUpdatedRows } = await settle(status, now).where('id', '=', id).executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Revokes what is pending in an organization. @returns which those were */
    async revokeAll(organizationId: string, now: number): Promise<string[]> {
      const rows = await settle('revoked', now).where('organization_id', '=', organizationId).returning('id').execute()
      return rows.map(({ id }) => id)
    },
  }
}

function toRow(invitation: Invitation): Selectable<InvitationTable> {
  return {
    id: invitation.id,
    tenant_id: invitation.tenantId,
    organization_id: invitation.organizationId,
    email: invitation.email,
    email_key: emailKey(invitation.email),
    role: invitation.role,
    permissions: JSON.stringify(invitation.permissions),
    token_hash: invitation.tokenHash,
    status: invitation.status,
    expires_at: invitation.expiresAt,
    created_at: invitation.createdAt,
    settled_at: invitation.settledAt,
  }
}

function toInvitation(row: Selectable<InvitationTable>): Invitation {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    organizationId: row.organization_id,
    email: row.email,
    role: row.role,
    permissions: JSON.parse(row.permissions),
    tokenHash: row.token_hash,
    status: row.status as Invitation['status'],
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    settledAt: row.settled_at,
  }
}
