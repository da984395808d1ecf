// The operations on the event log.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation, streamOperation } from '../context.ts'
import { exportEvents, verifyChain } from './event.service.ts'
import { followEvents } from './event.stream.ts'
import { Event, EventExport, EventFollow, EventQuery, EventWithNames, Verification, VerifyRange } from './event.ts'
import { listEvents, withNames } from './event-across-tenants.service.ts'

// A key for one realm cannot use these operations, because the log belongs to the tenant.

export const eventList = operation({
  name: 'event.list',
  summary: 'List events',
  description:
    'The events of a tenant, newest first: actor, action, object, time, address and result. Above the tenants, an offset reads the events of all tenants within the reach, including deleted tenants. If the list is read by offset, issued tokens are listed only if the filter has their type, the server counts up to ten thousand matches or fifty thousand events, and pages go back a hundred thousand events.',
  permission: 'events:read',
  reach: 'tenant',
  input: EventQuery,
  output: listOf(EventWithNames),
  errors: ['access_denied'],
  events: [],
  run: listEvents,
})

const EventId = z.strictObject({ id: idOf('event') })

export const eventGet = operation({
  name: 'event.get',
  summary: 'Show an event',
  permission: 'events:read',
  reach: 'tenant',
  input: EventId,
  output: EventWithNames,
  errors: ['not_found'],
  events: [],
  run: async (context, { id }) => {
    const event = await context.read.events.find(id)
    if (!event) throw new Failure('not_found')
    return withNames(context, event)
  },
})

export const eventFollow = streamOperation({
  name: 'event.follow',
  summary: 'Follow events as they happen',
  description:
    'The stream continues until the caller disconnects. After a broken connection, the caller continues after the last received event.',
  permission: 'events:read',
  reach: 'tenant',
  input: EventFollow,
  output: Event,
  errors: [],
  events: [],
  follow: (context, { afterSeq, ...filter }, signal) =>
    followEvents(context, { subscribe: context.registry.subscribe, filter, afterSeq, signal }),
})

export const eventExport = streamOperation({
  name: 'event.export',
  summary: 'Export events',
  description: 'Newest first. The export reads page by page, so that a log of any length can be exported.',
  permission: 'events:read',
  reach: 'tenant',
  longRead: true,
  input: EventExport,
  output: Event,
  errors: [],
  events: [],
  follow: (context, filter) => exportEvents(context, filter),
})

export const eventVerify = operation({
  name: 'event.verify',
  summary: 'Verify the event log',
  description:
    'The hash of each event covers the event before it, so that changed, deleted, added or moved rows in the database are found. Store the returned head: if the whole log is replaced by an older copy, it does not contain this head. A part of the log is verified faster; events that were added with a time outside of it are found by a verification of the whole log only.',
  permission: 'events:read',
  reach: 'tenant',
  longRead: true,
  input: VerifyRange,
  output: Verification,
  errors: [],
  events: [],
  run: verifyChain,
})
