// Reads and writes remembered devices.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import { DEVICES_MAX, type RememberedDevice, RememberedDeviceFields } from './remembered-device.ts'

export type RememberedDeviceStore = ReturnType<typeof rememberedDeviceStore>

/** The remembered devices of one tenant's users. */
export function rememberedDeviceStore({ kysely, ...connection }: Connection, tenantId: string) {
  const ofUser = (realmId: string, userId: string) =>
    kysely
      .selectFrom('remembered_device')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .where('realm_id', '=', realmId)

  return {
    /** One page of a user's devices at a realm, oldest first, expired or not. */
    async list(realmId: string, userId: string, query: ListQuery): Promise<Page<RememberedDevice>> {
      const rows = await readListPage({ kysely, ...connection }, ofUser(realmId, userId), query)
      return mapPage(rows, (row) => RememberedDeviceFields.fromRow(row))
    },

    /** All of a user's devices at a realm, the newest first, expired or not. */
    async allOf(realmId: string, userId: string): Promise<RememberedDevice[]> {
      const rows = await ofUser(realmId, userId).orderBy('id', 'desc').limit(DEVICES_MAX).execute()
      return rows.map((row) => RememberedDeviceFields.fromRow(row))
    },

    /** Inserts a device. The oldest ones of the user at the realm go, where there are too many. */
    async insert(device: RememberedDevice): Promise<void> {
      await kysely.insertInto('remembered_device').values(RememberedDeviceFields.toRow(device)).execute()
      const kept = await this.allOf(device.realmId, device.userId)
      const oldest = kept.at(-1)
      if (oldest === undefined || kept.length < DEVICES_MAX) return
      await kysely
        .deleteFrom('remembered_device')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', device.userId)
        .where('realm_id', '=', device.realmId)
        .where('id', '<', oldest.id)
        .execute()
    },

    /**
     * Replaces the secret of a device that is used. Of several concurrent uses of one secret, only one replaces it.
     * @returns whether it had the secret
     */
    async use(
      device: RememberedDevice,
      change: Pick<RememberedDevice, 'secretHash' | 'ip' | 'userAgent'>,
      now: number,
    ) {
      const { numUpdatedRows } = await kysely
        .updateTable('remembered_device')
        .set({ secret_hash: change.secretHash, ip: change.ip, user_agent: change.userAgent, last_used_at: now })
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', device.userId)
        .where('id', '=', device.id)
        .where('secret_hash', '=', device.secretHash)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** @returns whether it was there */
    async delete({ realmId, userId, id }: Pick<RememberedDevice, 'realmId' | 'userId' | 'id'>): Promise<boolean> {
      const { numDeletedRows } = await kysely
        .deleteFrom('remembered_device')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    /** Forgets all devices of a user, at all realms. */
    async deleteOfUser(userId: string): Promise<void> {
      await kysely
        .deleteFrom('remembered_device')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .execute()
    },
  }
}
