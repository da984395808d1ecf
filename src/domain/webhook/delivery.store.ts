// Reads and writes deliveries.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { prepared } from '#database/prepared.ts'
import type { WebhookDeliveryTable } from '#database/tables/log.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Delivery, DeliveryQuery } from './delivery.ts'

export type DeliveryStore = ReturnType<typeof deliveryStore>

type Row = Selectable<WebhookDeliveryTable>

const firstOpen = prepared<{ tenant_id: string; webhook_id: string }, Row>(
  'webhook_delivery_first_open',
  (kysely, value) =>
    kysely
      .selectFrom('webhook_delivery')
      .selectAll()
      .where('tenant_id', '=', value('tenant_id'))
      .where('webhook_id', '=', value('webhook_id'))
      .where('settled_at', 'is', null)
      .orderBy('event_seq')
      .orderBy('id')
      .limit(1),
)

/** The deliveries to the webhooks of one tenant. */
export function deliveryStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const own = (webhookId: string) =>
    kysely
      .selectFrom('webhook_delivery')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('webhook_id', '=', webhookId)
  const changeOpen = (change: Partial<Row>) =>
    kysely.updateTable('webhook_delivery').set(change).where('tenant_id', '=', tenantId).where('settled_at', 'is', null)
  return {
    async insert(deliveries: readonly Delivery[]): Promise<void> {
      const rows = deliveries.map((delivery) => toRow(delivery, tenantId))
      if (rows.length > 0) await kysely.insertInto('webhook_delivery').values(rows).execute()
    },

    /** One page, newest first. */
    async list({ id, status, ...query }: DeliveryQuery): Promise<Page<Delivery>> {
      const deliveries = status ? own(id).where('status', '=', status) : own(id)
      return mapPage(await readListPage(connection, deliveries, query, { newestFirst: true }), toDelivery)
    },

    async find(webhookId: string, id: string): Promise<Delivery | undefined> {
      const row = await own(webhookId).where('id', '=', id).executeTakeFirst()
      return row && toDelivery(row)
    },

    /** The next delivery: of the earliest event that is neither delivered nor given up. */
    async firstOpen(webhookId: string): Promise<Delivery | undefined> {
      const [row] = await connection.run(firstOpen, { tenant_id: tenantId, webhook_id: webhookId })
      return row && toDelivery(row)
    },

    /** Records the result of an attempt. A delivery that was removed from the queue meanwhile stays removed. */
    async update(delivery: Delivery): Promise<void> {
      await changeOpen(toRow(delivery, tenantId)).where('id', '=', delivery.id).execute()
    },

    /** Makes an open delivery due now. @returns whether it was open */
    async hurry(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await changeOpen({ next_attempt_at: now }).where('id', '=', id).executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Removes the waiting deliveries of the events from a seq on. */
    async removeOpen(webhookId: string, fromSeq: number): Promise<void> {
      await kysely
        .deleteFrom('webhook_delivery')
        .where('tenant_id', '=', tenantId)
        .where('webhook_id', '=', webhookId)
        .where('settled_at', 'is', null)
        .where('event_seq', '>=', fromSeq)
        .execute()
    },

    /** Gives up the waiting deliveries of a deleted webhook. */
    async giveUp(webhookId: string, now: number): Promise<void> {
      const change = { status: 'dead', error: 'deleted', next_attempt_at: null, settled_at: now }
      await changeOpen(change).where('webhook_id', '=', webhookId).execute()
    },
  }
}

function toRow(delivery: Delivery, tenantId: string): Row {
  return {
    id: delivery.id,
    tenant_id: tenantId,
    webhook_id: delivery.webhookId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    event_seq: delivery.eventSeq,
    kind: delivery.kind,
    status: delivery.status,
    attempts: delivery.attempts,
    response_status: delivery.responseStatus,
    error: delivery.error,
    duration_ms: delivery.durationMs,
    created_at: delivery.createdAt,
    attempted_at: delivery.attemptedAt,
    next_attempt_at: delivery.nextAttemptAt,
    settled_at: delivery.settledAt,
  }
}

function toDelivery({ tenant_id: _, ...row }: Row): Delivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    eventId: row.event_id,
    eventType: row.event_type,
    eventSeq: row.event_seq,
    kind: row.kind as Delivery['kind'],
    status: row.status as Delivery['status'],
    attempts: row.attempts,
    responseStatus: row.response_status,
    error: row.error as Delivery['error'],
    durationMs: row.duration_ms,
    createdAt: row.created_at,
    attemptedAt: row.attempted_at,
    nextAttemptAt: row.next_attempt_at,
    settledAt: row.settled_at,
  }
}
