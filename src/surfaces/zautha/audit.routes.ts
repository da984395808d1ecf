import * as z from 'zod'
import { eventSurvey } from '#domain/event/event.operations.ts'
import { type SurveyedEvent, typesOf } from '#domain/event/event.ts'
import type { Route } from '../surface.ts'
import { homeScope, listOf, listSchema, PageParameters, pageOf, row, timeOut } from './row.ts'

const DAY = 86_400_000
const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'a date, or a time with its offset from UTC (ISO 8601)',
})

const List = PageParameters.extend({
  start_date: moment.optional().describe('Only what happened on or after this day in UTC, or at or after this moment.'),
  end_date: moment.optional().describe('Only what happened until the end of this day in UTC, or until this moment.'),
  action: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Such as user.created; user.* for everything that happens to users.'),
})

const Event = z.object({
  id: z.uuid(),
  actor_type: z.string(),
  actor_id: z.string(),
  action: z.string(),
  resource_type: z.string(),
  resource_id: z.string(),
  ip_address: z.string().nullable(),
  user_agent: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  created_at: z.string(),
})

function shown(event: SurveyedEvent): z.output<typeof Event> {
  return {
    id: event.id,
    actor_type: event.actor.kind,
    actor_id: event.actor.id,
    action: event.type,
    resource_type: event.subject.type,
    resource_id: event.subject.id,
    ip_address: event.ip,
    user_agent: event.userAgent,
    metadata: event.data,
    created_at: timeOut(event.occurredAt) ?? '',
  }
}

/** The first moment that is not meant any more: the end of a day, or what follows a moment. */
function after(text: string): string {
  const length = text.includes('T') ? 1 : DAY
  return new Date(Date.parse(text) + length).toISOString()
}

/** What happened in the tenant (Zautha, “List audit events”). */
export const auditRoutes: readonly Route[] = [
  row('GET /v1/admin/audit', eventSurvey, {
    scope: homeScope,
    query: List,
    input: ({ query: { start_date, end_date, action, ...page } }) => ({
      ...pageOf(page),
      types: action === undefined ? undefined : typesOf(action),
      since: start_date && new Date(start_date).toISOString(),
      until: end_date && after(end_date),
    }),
    reply: (page, { query }) => listOf('events', page, query, shown),
    replySchema: listSchema('events', Event),
  }),
]
