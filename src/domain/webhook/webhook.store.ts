import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { numbered } from '#database/numbered.ts'
import type { WebhookTable } from '#database/tables/log.ts'
import { decodeCursor, type NumberedPage, type NumberedQuery, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import type { Webhook } from './webhook.ts'

export type WebhookStore = ReturnType<typeof webhookStore>

/** The webhooks of one tenant. */
export function webhookStore({ kysely }: Connection, tenantId: string) {
  const living = () =>
    kysely.selectFrom('webhook').selectAll().where('tenant_id', '=', tenantId).where('deleted_at', 'is', null)
  return {
    async insert(webhook: Webhook): Promise<void> {
      await kysely.insertInto('webhook').values(toRow(webhook)).execute()
    },

    async count(): Promise<number> {
      const { count } = await kysely
        .selectFrom('webhook')
        .select((row) => row.fn.countAll<number | bigint>().as('count'))
        .where('tenant_id', '=', tenantId)
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    /** One page, oldest first. */
    async list({ limit, cursor }: PageQuery): Promise<Page<Webhook>> {
      let query = living()
        .orderBy('id')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toWebhook) }
    },

    /** One numbered page, oldest first. */
    async survey(query: NumberedQuery): Promise<NumberedPage<Webhook>> {
      const { data, total } = await numbered(living().orderBy('id'), query)
      return { data: data.map(toWebhook), total }
    },

    async find(id: string): Promise<Webhook | undefined> {
      const row = await living().where('id', '=', id).executeTakeFirst()
      return row && toWebhook(row)
    },

    /** Writes a webhook back under the version it had. */
    update(webhook: Webhook): Promise<UpdateOutcome> {
      return outcomeOf(
        kysely
          .updateTable('webhook')
          .set(toRow(webhook))
          .where('tenant_id', '=', tenantId)
          .where('id', '=', webhook.id)
          .where('version', '=', webhook.version - 1)
          .where('deleted_at', 'is', null)
          .executeTakeFirst(),
      )
    },

    /** @returns whether it was there */
    async delete(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('webhook')
        .set({ active: 0, deleted_at: now, updated_at: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Switches one off that is on. @returns whether it was */
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

function toRow(webhook: Webhook): Omit<Selectable<WebhookTable>, 'deleted_at'> {
  return {
    id: webhook.id,
    tenant_id: webhook.tenantId,
    url: webhook.url,
    description: webhook.description,
    events: JSON.stringify(webhook.events),
    active: webhook.active ? 1 : 0,
    profile: webhook.profile,
    secret: webhook.secret,
    previous_secret: webhook.previousSecret,
    previous_until: webhook.previousUntil,
    version: webhook.version,
    created_at: webhook.createdAt,
    updated_at: webhook.updatedAt,
  }
}

function toWebhook(row: Selectable<WebhookTable>): Webhook {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    url: row.url,
    description: row.description,
    events: JSON.parse(row.events),
    active: row.active === 1,
    profile: row.profile as Webhook['profile'],
    secret: row.secret,
    previousSecret: row.previous_secret,
    previousUntil: row.previous_until,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
