// Makes the tables of webhooks and their deliveries.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, VERSIONED } from './tables.ts'

/**
 * Webhooks and what was delivered to them. Where a webhook is in the events stands apart from what it is: every delivery
 * moves the one, and only people change the other.
 */
export function webhooks(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('webhook', {
        id: 'text',
        tenant_id: 'text',
        url: 'text',
        description: 'text?',
        events: 'text',
        active: 'integer',
        profile: 'text',
        secret: 'text',
        previous_secret: 'text?',
        previous_until: 'integer?',
        ...VERSIONED,
      })
      await definer.index('webhook', ['tenant_id', 'id'])
      const queue = {
        webhook_id: 'text',
        tenant_id: 'text',
        seq: 'integer',
        holder: 'text?',
        wake_at: 'integer?',
        dead_in_row: 'integer',
      } as const
      await definer.table('webhook_queue', queue, {
        key: ['webhook_id'],
        clustered: true,
        references: { webhook_id: 'webhook' },
      })
      await definer.index('webhook_queue', ['tenant_id'])
      await definer.index('webhook_queue', ['wake_at'], { where: ['wake_at', 'is not', null] })
      const delivery = {
        id: 'text',
        tenant_id: 'text',
        webhook_id: 'text',
        event_id: 'text',
        event_type: 'text',
        event_seq: 'integer?',
        kind: 'text',
        status: 'text',
        attempts: 'integer',
        response_status: 'integer?',
        error: 'text?',
        duration_ms: 'integer?',
        created_at: 'integer',
        attempted_at: 'integer?',
        next_attempt_at: 'integer?',
        settled_at: 'integer?',
      } as const
      await definer.table('webhook_delivery', delivery, { references: { webhook_id: 'webhook' } })
      await definer.index('webhook_delivery', ['webhook_id', 'id'])
      await definer.index('webhook_delivery', ['webhook_id', 'status', 'id'])
      await definer.index('webhook_delivery', ['webhook_id', 'event_seq', 'id'], { where: ['settled_at', 'is', null] })
      await definer.index('webhook_delivery', ['settled_at'], { where: ['settled_at', 'is not', null] })
    },
  }
}
