// The audit log of the tenant (Zautha, “List audit events”).
import * as z from 'zod'
import * as events from '#domain/event/event.operations.ts'
import { EventWithNames } from '#domain/event/event.ts'
import type { Codec } from '../codec.ts'
import { eventParties, typesOrNone } from '../event-members.ts'
import type { Route } from '../surface.ts'
import { homeScope, list, representation, rows } from './dialect.ts'

const DAY = 86_400_000

const event = representation(
  EventWithNames,
  {
    pick: ['id', 'type', 'ip', 'userAgent', 'data', 'occurredAt'],
    names: { type: 'action', ip: 'ip_address', data: 'metadata', occurredAt: 'created_at' },
  },
  eventParties('resource', (_noun, id) => id),
)

/** A day in UTC or a time. @param after the milliseconds until the end of either */
function moment(description: string, after = { day: 0, moment: 0 }): Codec {
  const schema = z.union([z.iso.date(), z.iso.datetime({ offset: true }).max(40)]).describe(description)
  const decode = (sent: unknown) => {
    if (typeof sent !== 'string' || !schema.safeParse(sent).success) return sent
    return new Date(Date.parse(sent) + (sent.includes('T') ? after.moment : after.day)).toISOString()
  }
  return { schema, decode }
}

const action = z.string().max(100).describe('Such as user.created; user.* for everything that happens to users.')

export const auditRoutes: readonly Route[] = [
  rows({ scope: homeScope })('GET /v1/admin/audit', events.eventList, list(event, 'events'), {
    pick: ['types', 'since', 'until'],
    names: { types: 'action', since: 'start_date', until: 'end_date' },
    codecs: {
      types: { schema: action, decode: (sent) => (typeof sent === 'string' ? typesOrNone(sent) : sent) },
      since: moment('Only what happened on or after this day in UTC, or at or after this moment.'),
      until: moment('Only what happened until the end of this day in UTC, or until this moment.', {
        day: DAY,
        moment: 1,
      }),
    },
  }),
]
