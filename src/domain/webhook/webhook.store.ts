// Reads and writes the webhooks of tenants.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { type Webhook, WebhookFields } from './webhook.ts'

const webhooks = versionedRows('webhook', WebhookFields)

export type WebhookStore = ReturnType<typeof webhookStore>

/** The webhooks of one tenant. */
export function webhookStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const notDeleted = () => webhooks.living(kysely, { tenant_id: tenantId })
  return {
    insert(webhook: Webhook): Promise<void> {
      return webhooks.insert(kysely, webhook)
    },

    async count(): Promise<number> {
      const { count } = await kysely
        .selectFrom('webhook')
        .select((row) => row.fn.countAll<number | bigint>().as('count'))
        .where('tenant_id', '=', tenantId)
        .where('client_id', 'is', null)
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    /** One page, oldest first. */
    async list(query: ListQuery): Promise<Page<Webhook>> {
      return mapPage(
        await readListPage(connection, notDeleted().where('client_id', 'is', null), query),
        WebhookFields.fromRow,
      )
    },

    /** The streams of Shared Signals of a client, oldest first. */
    async streamsOf(clientId: string): Promise<Webhook[]> {
      const rows = await notDeleted().where('client_id', '=', clientId).orderBy('id').execute()
      return rows.map((row) => WebhookFields.fromRow(row))
    },

    /** The streams of Shared Signals of a realm. */
    async streamsOfRealm(realmId: string): Promise<Webhook[]> {
      const rows = await notDeleted().where('realm_id', '=', realmId).execute()
      return rows.map((row) => WebhookFields.fromRow(row))
    },

    /** How many streams a client has, and the tenant. */
    async countStreams(clientId: string): Promise<{ readonly client: number; readonly tenant: number }> {
      const rows = await notDeleted().where('client_id', 'is not', null).execute()
      return { client: rows.filter((row) => row.client_id === clientId).length, tenant: rows.length }
    },

    find(id: string): Promise<Webhook | undefined> {
      return webhooks.find(kysely, { tenant_id: tenantId }, id)
    },

    /** Updates a webhook if it still has the version that was read. */
    update(webhook: Webhook): Promise<UpdateOutcome> {
      return webhooks.update(kysely, { tenant_id: tenantId }, webhook)
    },

    /** @returns whether the webhook existed */
    delete(id: string, now: number): Promise<boolean> {
      return webhooks.delete(kysely, { tenant_id: tenantId }, id, now, { active: 0 })
    },

    /** Switches off a webhook that is on. @returns whether it was on */
    async disable(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('webhook')
        .set((row) => ({ active: 0, version: row('version', '+', 1), updated_at: now }))
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('active', '=', 1)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}
