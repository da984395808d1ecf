// What clients poll for: device authorizations and backchannel authentications. Both have these columns.
import { sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { ownedBy } from '#database/token-log/owner-condition.ts'
import { POLL_TOLERANCE } from './device-authorization.ts'

/** The tables of what clients poll for. */
export type PolledTable = 'device_authorization' | 'backchannel_authentication'

/** Whose approvals are meant: those that have all of these. */
export type ApprovalOwner = Readonly<
  Partial<Record<'clientId' | 'agentsOf' | 'userId' | 'sessionId' | 'familyId', string>>
>

const OWNER_COLUMNS = {
  clientId: 'client_id',
  userId: 'user_id',
  sessionId: 'session_id',
  familyId: 'family_id',
} as const

/** Counts polls and spends approvals in one of the tables. */
export function polledStore({ kysely }: Connection, tenantId: string, table: PolledTable) {
  // The columns are the same in both; the types of a union of tables would not say so.
  const update = (id: string) =>
    kysely
      .updateTable(table as 'device_authorization')
      .where('id', '=', id)
      .where('tenant_id', '=', tenantId)
  const approvedBy = (owner: ApprovalOwner, now: number) => {
    const own = ownedBy(tenantId, owner, (member) => sql.ref(OWNER_COLUMNS[member as keyof typeof OWNER_COLUMNS]))
    return sql<boolean>`tenant_id = ${tenantId} and status = 'approved' and consumed_at is null and expires_at > ${now}
      and ${sql.join(own, sql` and `)}`
  }
  return {
    /**
     * Counts a poll while the user has not decided. A poll that comes too early increases the interval (RFC 8628 §3.5,
     * CIBA §11).
     * @param longer seconds
     * @returns whether the poll respected the interval
     */
    async poll(id: string, now: number, longer: number): Promise<boolean> {
      const inTime = await update(id)
        .set({ polled_at: now })
        .where(({ or, eb, ref }) =>
          or([
            eb('polled_at', 'is', null),
            eb(eb('polled_at', '+', eb(ref('poll_interval'), '*', 1000)), '<=', now + POLL_TOLERANCE),
          ]),
        )
        .returning('id')
        .execute()
      if (inTime.length === 1) return true
      await update(id)
        .set(({ eb }) => ({ polled_at: now, poll_interval: eb('poll_interval', '+', longer) }))
        .execute()
      return false
    },

    /** How many approvals of an owner wait for the client. */
    async countApproved(owner: ApprovalOwner, now: number): Promise<number> {
      const row = await kysely
        .selectFrom(table as 'device_authorization')
        .select(({ fn }) => fn.countAll().as('count'))
        .where(approvedBy(owner, now))
        .executeTakeFirst()
      return Number(row?.count ?? 0)
    },

    /** Takes the approvals of an owner back that wait for the client. */
    async denyApproved(owner: ApprovalOwner, now: number): Promise<void> {
      await kysely
        .updateTable(table as 'device_authorization')
        .set({ status: 'denied', decided_at: now })
        .where(approvedBy(owner, now))
        .execute()
    },

    /** Spends an approval. @returns true for one of several concurrent polls, false for all others */
    async consume(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await update(id)
        .set({ consumed_at: now })
        .where('status', '=', 'approved')
        .where('consumed_at', 'is', null)
        .where('expires_at', '>', now)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}
