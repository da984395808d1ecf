import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { numberedPageOf, pageOf } from '#kernel/page.ts'
import { type Context, operation, streamOperation } from '../context.ts'
import { verifyChain } from './event.service.ts'
import { followEvents } from './event.stream.ts'
import { Event, EventFollow, EventQuery, EventSurvey, SurveyedEvent, Verification } from './event.ts'
import { surveyEvents, withNames } from './event-survey.service.ts'

// A key for one realm has no part in these: the log is the tenant's.

export const eventList = operation({
  name: 'event.list',
  summary: 'List events',
  description:
    'What happened in a tenant, newest first: who did what to what, when, from where, and whether they were let.',
  permission: 'events:read',
  reach: 'tenant',
  input: EventQuery,
  output: pageOf(Event),
  errors: [],
  events: [],
  run: ({ read }, query) => read.events.list(query),
})

export const eventSurvey = operation({
  name: 'event.survey',
  summary: 'List events by numbered pages',
  description:
    'What happened in every tenant within reach, deleted ones among them, newest first. Issued tokens are told only where their type is asked for. What is filtered is counted up to ten thousand, or as far as fifty thousand events lead; pages lead a hundred thousand back.',
  permission: 'events:read',
  reach: 'tenant',
  across: true,
  input: EventSurvey,
  output: numberedPageOf(SurveyedEvent),
  errors: ['access_denied'],
  events: [],
  run: surveyEvents,
})

const EventId = z.strictObject({ id: idOf('event') })

export const eventGet = operation({
  name: 'event.get',
  summary: 'Show an event',
  permission: 'events:read',
  reach: 'tenant',
  input: EventId,
  output: Event,
  errors: ['not_found'],
  events: [],
  run: ({ read }, { id }) => found(read, id),
})

export const eventInspect = operation({
  name: 'event.inspect',
  summary: 'Show an event with what its actor and its tenant are known by',
  permission: 'events:read',
  reach: 'tenant',
  input: EventId,
  output: SurveyedEvent,
  errors: ['not_found'],
  events: [],
  run: async (context, { id }) => withNames(context, await found(context.read, id)),
})

async function found({ events }: Context['read'], id: string): Promise<Event> {
  const event = await events.find(id)
  if (!event) throw new Failure('not_found')
  return event
}

export const eventFollow = streamOperation({
  name: 'event.follow',
  summary: 'Follow events as they happen',
  description: 'Goes on for as long as the caller listens. Who was cut off goes on after the last event they got.',
  permission: 'events:read',
  reach: 'tenant',
  input: EventFollow,
  output: Event,
  errors: [],
  events: [],
  follow: (context, { afterSeq, ...filter }, signal) =>
    followEvents(context, { subscribe: context.registry.subscribe, filter, afterSeq, signal }),
})

export const eventVerify = operation({
  name: 'event.verify',
  summary: 'Verify the event log',
  description:
    'Each event’s hash covers the event before it, so a row that was changed, removed, added or moved in the database is found. Keep the head that this shows: a log that was set back as a whole lacks it.',
  permission: 'events:read',
  reach: 'tenant',
  input: z.strictObject({}),
  output: Verification,
  errors: [],
  events: [],
  run: (context) => verifyChain(context),
})
