import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { numbered } from '#database/numbered.ts'
import { prepared } from '#database/prepared.ts'
import type { WebhookDeliveryTable } from '#database/tables/log.ts'
import { decodeCursor, type NumberedPage, type Page, toPage } from '#kernel/page.ts'
import type { Delivery, DeliveryQuery, DeliverySurvey } from './delivery.ts'

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
    async list({ id, limit, cursor, status }: DeliveryQuery): Promise<Page<Delivery>> {
      let query = own(id)
        .orderBy('id', 'desc')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '<', decodeCursor(cursor))
      if (status) query = query.where('status', '=', status)
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toDelivery) }
    },

    /** One numbered page, newest first. */
    async survey({ id, ...query }: DeliverySurvey): Promise<NumberedPage<Delivery>> {
      const { data, total } = await numbered(own(id).orderBy('id', 'desc'), query)
      return { data: data.map(toDelivery), total }
    },

    async find(webhookId: string, id: string): Promise<Delivery | undefined> {
      const row = await own(webhookId).where('id', '=', id).executeTakeFirst()
      return row && toDelivery(row)
    },

    /** The delivery that comes next: of the earliest event that is neither delivered nor given up. */
    async firstOpen(webhookId: string): Promise<Delivery | undefined> {
      const [row] = await connection.run(firstOpen, { tenant_id: tenantId, webhook_id: webhookId })
      return row && toDelivery(row)
    },

    /** Writes back what became of a delivery. One that was taken out of the queue meanwhile stays out. */
    async update(delivery: Delivery): Promise<void> {
      await changeOpen(toRow(delivery, tenantId)).where('id', '=', delivery.id).execute()
    },

    /** Has an open delivery tried now. @returns whether it was open */
    async hurry(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await changeOpen({ next_attempt_at: now }).where('id', '=', id).executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Takes out what waits of the events from one on. */
    async removeOpen(webhookId: string, fromSeq: number): Promise<void> {
      await kysely
        .deleteFrom('webhook_delivery')
        .where('tenant_id', '=', tenantId)
        .where('webhook_id', '=', webhookId)
        .where('settled_at', 'is', null)
        .where('event_seq', '>=', fromSeq)
        .execute()
    },

    /** Gives up what waits for a webhook that is deleted. */
    async giveUp(webhookId: string, now: number): Promise<void> {
      const change = { status: 'dead', error: 'deleted', next_attempt_at: null, settled_at: now }
      await changeOpen(change).where('webhook_id', '=', webhookId).execute()
    },
  }
}

/** Forgets deliveries that were settled before a moment, the oldest first. @returns how many */
export async function purgeDeliveries({ kysely }: Connection, before: number, limit = 5000): Promise<number> {
  const old = kysely
    .selectFrom('webhook_delivery')
    .select('id')
    .where('settled_at', '<', before)
    .orderBy('settled_at')
    .limit(limit)
  const { numDeletedRows } = await kysely.deleteFrom('webhook_delivery').where('id', 'in', old).executeTakeFirst()
  return Number(numDeletedRows)
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
