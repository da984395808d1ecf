// Reads and empties the development inbox. Its mails are those of the mail log that have a content after they were settled.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { toMail } from '../mail/mail.store.ts'
import type { Mail } from '../mail/mail.ts'
import { DEV_INBOX_SIZE, type DevInboxQuery } from './dev-inbox.ts'

export type DevInboxStore = ReturnType<typeof devInboxStore>

/** The development inboxes of one tenant’s realms. */
export function devInboxStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const kept = (realmId: string) =>
    kysely
      .selectFrom('mail')
      .where('tenant_id', '=', tenantId)
      .where('realm_id', '=', realmId)
      .where('settled_at', 'is not', null)
      .where('body', 'is not', null)
  const forget = async (ids: readonly string[]): Promise<number> => {
    if (ids.length === 0) return 0
    const { numUpdatedRows } = await kysely
      .updateTable('mail')
      .set({ body: null })
      .where('tenant_id', '=', tenantId)
      .where('id', 'in', ids)
      .where('body', 'is not', null)
      .executeTakeFirst()
    return Number(numUpdatedRows)
  }
  return {
    /** One page of the kept mails, newest first. */
    async list(realmId: string, query: DevInboxQuery): Promise<Page<Mail>> {
      return mapPage(await readListPage(connection, kept(realmId).selectAll(), query, { newestFirst: true }), toMail)
    },

    async find(realmId: string, id: string): Promise<Mail | undefined> {
      const row = await kept(realmId).selectAll().where('id', '=', id).executeTakeFirst()
      return row && toMail(row)
    },

    /** Deletes the contents beyond the size of the inbox, the oldest first. */
    async trim(realmId: string): Promise<void> {
      const rows = await kept(realmId)
        .select('id')
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(DEV_INBOX_SIZE)
        .offset(DEV_INBOX_SIZE)
        .execute()
      await forget(rows.map(({ id }) => id))
    },

    /** Deletes the contents of all mails; the mail log stays. @returns how many there were */
    async clear(realmId: string): Promise<number> {
      const rows = await kept(realmId)
        .select('id')
        .limit(2 * DEV_INBOX_SIZE)
        .execute()
      return forget(rows.map(({ id }) => id))
    },
  }
}
