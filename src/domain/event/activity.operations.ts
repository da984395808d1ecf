import * as z from 'zod'
import { EVENTS, type EventType } from '#kernel/event.ts'
import { pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { Event, EventQuery } from './event.ts'

/** An event as the feed tells it: what happened, in words, and who did it. */
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
  action: z.string().describe('The event’s type.'),
  summary: z.string().describe('What happened, in words.'),
  correlationId: z.string().nullable().describe('The request that it was done with.'),
  details: z.record(z.string(), z.unknown()),
})

export const activityList = operation({
  name: 'activity.list',
  summary: 'List what happened in a tenant',
  description: 'The event log as a feed: the same entries, newest first, with words for people.',
  permission: 'events:read',
  reach: 'tenant',
  input: EventQuery,
  output: pageOf(Activity),
  errors: [],
  events: [],
  run: async ({ read }, query) => {
    const { data, nextCursor } = await read.events.list(query)
    const entries = data.map(({ type, requestId, data: details, ...event }) => ({
      ...event,
      action: type,
      summary: EVENTS[type as EventType] ?? type,
      correlationId: requestId,
      details,
    }))
    return { data: entries, nextCursor }
  },
})
