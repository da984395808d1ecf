// Counts clients that registered themselves, and deletes those that nobody used.
import type { Connection } from '#database/database.ts'
import { type Client, ClientFields } from './client.ts'

export type DynamicClientStore = ReturnType<typeof dynamicClientStore>

/** The clients of one tenant's realms that registered themselves. */
export function dynamicClientStore({ kysely }: Connection, tenantId: string) {
  return {
    /** How many clients of a realm registered themselves. */
    async count(realmId: string): Promise<number> {
      const { count } = await kysely
        .selectFrom('client')
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('registered_by', '=', 'dynamic')
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    /** Clients of a realm that registered themselves and were to be used by now. */
    async unusedBefore(realmId: string, now: number, most: number): Promise<Client[]> {
      const rows = await kysely
        .selectFrom('client')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('deleted_at', 'is', null)
        .where('unused_until', '<=', now)
        .orderBy('unused_until')
        .limit(most)
        .execute()
      return rows.map((row) => ClientFields.fromRow(row))
    },

    /** Marks a client as one that stays. */
    async keep(realmId: string, id: string): Promise<void> {
      await kysely
        .updateTable('client')
        .set({ unused_until: null })
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .execute()
    },

    /**
     * Deletes the row of a client that registered itself and that nobody used: no consent, token or device refers to it.
     * @returns whether there was one
     */
    async deleteUnused(realmId: string, id: string): Promise<boolean> {
      const refers = (
        table:
          | 'consent_grant'
          | 'token_family'
          | 'issuance'
          | 'token_profile'
          | 'device_authorization'
          | 'backchannel_authentication',
      ) => kysely.selectFrom(table).select('client_id').where('client_id', '=', id)
      const { numDeletedRows } = await kysely
        .deleteFrom('client')
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .where('registered_by', '=', 'dynamic')
        .where(({ not, exists }) => not(exists(refers('consent_grant'))))
        .where(({ not, exists }) => not(exists(refers('token_family'))))
        .where(({ not, exists }) => not(exists(refers('issuance'))))
        .where(({ not, exists }) => not(exists(refers('token_profile'))))
        .where(({ not, exists }) => not(exists(refers('device_authorization'))))
        .where(({ not, exists }) => not(exists(refers('backchannel_authentication'))))
        .executeTakeFirst()
      return numDeletedRows === 1n
    },
  }
}

/** The realms with clients that registered themselves and were to be used by now. */
export async function realmsWithUnusedClients({ kysely }: Connection, now: number): Promise<{ realmId: string }[]> {
  return kysely
    .selectFrom('client')
    .select('realm_id as realmId')
    .distinct()
    .where('unused_until', '<=', now)
    .where('deleted_at', 'is', null)
    .limit(100)
    .execute()
}
