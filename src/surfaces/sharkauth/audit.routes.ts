// The rows for the audit log.
import * as z from 'zod'
import * as events from '#domain/event/event.operations.ts'
import type { Event } from '#domain/event/event.ts'
import * as purges from '#domain/purge/purge.operations.ts'
import type { LogPurged } from '#domain/purge/purge.ts'
import { typePattern } from '../event-members.ts'
import { csv, type ReplyRequest } from '../reply.ts'
import type { Route } from '../surface.ts'
import { eventRepresentation } from './audit-event.ts'
import { anyId, encodeId, json, list, ok, row, time } from './dialect.ts'

const filters = {
  pick: ['types', 'actorId', 'subjectId', 'result', 'since', 'until'],
  names: { types: 'action', subjectId: 'target_id', result: 'status', since: 'from', until: 'to' },
  codecs: { types: typePattern, actorId: anyId, subjectId: anyId },
} as const

const day = (text: unknown) => String(text).slice(0, 10)
const spanOf = ({ body }: ReplyRequest) => body as { from: string; to: string }
const table = csv<Event>((given) => `audit-logs-${day(spanOf(given).from)}-to-${day(spanOf(given).to)}.csv`, {
  id: ({ id }) => encodeId('event', id),
  created_at: ({ occurredAt }) => time(occurredAt),
  actor_id: ({ actor }) => encodeId(actor.kind, actor.id),
  actor_type: ({ actor }) => actor.kind,
  action: ({ type }) => type,
  target_type: ({ subject }) => subject.type,
  target_id: ({ subject }) => encodeId(subject.type, subject.id),
  status: ({ result }) => result,
  ip: ({ ip }) => ip,
  user_agent: ({ userAgent }) => userAgent,
  metadata: (entry) => JSON.stringify((eventRepresentation.encode(entry) as { metadata?: unknown }).metadata ?? {}),
})

const deleted = json(z.object({ deleted: z.number().int() }), ({ deleted: rows }: LogPurged) => ({ deleted: rows }))

/** The audit log (SharkAuth, “Audit logs”). */
export const auditRoutes: readonly Route[] = [
  row('GET /api/v1/audit-logs', events.eventList, list(eventRepresentation), filters),
  row('GET /api/v1/audit-logs/{id}', events.eventGet, ok(eventRepresentation)),
  row('POST /api/v1/audit-logs/export', events.eventExport, table, {
    ...filters,
    pick: ['types', 'since', 'until'],
    required: ['since', 'until'],
  }),
  row('POST /api/v1/admin/audit-logs/purge', purges.eventPurge, deleted, { pick: ['before'], required: ['before'] }),
]
