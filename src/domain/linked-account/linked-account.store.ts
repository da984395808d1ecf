// Reads and writes linked accounts.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import type { Given } from './given.ts'
import { LINKED_ACCOUNTS_MAX, type LinkedAccount, LinkedAccountFields } from './linked-account.ts'

export type LinkedAccountStore = ReturnType<typeof linkedAccountStore>

/** What identifies an account at a provider. */
export type ExternalSubject = Pick<LinkedAccount, 'providerId' | 'issuer' | 'subject'>

/** The linked accounts of one tenant's users. Whoever adds or removes one holds the row of the user. */
export function linkedAccountStore({ kysely, ...connection }: Connection, tenantId: string) {
  const ofTenant = () => kysely.selectFrom('linked_account').selectAll().where('tenant_id', '=', tenantId)
  const ofUser = (userId: string) => ofTenant().where('user_id', '=', userId)
  return {
    /** One page of a user's linked accounts, oldest first. */
    async list(userId: string, query: ListQuery): Promise<Page<LinkedAccount>> {
      const rows = await readListPage({ kysely, ...connection }, ofUser(userId), query)
      return mapPage(rows, (row) => LinkedAccountFields.fromRow(row))
    },

    /** All of a user's linked accounts, oldest first. */
    async allOf(userId: string): Promise<LinkedAccount[]> {
      const rows = await ofUser(userId).orderBy('id').limit(LINKED_ACCOUNTS_MAX).execute()
      return rows.map((row) => LinkedAccountFields.fromRow(row))
    },

    /** The linked account of a person at a provider. */
    async find({ providerId, issuer, subject }: ExternalSubject): Promise<LinkedAccount | undefined> {
      const row = await ofTenant()
        .where('provider_id', '=', providerId)
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .executeTakeFirst()
      return row && LinkedAccountFields.fromRow(row)
    },

    /** @returns false if the account is linked already */
    /** The user of a person at an issuer, whatever provider of the realm that is. */
    userOf: (realmId: string, issuer: string, subject: string): Promise<string | undefined> =>
      userAtIssuer(kysely, tenantId, { realmId, issuer, subject }),

    async insert(account: LinkedAccount): Promise<boolean> {
      const rows = await kysely
        .insertInto('linked_account')
        .values(LinkedAccountFields.toRow(account))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    async recordUse({ id }: Pick<LinkedAccount, 'id'>, now: number): Promise<void> {
      await kysely
        .updateTable('linked_account')
        .set({ last_used_at: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .execute()
    },

    /** Remembers what the mapping of the provider gave by it. */
    async recordGiven({ id }: Pick<LinkedAccount, 'id'>, given: readonly Given[]): Promise<void> {
      await kysely
        .updateTable('linked_account')
        .set({ given: JSON.stringify(given) })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .execute()
    },

    /** @returns whether it was there */
    async delete({ id, userId }: Pick<LinkedAccount, 'id' | 'userId'>): Promise<boolean> {
      const { numDeletedRows } = await kysely
        .deleteFrom('linked_account')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .where('id', '=', id)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    /** Deletes all of a user. */
    async deleteOfUser(userId: string): Promise<void> {
      await kysely
        .deleteFrom('linked_account')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .execute()
    },
  }
}

async function userAtIssuer(
  kysely: Connection['kysely'],
  tenantId: string,
  { realmId, issuer, subject }: { readonly realmId: string; readonly issuer: string; readonly subject: string },
): Promise<string | undefined> {
  const row = await kysely
    .selectFrom('linked_account')
    .select('user_id')
    .where('tenant_id', '=', tenantId)
    .where('provider_id', 'in', (providers) =>
      providers.selectFrom('identity_provider').select('id').where('realm_id', '=', realmId),
    )
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .limit(1)
    .executeTakeFirst()
  return row?.user_id
}
