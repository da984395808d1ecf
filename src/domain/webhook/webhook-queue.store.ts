import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { WebhookQueueTable } from '#database/tables/log.ts'

export type WebhookQueueStore = ReturnType<typeof webhookQueueStore>

/** Where each webhook of one tenant is in the tenant’s events, and which process is delivering. */
export function webhookQueueStore({ kysely }: Connection, tenantId: string) {
  /** Changes a queue that a process holds. @returns whether it still does */
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
    /** @param seq the last event that the webhook need not hear of */
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

    /** Takes a queue that nobody holds, or whose holder’s time is over. @returns whether it is the caller’s now */
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

    /** Holds on to a queue. @param deadInRow deliveries given up in a row @returns whether the caller still has it */
    keep: (id: string, holder: string, until: number, deadInRow?: number) =>
      asHolder(id, holder, { wake_at: until, ...(deadInRow !== undefined && { dead_in_row: deadInRow }) }),

    /** Moves a queue on from where the caller saw it. @returns whether it was there and the caller’s */
    advance: (id: string, holder: string, from: number, to: number, until: number) =>
      asHolder(id, holder, { seq: to, wake_at: until }, from),

    /** Lets go of a queue. @param wakeAt when to go on; null for the next event */
    release: (id: string, holder: string, wakeAt: number | null) =>
      asHolder(id, holder, { holder: null, wake_at: wakeAt }),

    /** Has a queue that waits go on now; one that is held goes on anyway. */
    async wake(id: string, now: number): Promise<void> {
      await kysely
        .updateTable('webhook_queue')
        .set({ wake_at: now })
        .where('webhook_id', '=', id)
        .where('tenant_id', '=', tenantId)
        .where('holder', 'is', null)
        .execute()
    },

    /** Sets a queue to a place in the events, and its count of failures to none. */
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

/** A webhook that there may be something to do for. */
export interface Due {
  readonly webhookId: string
  readonly tenantId: string
  readonly url: string
  /** What it subscribes to. */
  readonly events: readonly string[]
}

const DUE_MAX = 5000

/** Those whose next try is due, and those whose deliverer has not been heard of for too long. */
export async function dueWebhooks(connection: Connection, now: number): Promise<Due[]> {
  const rows = await queues(connection)
    .where('webhook_queue.wake_at', '<=', now)
    .orderBy('webhook_queue.wake_at')
    .execute()
  return rows.map(toDue)
}

/**
 * Those at rest whose tenants’ logs have events that they have not been through.
 * @param tenantIds only of these tenants; of all unless told
 */
export async function behindWebhooks(connection: Connection, tenantIds?: readonly string[]): Promise<Due[]> {
  if (tenantIds?.length === 0) return []
  const all = queues(connection)
    .innerJoin('event_head', 'event_head.tenant_id', 'webhook_queue.tenant_id')
    .where('webhook_queue.wake_at', 'is', null)
    .whereRef('event_head.seq', '>', 'webhook_queue.seq')
  const some = tenantIds ? all.where('webhook_queue.tenant_id', 'in', tenantIds) : all
  return (await some.execute()).map(toDue)
}

/** What every webhook that is on subscribes to. */
export async function subscriptions({ kysely }: Connection): Promise<Pick<Due, 'tenantId' | 'events'>[]> {
  const rows = await kysely.selectFrom('webhook').select(['tenant_id', 'events']).where('active', '=', 1).execute()
  return rows.map((row) => ({ tenantId: row.tenant_id, events: JSON.parse(row.events) }))
}

/** Frees every queue, for a process that knows that it is the only one. */
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
    .select(['webhook_queue.webhook_id', 'webhook_queue.tenant_id', 'webhook.url', 'webhook.events'])
    .where('webhook.active', '=', 1)
    .limit(DUE_MAX)
}

function toDue(row: { webhook_id: string; tenant_id: string; url: string; events: string }): Due {
  return { webhookId: row.webhook_id, tenantId: row.tenant_id, url: row.url, events: JSON.parse(row.events) }
}
