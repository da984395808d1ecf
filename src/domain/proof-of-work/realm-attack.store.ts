// Reads and writes which realms are under attack.
import type { Connection } from '#database/database.ts'

export type RealmAttackStore = ReturnType<typeof realmAttackStore>

/** An attack on a realm. Milliseconds since 1970. */
export interface RealmAttack {
  readonly since: number
  /** When it is over, unless it goes on. */
  readonly until: number
}

/** The attacks on one tenant’s realms, one of each realm at most. */
export function realmAttackStore({ kysely }: Connection, tenantId: string) {
  return {
    async find(realmId: string): Promise<RealmAttack | undefined> {
      return kysely
        .selectFrom('realm_attack')
        .select(['since', 'until'])
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .executeTakeFirst()
    },

    /** Says that a realm is under attack until then. @returns whether it was not before */
    async note(realmId: string, { since, until }: RealmAttack): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('realm_attack')
        .set({ until })
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .executeTakeFirst()
      if (numUpdatedRows > 0n) return false
      const { numInsertedOrUpdatedRows } = await kysely
        .insertInto('realm_attack')
        .values({ realm_id: realmId, tenant_id: tenantId, since, until })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    /** Ends an attack that is over. @returns the attack; undefined for none that is over */
    async end(realmId: string, now: number): Promise<RealmAttack | undefined> {
      return kysely
        .deleteFrom('realm_attack')
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('until', '<=', now)
        .returning(['since', 'until'])
        .executeTakeFirst()
    },

    /** Forgets the attack on a realm that is deleted. */
    async forget(realmId: string): Promise<void> {
      await kysely
        .deleteFrom('realm_attack')
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .execute()
    },
  }
}

/** The realms on which an attack is over, of all tenants. @param most how many at most */
export async function realmsWithEndedAttacks(
  { kysely }: Connection,
  now: number,
  most: number,
): Promise<{ realmId: string }[]> {
  return kysely
    .selectFrom('realm_attack')
    .select('realm_id as realmId')
    .where('until', '<=', now)
    .orderBy('until')
    .limit(most)
    .execute()
}
