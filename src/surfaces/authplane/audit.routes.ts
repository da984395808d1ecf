// The rows for the audit log.
import * as z from 'zod'
import * as events from '#domain/event/event.operations.ts'
import { Event } from '#domain/event/event.ts'
import { ID_PREFIXES, type Noun, renderId } from '#kernel/id.ts'
import { typePattern } from '../event-members.ts'
import type { Route } from '../surface.ts'
import { computed, list, representation, row } from './dialect.ts'

const idOfAny = (noun: string, id: string) => (Object.hasOwn(ID_PREFIXES, noun) ? renderId(noun as Noun, id) : id)

const event = representation(
  Event,
  {
    pick: ['id', 'type', 'occurredAt', 'ip', 'data'],
    names: { type: 'action', occurredAt: 'created_at', data: 'detail' },
  },
  {
    actor_id: computed(z.string(), ({ actor }: Event) => idOfAny(actor.kind, actor.id)),
    target_id: computed(z.string(), ({ subject }: Event) => idOfAny(subject.type, subject.id)),
  },
)

/** The audit log (AuthPlane, “Inspect issuances”). */
export const auditRoutes: readonly Route[] = [
  row('GET /admin/audit', events.eventList, list(event), {
    pick: ['types', 'actorId', 'subjectId', 'since', 'until'],
    names: { types: 'action', subjectId: 'target_id' },
    codecs: { types: typePattern },
  }),
]
