// Reads and writes what people accepted.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import { type TermsAcceptance, TermsAcceptanceFields } from './terms-acceptance.ts'

export type TermsAcceptanceStore = ReturnType<typeof termsAcceptanceStore>

/** The acceptances of one tenant's users. */
export function termsAcceptanceStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const ofUser = (realmId: string, userId: string) =>
    kysely
      .selectFrom('terms_acceptance')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .where('realm_id', '=', realmId)
  return {
    /** One page of what a user accepted at a realm, oldest first. */
    async list(realmId: string, userId: string, query: ListQuery): Promise<Page<TermsAcceptance>> {
      return mapPage(await readListPage(connection, ofUser(realmId, userId), query), TermsAcceptanceFields.fromRow)
    },

    /** Whether a user accepted one of some versions at a realm. */
    async hasAccepted(realmId: string, userId: string, versions: readonly string[]): Promise<boolean> {
      const row = await ofUser(realmId, userId).where('version', 'in', versions).limit(1).executeTakeFirst()
      return row !== undefined
    },

    /** @returns false if the user accepted the version before */
    async insert(acceptance: TermsAcceptance): Promise<boolean> {
      const rows = await kysely
        .insertInto('terms_acceptance')
        .values(TermsAcceptanceFields.toRow(acceptance))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    async deleteOfUser(userId: string): Promise<void> {
      await kysely
        .deleteFrom('terms_acceptance')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .execute()
    },
  }
}
