// The operation that returns recent events as sentences.
import * as z from 'zod'
import { EVENTS, type EventType } from '#kernel/event.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { Event, EventQuery } from './event.ts'
import { listEvents } from './event-across-tenants.service.ts'

/** An event of the activity list: a sentence about what happened, and who did it. */
const Activity = Event.pick({
  id: true,
  occurredAt: true,
  actor: true,
  subject: true,
  realmId: true,
  result: true,
  ip: true,
  userAgent: true,
}).extend({
  action: z.string().describe('The type of the event.'),
  summary: z.string().describe('A description of the event.'),
  correlationId: z.string().nullable().describe('The id of the request.'),
  details: Event.shape.data,
})

export const activityList = operation({
  name: 'activity.list',
  summary: 'List the activity of a tenant',
  description: 'The event log as a feed: the same entries, newest first, with a description for people.',
  permission: 'events:read',
  reach: 'tenant',
  input: EventQuery,
  output: listOf(Activity),
  errors: ['access_denied'],
  events: [],
  run: async (context, query) =>
    mapPage(await listEvents(context, query), ({ type, requestId, data: details, ...event }) => ({
      ...event,
      action: type,
      summary: EVENTS[type as EventType] ?? type,
      correlationId: requestId,
      details,
    })),
})
