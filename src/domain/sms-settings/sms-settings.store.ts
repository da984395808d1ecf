// Reads and writes the settings of text messages, and counts the messages of a day.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { SmsSettingsTable } from '#database/tables/log.ts'
import { NO_SMS_SETTINGS, type StoredSmsSettings } from './sms-settings.ts'

export type SmsSettingsStore = ReturnType<typeof smsSettingsStore>

/** The settings of text messages of one tenant’s realms. */
export function smsSettingsStore({ kysely }: Connection, tenantId: string) {
  const ofRealm = (realmId: string) =>
    kysely.selectFrom('sms_settings').selectAll().where('tenant_id', '=', tenantId).where('realm_id', '=', realmId)
  return {
    async find(realmId: string): Promise<StoredSmsSettings | undefined> {
      const row = await ofRealm(realmId).executeTakeFirst()
      return row && toSettings(row)
    },

    /** Finds the settings and locks them until the write ends. */
    async lock(realmId: string): Promise<StoredSmsSettings | undefined> {
      const row = await ofRealm(realmId).forUpdate().executeTakeFirst()
      return row && toSettings(row)
    },

    /** Stores the settings. @returns false if another call stored them first */
    async save(stored: StoredSmsSettings): Promise<boolean> {
      const changed = {
        settings: JSON.stringify(stored.settings),
        secret: stored.secret,
        authorization: stored.authorization,
        version: stored.version,
        updated_at: stored.updatedAt,
      }
      const { realmId: realm_id, createdAt: created_at, day, sent } = stored
      const { numInsertedOrUpdatedRows } = await kysely
        .insertInto('sms_settings')
        .values({ ...{ realm_id, tenant_id: tenantId, created_at, day, sent }, ...changed })
        .onConflict((conflict) =>
          conflict
            .column('realm_id')
            .doUpdateSet(changed)
            .where('sms_settings.version', '=', stored.version - 1),
        )
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    /** Counts one more message for a day, of a realm whose settings are locked. */
    async count({ realmId, day, sent }: Pick<StoredSmsSettings, 'realmId' | 'day' | 'sent'>): Promise<void> {
      await kysely
        .updateTable('sms_settings')
        .set({ day, sent })
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .execute()
    },
  }
}

function toSettings(row: Selectable<SmsSettingsTable>): StoredSmsSettings {
  return {
    realmId: row.realm_id,
    tenantId: row.tenant_id,
    settings: { ...NO_SMS_SETTINGS, ...JSON.parse(row.settings) },
    secret: row.secret,
    authorization: row.authorization,
    day: row.day,
    sent: row.sent,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
