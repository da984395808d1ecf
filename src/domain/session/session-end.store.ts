import type { Connection } from '#database/database.ts'
import type { Session } from './session.ts'

type EndedSession = Pick<Session, 'id' | 'realmId' | 'expiresAt'>

/** How the sessions at one tenant’s realms end. Each end is to be told with when the session would have expired. */
export function sessionEndStore({ kysely }: Connection, tenantId: string) {
  return {
    /** @returns when it would have expired; undefined where it had ended before */
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

    /** Ends the sessions of a user, at whatever realms. @returns those that had not ended before */
    async endOfUser(userId: string, now: number): Promise<EndedSession[]> {
      const rows = await kysely
        .updateTable('session')
        .set({ ended_at: now })
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .where('ended_at', 'is', null)
        .returning(['id', 'realm_id', 'expires_at'])
        .execute()
      return rows.map((row) => ({ id: row.id, realmId: row.realm_id, expiresAt: row.expires_at }))
    },

    /** Ends the sessions of a realm that is deleted. */
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
