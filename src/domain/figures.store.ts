// Reads the lengths and the ages of the queues of all tenants, for the metrics.
import { type SelectQueryBuilder, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { Schema } from '#database/schema.ts'

/** How many rows of a queue are counted. */
const COUNTED_MAX = 10_000

/** Queues, with ages in seconds. */
export interface Queues {
  readonly mails: number
  readonly mailAge: number
  readonly deliveries: number
  readonly deliveryAge: number
  /** How many events are after the places of active webhooks, all together. */
  readonly backlog: number
}

/** The lengths and ages of the queues, counted up to a limit. */
export async function queuesOf({ kysely }: Connection, now: number): Promise<Queues> {
  const mails = kysely.selectFrom('mail').select('created_at').where('next_attempt_at', 'is not', null)
  const deliveries = kysely.selectFrom('webhook_delivery').select('created_at').where('settled_at', 'is', null)
  const summed = (rows: SelectQueryBuilder<Schema, never, { created_at: number }>) =>
    kysely
      .selectFrom(rows.limit(COUNTED_MAX).as('waiting'))
      .select(({ fn }) => [fn.countAll().as('count'), fn.min('waiting.created_at').as('oldest')])
      .executeTakeFirstOrThrow()
  const [mail, delivery, queue] = [
    await summed(mails as never),
    await summed(deliveries as never),
    await kysely
      .selectFrom('webhook_queue')
      .innerJoin('webhook', 'webhook.id', 'webhook_queue.webhook_id')
      .innerJoin('event_head', 'event_head.tenant_id', 'webhook_queue.tenant_id')
      .select(sql<number | null>`sum(event_head.seq - webhook_queue.seq)`.as('events'))
      .where('webhook.active', '=', 1)
      .where('webhook.deleted_at', 'is', null)
      .executeTakeFirst(),
  ]
  const ageOf = (oldest: unknown) => (oldest === null ? 0 : Math.max(0, (now - Number(oldest)) / 1000))
  return {
    mails: Number(mail.count),
    mailAge: ageOf(mail.oldest),
    deliveries: Number(delivery.count),
    deliveryAge: ageOf(delivery.oldest),
    backlog: Number(queue?.events ?? 0),
  }
}
