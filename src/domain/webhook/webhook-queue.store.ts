// Reads and writes the queues of webhooks.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { WebhookQueueTable } from '#database/tables/log.ts'

export type WebhookQueueStore = ReturnType<typeof webhookQueueStore>

/** The position of each webhook in its tenant’s events, and the process that delivers. */
export function webhookQueueStore({ kysely }: Connection, tenantId: string) {
  /** Changes a queue that a process holds. @returns whether the process still holds it */
  const asHolder = async (id: string, holder: string, change: Partial<WebhookQueueTable>, fromSeq?: number) => {
    let update = kysely
      .updateTable('webhook_queue')
      .set(change)
      .where('webhook_id', '=', id)
      .where('tenant_id', '=', tenantId)
      .where('holder', '=', holder)
    if (fromSeq !== undefined) update = update.where('seq', '=', fromSeq)
    return (await update.executeTakeFirst()).numUpdatedRows === 1n
  }
  return {
    /** @param seq the last event that the webhook does not get */
    async insert(id: string, seq: number): Promise<void> {
      const queue = { webhook_id: id, tenant_id: tenantId, seq, holder: null, wake_at: null, dead_in_row: 0 }
      await kysely.insertInto('webhook_queue').values(queue).execute()
    },

    async delete(id: string): Promise<void> {
      await kysely.deleteFrom('webhook_queue').where('webhook_id', '=', id).where('tenant_id', '=', tenantId).execute()
    },

    async find(id: string): Promise<Selectable<WebhookQueueTable> | undefined> {
      return kysely
        .selectFrom('webhook_queue')
        .selectAll()
        .where('webhook_id', '=', id)
        .where('tenant_id', '=', tenantId)
        .executeTakeFirst()
    },

    /**
     * Takes a queue that nobody holds, or whose holder has been silent for too long.
     * @returns whether the caller holds it now
     */
    async claim(id: string, holder: string, now: number, until: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('webhook_queue')
        .set({ holder, wake_at: until })
        .where('webhook_id', '=', id)
        .where('tenant_id', '=', tenantId)
        .where((row) => row.or([row('wake_at', 'is', null), row('wake_at', '<=', now)]))
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /**
     * Confirms that the caller still works on a queue.
     * @param deadInRow deliveries given up in a row
     * @returns whether the caller still holds it
     */
    keep: (id: string, holder: string, until: number, deadInRow?: number) =>
      asHolder(id, holder, { wake_at: until, ...(deadInRow !== undefined && { dead_in_row: deadInRow }) }),

    /**
     * Moves the position of a queue from where the caller saw it.
     * @returns whether the position was unchanged and the caller holds the queue
     */
    advance: (id: string, holder: string, from: number, to: number, until: number) =>
      asHolder(id, holder, { seq: to, wake_at: until }, from),

    /** Releases a queue. @param wakeAt the time of the next step; null for the next event */
    release: (id: string, holder: string, wakeAt: number | null) =>
      asHolder(id, holder, { holder: null, wake_at: wakeAt }),

    /** Makes a waiting queue due now; a queue that is held continues anyway. */
    async wake(id: string, now: number): Promise<void> {
      await kysely
        .updateTable('webhook_queue')
        .set({ wake_at: now })
        .where('webhook_id', '=', id)
        .where('tenant_id', '=', tenantId)
        .where('holder', 'is', null)
        .execute()
    },

    /** Sets the position of a queue, and resets its count of failures. */
    async rewind(id: string, seq: number): Promise<void> {
      await kysely
        .updateTable('webhook_queue')
        .set({ seq, dead_in_row: 0 })
        .where('webhook_id', '=', id)
        .where('tenant_id', '=', tenantId)
        .execute()
    },
  }
}

/** A webhook that may have something to deliver. */
export interface DueWebhook {
  readonly webhookId: string
  readonly tenantId: string
  readonly url: string
  /** The types that it subscribes to. */
  readonly events: readonly string[]
}

const DUE_MAX = 5000

/** The queues whose next attempt is due, and those whose holder has been silent for too long. */
export async function dueWebhooks(connection: Connection, now: number): Promise<DueWebhook[]> {
  const rows = await queues(connection)
    .where('webhook_queue.wake_at', '<=', now)
    .orderBy('webhook_queue.wake_at')
    .execute()
  return rows.map(toDueWebhook)
}

/** The idle queues whose tenants’ logs have newer events. @param tenantIds only of these tenants; undefined for all */
export async function webhooksWithNewEvents(
  connection: Connection,
  tenantIds?: readonly string[],
): Promise<DueWebhook[]> {
  if (tenantIds?.length === 0) return []
  const all = queues(connection)
    .innerJoin('event_head', 'event_head.tenant_id', 'webhook_queue.tenant_id')
    .where('webhook_queue.wake_at', 'is', null)
    .whereRef('event_head.seq', '>', 'webhook_queue.seq')
  const some = tenantIds ? all.where('webhook_queue.tenant_id', 'in', tenantIds) : all
  return (await some.execute()).map(toDueWebhook)
}

/** The subscriptions of all webhooks that are switched on. */
export async function subscriptions({ kysely }: Connection): Promise<Pick<DueWebhook, 'tenantId' | 'events'>[]> {
  const rows = await kysely.selectFrom('webhook').select(['tenant_id', 'events']).where('active', '=', 1).execute()
  return rows.map((row) => ({ tenantId: row.tenant_id, events: JSON.parse(row.events) }))
}

/** Releases every queue; only for a process that is the only one. */
export async function freeQueues({ kysely }: Connection, now: number): Promise<void> {
  await kysely
    .updateTable('webhook_queue')
    .set({ holder: null, wake_at: now })
    .where('holder', 'is not', null)
    .execute()
}

function queues({ kysely }: Connection) {
  return kysely
    .selectFrom('webhook_queue')
    .innerJoin('webhook', 'webhook.id', 'webhook_queue.webhook_id')
    .innerJoin('tenant', 'tenant.id', 'webhook_queue.tenant_id')
    .innerJoin('partner', 'partner.id', 'tenant.partner_id')
    .select(['webhook_queue.webhook_id', 'webhook_queue.tenant_id', 'webhook.url', 'webhook.events'])
    .where('webhook.active', '=', 1)
    .where('tenant.status', '=', 'active')
    .where('partner.status', '=', 'active')
    .limit(DUE_MAX)
}

function toDueWebhook(row: { webhook_id: string; tenant_id: string; url: string; events: string }): DueWebhook {
  return { webhookId: row.webhook_id, tenantId: row.tenant_id, url: row.url, events: JSON.parse(row.events) }
}
