// What an event of the audit log looks like (SharkAuth, “Audit Logs”).
import * as z from 'zod'
import { Event } from '#domain/event/event.ts'
import { computed, encodeId, representation } from './dialect.ts'

/** An event as the document shows it. */
export const eventRepresentation = representation(
  Event,
  {
    pick: ['id', 'type', 'occurredAt', 'result', 'ip', 'userAgent', 'data'],
    names: { type: 'action', occurredAt: 'created_at', result: 'status', data: 'metadata' },
  },
  {
    actor_id: computed(z.string(), ({ actor }: Event) => encodeId(actor.kind, actor.id)),
    actor_type: computed(z.string(), ({ actor }: Event) => actor.kind),
    target_id: computed(z.string(), ({ subject }: Event) => encodeId(subject.type, subject.id)),
    target_type: computed(z.string(), ({ subject }: Event) => subject.type),
  },
)
