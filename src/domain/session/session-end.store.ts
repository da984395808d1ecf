// Ends sessions.
import type { Connection } from '#database/database.ts'
import type { Session } from './session.ts'

type EndedSession = Pick<Session, 'id' | 'realmId' | 'expiresAt'>

/**
 * Ends the sessions at one tenant’s realms. Each function returns when the ended sessions would have expired, for the
 * counts.
 */
export function sessionEndStore({ kysely }: Connection, tenantId: string) {
  return {
    /** @returns when the session would have expired; undefined if it had already ended */
    async end(id: string, now: number): Promise<number | undefined> {
      const row = await kysely
        .updateTable('session')
        .set({ ended_at: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .returning('expires_at')
        .executeTakeFirst()
      return row?.expires_at
    },

    /**
     * Ends the sessions of a user at all realms.
     * @param kept the id of a session that goes on
     * @returns the sessions that had not ended before
     */
    async endOfUser(userId: string, now: number, kept = ''): Promise<EndedSession[]> {
      const rows = await kysely
        .updateTable('session')
        .set({ ended_at: now })
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .where('id', '<>', kept)
        .where('ended_at', 'is', null)
        .returning(['id', 'realm_id', 'expires_at'])
        .execute()
      return rows.map((row) => ({ id: row.id, realmId: row.realm_id, expiresAt: row.expires_at }))
    },

    /** Deletes some sessions of a realm that have expired. @returns how many */
    async deleteExpired(realmId: string, now: number, limit: number): Promise<number> {
      const expired = kysely
        .selectFrom('session')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('expires_at', '<=', now)
        .limit(limit)
      const { numDeletedRows } = await kysely
        .deleteFrom('session')
        .where('tenant_id', '=', tenantId)
        .where('id', 'in', expired)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },

    /** Removes from the ended sessions of a user where they were. */
    async erasePlaces(userId: string): Promise<void> {
      await kysely
        .updateTable('session')
        .set({ ip: null, user_agent: null })
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .where('ended_at', 'is not', null)
        .execute()
    },

    /** Ends the sessions of a deleted realm. */
    async endOfRealm(realmId: string, now: number): Promise<void> {
      await kysely
        .updateTable('session')
        .set({ ended_at: now })
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('ended_at', 'is', null)
        .execute()
    },
  }
}
