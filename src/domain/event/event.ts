import * as z from 'zod'
import type { EventTable } from '#database/schema.ts'
import { idOut, time } from '#kernel/field.ts'

/** One row of the event log. */
export const Event = z.object({
  id: idOut('event'),
  seq: z.number().int().describe('1, 2, 3 … within the tenant.'),
  type: z.string(),
  occurredAt: time,
  actor: z.object({ kind: z.string(), id: z.string(), label: z.string().nullable() }),
  subject: z.object({ type: z.string(), id: z.string() }),
  tenantId: idOut('tenant'),
  realmId: idOut('realm').nullable(),
  result: z.enum(['success', 'failure']),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  requestId: z.string().nullable(),
  surface: z.string(),
  data: z.record(z.string(), z.unknown()),
  hash: z.string().describe('HMAC-SHA256 over the event before it and this one.'),
})
export type Event = z.output<typeof Event>

/** The hash that the first event of a chain follows. */
export const GENESIS = ''

/**
 * The text whose MAC is an event's hash: the hash before it and every column, in this order. JSON keeps the fields
 * apart, so no two rows have the same text.
 */
export function chainText(previousHash: string, row: Omit<EventTable, 'hash'>): string {
  return JSON.stringify([
    previousHash,
    row.tenant_id,
    row.seq,
    row.id,
    row.type,
    row.occurred_at,
    row.actor_kind,
    row.actor_id,
    row.actor_label,
    row.subject_type,
    row.subject_id,
    row.realm_id,
    row.result,
    row.ip,
    row.user_agent,
    row.request_id,
    row.surface,
    row.data,
  ])
}
