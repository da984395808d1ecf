import * as z from 'zod'
import { eventInspect, eventSurvey } from '#domain/event/event.operations.ts'
import { type SurveyedEvent, typesOf } from '#domain/event/event.ts'
import { ID_PREFIXES, type Noun, PLATFORM, parseId, renderId } from '#kernel/id.ts'
import type { Route } from '../surface.ts'
import { acrossTenants, idIn, listOf, listSchema, PageParameters, pageOf, row, single, timeOut } from './row.ts'

/** ScaiKey’s words for what happens, where they are not the words used here. */
const ACTIONS: Readonly<Record<string, string>> = {
  'session.started': 'session.created',
  'session.ended': 'session.revoked',
  'sign_in.failed': 'auth.login_failed',
  'user.reactivated': 'user.activated',
  'user.password_set': 'user.password_changed',
}
const TYPES = new Map(Object.entries(ACTIONS).map(([type, action]) => [action, type]))

const RESULTS = ['success', 'failure'] as const
const text = z.string().min(1)
// Without an offset it is UTC, as Python writes what has none.
const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.datetime({ local: true }), z.iso.date()])
  .transform((given) => new Date(/T.*(Z|[+-]\d\d:?\d\d)$/i.test(given) ? given : withZone(given)).toISOString())

function withZone(given: string): string {
  return given.includes('T') ? `${given}Z` : given
}

const List = PageParameters.extend({
  actor_id: text.max(200).optional(),
  actor_email: text.max(320).optional(),
  action: text.max(100).optional().describe('Such as user.created; user.* for everything that happens to users.'),
  resource_type: text.max(100).optional(),
  resource_id: text.max(200).optional(),
  result: z.enum(RESULTS).optional(),
  start_time: moment.optional().describe('Only what happened at or after this moment (ISO 8601).'),
  end_time: moment.optional().describe('Only what happened before this moment (ISO 8601).'),
  ip_address: text.max(64).optional(),
  tenant_id: idIn('tenant').optional(),
  partner_id: idIn('partner').optional(),
})

const Entry = z.object({
  id: z.string(),
  timestamp: z.string(),
  created_at: z.string(),
  actor_id: z.string(),
  actor_email: z.string().nullable(),
  actor_type: z.enum(['admin', 'user', 'system', 'api', 'scim']),
  action: z.string(),
  resource_type: z.string(),
  resource_id: z.string(),
  result: z.enum(RESULTS),
  ip_address: z.string().nullable(),
  user_agent: z.string().nullable(),
  tenant_id: z.string().nullable(),
  partner_id: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
})

function shown(event: SurveyedEvent): z.output<typeof Entry> {
  const at = timeOut(event.occurredAt) ?? ''
  return {
    id: renderId('event', event.id),
    timestamp: at,
    created_at: at,
    actor_id: rendered(event.actor.kind, event.actor.id),
    actor_email: event.actorEmail,
    actor_type: actorType(event),
    action: ACTIONS[event.type] ?? event.type,
    resource_type: event.subject.type,
    resource_id: rendered(event.subject.type, event.subject.id),
    result: event.result,
    ip_address: event.ip,
    user_agent: event.userAgent,
    tenant_id: event.tenantId === PLATFORM ? null : renderId('tenant', event.tenantId),
    partner_id: event.partnerId && renderId('partner', event.partnerId),
    details: event.data,
  }
}

function rendered(noun: string, id: string): string {
  return noun in ID_PREFIXES && parseId(noun as Noun, id) === id ? renderId(noun as Noun, id) : id
}

// Who acts through a realm’s pages and endpoints is a user of it; through every other door people administer.
function actorType({ actor, surface }: SurveyedEvent): z.output<typeof Entry>['actor_type'] {
  if (surface === 'scim') return 'scim'
  if (actor.kind === 'system') return 'system'
  if (actor.kind === 'api_key' || actor.kind === 'client') return 'api'
  return surface === 'protocol' ? 'user' : 'admin'
}

function typesMeant(action: string | undefined): string[] | undefined {
  return action === undefined ? undefined : typesOf(TYPES.get(action) ?? action)
}

/** What happened, for reading only (ScaiKey, “Audit log”). */
export const auditRoutes: readonly Route[] = [
  row('GET /api/v1/admin/audit', eventSurvey, {
    scope: acrossTenants,
    query: List,
    input: ({ query }) => ({
      ...pageOf(query),
      types: typesMeant(query.action),
      actorId: query.actor_id,
      actorEmail: query.actor_email,
      subjectType: query.resource_type,
      subjectId: query.resource_id,
      result: query.result,
      ip: query.ip_address,
      since: query.start_time,
      until: query.end_time,
      tenantId: query.tenant_id,
      partnerId: query.partner_id,
    }),
    reply: (page, { query }) => listOf(page, query, shown),
    replySchema: listSchema(Entry),
  }),
  row('GET /api/v1/admin/audit/{id}', eventInspect, {
    scope: async ({ params }, places) => places.logged(params.id),
    input: ({ params }) => ({ id: params.id }),
    reply: (event: SurveyedEvent) => single(shown(event)),
    replySchema: Entry,
  }),
]

const Recent = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('How many of the newest entries, 1 to 100.'),
})

/** What happened last, as the page that administrators begin at shows it (ScaiKey, “Dashboard”). */
export const activityRoute = row('GET /api/v1/admin/dashboard/activity', eventSurvey, {
  scope: acrossTenants,
  query: Recent,
  input: ({ query: { limit } }) => ({ page: 1, perPage: limit }),
  reply: ({ data }: { data: SurveyedEvent[] }) => ({ data: data.map(shown) }),
  replySchema: z.object({ data: z.array(Entry) }),
})
