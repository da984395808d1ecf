// The audit log, which is read-only (ScaiKey, “Audit log”).
import * as z from 'zod'
import * as events from '#domain/event/event.operations.ts'
import { EventWithNames } from '#domain/event/event.ts'
import { PLATFORM, renderId } from '#kernel/id.ts'
import type { Codec } from '../codec.ts'
import { arrayOf, numberedInput, objectOf, pageLength, pageStyle } from '../dialect.ts'
import { eventParties, typesOrNone } from '../event-members.ts'
import type { Route } from '../surface.ts'
import { computed, list, ok, representation, rows } from './dialect.ts'
import { acrossTenants } from './scope.ts'

/** ScaiKey’s names of event types, where they differ. */
const ACTIONS: Readonly<Record<string, string>> = {
  'session.started': 'session.created',
  'session.ended': 'session.revoked',
  'sign_in.failed': 'auth.login_failed',
  'user.reactivated': 'user.activated',
  'user.password_set': 'user.password_changed',
}
const TYPES = new Map(Object.entries(ACTIONS).map(([type, action]) => [action, type]))

const action: Codec = {
  schema: z.string().max(100).describe('Such as user.created; user.* for everything that happens to users.'),
  encode: (type: string) => ACTIONS[type] ?? type,
  decode: (sent) => (typeof sent === 'string' ? typesOrNone(TYPES.get(sent) ?? sent) : sent),
}

// Without an offset it is UTC, as Python writes what has none.
const ISO = z.union([z.iso.datetime({ offset: true, local: true }).max(40), z.iso.date()])
const moment: Codec = {
  schema: ISO,
  decode: (sent) => {
    if (typeof sent !== 'string' || !ISO.safeParse(sent).success) return sent
    const isLocal = sent.includes('T') && !/(Z|[+-]\d\d:?\d\d)$/i.test(sent)
    return new Date(isLocal ? `${sent}Z` : sent).toISOString()
  },
}
const lowerCase: Codec = { schema: z.literal(['success', 'failure']), encode: (word) => word, decode: (word) => word }

// A caller of the hosted pages and protocol endpoints is a user of the realm; all other people are administrators.
function actorType({ actor, surface }: EventWithNames): string {
  if (surface === 'scim') return 'scim'
  if (actor.kind === 'system') return 'system'
  if (actor.kind === 'api_key' || actor.kind === 'client') return 'api'
  return surface === 'protocol' ? 'user' : 'admin'
}

const tenantId: Codec = {
  schema: z.string().nullable(),
  encode: (id: string) => (id === PLATFORM ? null : renderId('tenant', id)),
}

const entry = representation(
  EventWithNames,
  {
    omit: ['seq', 'actor', 'subject', 'realmId', 'requestId', 'surface', 'hash'],
    names: { type: 'action', occurredAt: 'created_at', ip: 'ip_address', data: 'details' },
    codecs: { type: action, result: lowerCase, tenantId },
  },
  {
    timestamp: computed(z.iso.datetime(), ({ occurredAt }: EventWithNames) => new Date(occurredAt).toISOString()),
    ...eventParties('resource', renderId),
    actor_type: computed(z.literal(['admin', 'user', 'system', 'api', 'scim']), actorType),
  },
)

const row = rows({ scope: acrossTenants })
const subject = { subjectType: 'resource_type', subjectId: 'resource_id' } as const

export const auditRoutes: readonly Route[] = [
  row('GET /api/v1/admin/audit', events.eventList, list(entry), {
    names: { types: 'action', since: 'start_time', until: 'end_time', ...subject },
    accept: ['actorId'],
    codecs: { types: action, since: moment, until: moment, tenantId: { schema: z.string().max(80) } },
  }),
  row('GET /api/v1/admin/audit/{id}', events.eventGet, ok(entry), {
    scope: async ({ params }, places) => places.logged(params.id),
  }),
]

const newest = pageStyle({
  query: z.object({ limit: pageLength(100, 20).describe('How many of the newest.') }),
  toInput: ({ limit }) => numberedInput(1, limit),
  encode: (data) => ({ data }),
  schema: (item) => objectOf({ data: arrayOf(item) }),
})

/** What happened last, as the page that administrators begin at shows it (ScaiKey, “Dashboard”). */
export const activityRoute = row('GET /api/v1/admin/dashboard/activity', events.eventList, list(entry, '', newest), {
  pick: [],
})
