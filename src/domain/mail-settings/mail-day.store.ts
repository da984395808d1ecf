// Counts the mails of a day.
import type { Connection } from '#database/database.ts'

export type MailDayStore = ReturnType<typeof mailDayStore>

/** The mails of a day of one tenant’s realms. */
export function mailDayStore({ kysely }: Connection, tenantId: string) {
  return {
    /** How many mails of a realm count for a day. */
    async sentOn(realmId: string, day: number): Promise<number> {
      const row = await kysely
        .selectFrom('mail_day')
        .select('sent')
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('day', '=', day)
        .executeTakeFirst()
      return row?.sent ?? 0
    },

    /** Counts one more mail for a day, atomically. @returns false if the limit is reached */
    async add(realmId: string, day: number, limit: number): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await kysely
        .insertInto('mail_day')
        .values({ realm_id: realmId, tenant_id: tenantId, day, sent: 1 })
        .onConflict((conflict) =>
          conflict
            .column('realm_id')
            .doUpdateSet((mail) => ({
              day,
              sent: mail
                .case()
                .when('mail_day.day', '=', day)
                .then(mail('mail_day.sent', '+', 1))
                .else(1)
                .end(),
            }))
            .where((mail) => mail.or([mail('mail_day.day', '!=', day), mail('mail_day.sent', '<', limit)])),
        )
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    /** Says for which day a mail counts that is under way. */
    async note(mailId: string, day: number): Promise<void> {
      await kysely
        .updateTable('mail')
        .set({ counted_on: day })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', mailId)
        .execute()
    },

    /** Counts one mail less for a day. */
    async takeBack(realmId: string, day: number): Promise<void> {
      await kysely
        .updateTable('mail_day')
        .set((mail) => ({ sent: mail('sent', '-', 1) }))
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('day', '=', day)
        .where('sent', '>', 0)
        .execute()
    },
  }
}
