// Reads and writes invitations.
import type { ExpressionBuilder, Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import type { Schema } from '#database/schema.ts'
import type { InvitationTable } from '#database/tables/people.ts'
import { emailKey } from '#kernel/identity-text.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import type { Invitation } from './invitation.ts'

export type InvitationStore = ReturnType<typeof invitationStore>

/** The invitations to one tenant's organizations. */
export function invitationStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const all = () => kysely.selectFrom('invitation').selectAll().where('tenant_id', '=', tenantId)
  const end = (status: Invitation['status'], now: number) =>
    kysely
      .updateTable('invitation')
      .set({ status, settled_at: now })
      .where('tenant_id', '=', tenantId)
      .where('settled_at', 'is', null)
  return {
    /** Ends the expired invitations of an address. @returns whether the address has no pending invitation */
    async insert(invitation: Invitation): Promise<boolean> {
      await end('expired', invitation.createdAt)
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
    async list(
      organizationId: string,
      { status, ...query }: ListQuery & { readonly status?: Invitation['status'] | undefined },
      now: number,
    ): Promise<Page<Invitation>> {
      const rows = all().where('organization_id', '=', organizationId)
      const some = status === undefined ? rows : rows.where((row) => hasStatus(row, status, now))
      return mapPage(await readListPage(connection, some, query), toInvitation)
    },

    /** Gives a pending invitation another token and expiry. @returns whether it was pending */
    async renew(id: string, { tokenHash, expiresAt }: Pick<Invitation, 'tokenHash' | 'expiresAt'>): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('invitation')
        .set({ token_hash: tokenHash, expires_at: expiresAt })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('settled_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Ends a pending invitation. @returns whether it was pending */
    async end(id: string, status: 'accepted' | 'revoked', now: number): Promise<boolean> {
      const { numUpdatedRows } = await end(status, now).where('id', '=', id).executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Revokes the pending invitations of an organization. @returns the revoked invitations */
    async revokeAll(organizationId: string, now: number): Promise<string[]> {
      const rows = await end('revoked', now).where('organization_id', '=', organizationId).returning('id').execute()
      return rows.map(({ id }) => id)
    },
  }
}

// What is pending in its row has expired once its time is over.
function hasStatus(row: ExpressionBuilder<Schema, 'invitation'>, status: Invitation['status'], now: number) {
  const named = row('status', '=', status)
  if (status === 'pending') return row.and([named, row('expires_at', '>', now)])
  if (status !== 'expired') return named
  return row.or([named, row.and([row('status', '=', 'pending'), row('expires_at', '<=', now)])])
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
