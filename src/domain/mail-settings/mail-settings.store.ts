// Reads and writes the settings of mails.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { MailSettingsTable } from '#database/tables/log.ts'
import { NO_MAIL_SETTINGS, type StoredMailSettings } from './mail-settings.ts'

export type MailSettingsStore = ReturnType<typeof mailSettingsStore>

/** The settings of mails of one tenant’s realms. */
export function mailSettingsStore({ kysely }: Connection, tenantId: string) {
  const ofRealm = (realmId: string) =>
    kysely.selectFrom('mail_settings').selectAll().where('tenant_id', '=', tenantId).where('realm_id', '=', realmId)
  return {
    async find(realmId: string): Promise<StoredMailSettings | undefined> {
      const row = await ofRealm(realmId).executeTakeFirst()
      return row && toSettings(row)
    },

    /** Finds the settings and locks them until the write ends. */
    async lock(realmId: string): Promise<StoredMailSettings | undefined> {
      const row = await ofRealm(realmId).forUpdate().executeTakeFirst()
      return row && toSettings(row)
    },

    /** Stores the settings. @returns false if another call stored them first */
    async save(stored: StoredMailSettings): Promise<boolean> {
      const changed = {
        settings: JSON.stringify(stored.settings),
        smtp_password: stored.smtpPassword,
        http_secret: stored.httpSecret,
        version: stored.version,
        updated_at: stored.updatedAt,
      }
      const { numInsertedOrUpdatedRows } = await kysely
        .insertInto('mail_settings')
        .values({ realm_id: stored.realmId, tenant_id: tenantId, created_at: stored.createdAt, ...changed })
        .onConflict((conflict) =>
          conflict
            .column('realm_id')
            .doUpdateSet(changed)
            .where('mail_settings.version', '=', stored.version - 1),
        )
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },
  }
}

function toSettings(row: Selectable<MailSettingsTable>): StoredMailSettings {
  return {
    realmId: row.realm_id,
    tenantId: row.tenant_id,
    settings: { ...NO_MAIL_SETTINGS, ...JSON.parse(row.settings) },
    smtpPassword: row.smtp_password,
    httpSecret: row.http_secret,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
