// The fields, filters and views of events, and the rules of the chain.
import * as z from 'zod'
import type { EventTable } from '#database/tables/log.ts'
import { EVENTS } from '#kernel/event.ts'
import { idOf, idOfKind, idOut, time } from '#kernel/field.ts'
import { ID_PREFIXES, type Noun, parseId } from '#kernel/id.ts'
import { offsetQuery } from '#kernel/page.ts'
import { period } from '#kernel/period.ts'
import { TENANT_FILTER } from '../tenant/tenant-filter.ts'
import { eventDataSchema } from './event-data.ts'

const RESULTS = ['success', 'failure'] as const

/** One row of the event log. */
export const Event = z.object({
  id: idOut('event'),
  seq: z.number().int().describe('1, 2, 3 … within the tenant.'),
  type: z.string(),
  occurredAt: time,
  actor: z.object({ kind: z.string(), id: idOfKind('kind'), label: z.string().nullable() }),
  subject: z.object({ type: z.string(), id: idOfKind('type'), label: z.string().nullable() }),
  tenantId: idOut('tenant'),
  realmId: idOut('realm').nullable(),
  result: z.enum(RESULTS),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  requestId: z.string().nullable(),
  surface: z.string(),
  data: z
    .record(z.string(), z.unknown())
    .meta({ schemaFor: ({ subject }: { subject: { type: string } }) => eventDataSchema(subject.type) }),
  hash: z
    .string()
    .describe('HMAC-SHA256 over the previous event and this one. Tokens that were issued together share one.'),
})
export type Event = z.output<typeof Event>

// An event can be about an object of any noun, or about none, so every prefix and any other text is accepted.
const anyId = z
  .string()
  .min(1)
  .max(200)
  .transform((text) => {
    const [noun] = Object.entries(ID_PREFIXES).find(([, prefix]) => text.startsWith(`${prefix}_`)) ?? []
    return (noun && parseId(noun as Noun, text)) || text
  })

const filters = {
  types: z
    .array(z.string().max(100))
    .min(1, 'no event has such a type')
    .max(200)
    .optional()
    .describe('Only events of these types.'),
  actorId: anyId
    .optional()
    .describe('Only events of this actor. Issued tokens are listed only if `type` includes them.'),
  subjectId: anyId.optional().describe('Only events of this object; issued tokens as with an actor.'),
  realmId: idOf('realm').optional().describe('Only events of this realm; issued tokens as with an actor.'),
  result: z.enum(RESULTS).optional(),
}

/** The filters of a list of events. */
export const EventQuery = offsetQuery.strict().extend({
  ...filters,
  actorEmail: z
    .string()
    .max(320)
    .optional()
    .describe('Only events whose actor is a user with this address; issued tokens as with an actor.'),
  subjectType: z
    .string()
    .max(100)
    .optional()
    .describe('Only events of objects of this kind; issued tokens as with an actor.'),
  ip: z.string().max(64).optional().describe('Only events from this network address; issued tokens as with an actor.'),
  ...period,
  ...TENANT_FILTER,
})
export type EventQuery = z.output<typeof EventQuery>

/** The filters of an export of all events of a tenant. */
export const EventExport = z.strictObject({ ...filters, ...period })
export type EventExport = z.output<typeof EventExport>

const place = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)

/** The part of a chain to verify. */
export const VerifyRange = z
  .strictObject({
    fromSeq: place
      .optional()
      .describe(
        'The first event to verify. The hash of the event before it is taken as it is. Default: the first one.',
      ),
    toSeq: place.optional().describe('The last event to verify. Default: the last one.'),
    since: period.since.describe('Only events at or after this time (RFC 3339), and some before it.'),
    until: period.until.describe('Only events before this time (RFC 3339), and some after it.'),
  })
  .refine(({ fromSeq = 1, toSeq = fromSeq }) => fromSeq <= toSeq, { error: 'is before from_seq', path: ['to_seq'] })
export type VerifyRange = z.output<typeof VerifyRange>

/** An event with the names of its actor and its tenant. */
export const EventWithNames = Event.extend({
  actorEmail: z.string().nullable(),
  partnerId: idOut('partner').nullable(),
})
export type EventWithNames = z.output<typeof EventWithNames>

/** The subject type of a noun's events, if it differs from the noun. */
const SUBJECTS: Readonly<Record<string, readonly string[]>> = {
  access: ['operation'],
  authorization_code: ['client'],
  bootstrap: ['user'],
  client_authentication: ['client'],
  device_authorization: ['client'],
  grant: ['grant', 'client', 'realm'],
  key: ['signing_key'],
  refresh_token: ['user'],
  signal_stream: ['webhook'],
  revocation: ['issuance', 'token_family', 'grant', 'client', 'user', 'agent', 'session'],
  role_permission: ['realm'],
  session: ['session', 'realm'],
  sign_in: ['user'],
  token: ['issuance', 'token_family'],
  token_request: ['client'],
}

/** The subject type of an event type. */
export function subjectTypesOf(type: string): readonly string[] {
  const noun = type.slice(0, type.lastIndexOf('.'))
  return SUBJECTS[noun] ?? [noun]
}

/** The event types that can have a subject of a type. */
export function typesAbout(subjectType: string): string[] {
  return Object.keys(EVENTS).filter((type) => subjectTypesOf(type).includes(subjectType))
}

/** The filters of a stream of a tenant's events. */
export const EventFollow = z.strictObject({
  ...filters,
  afterSeq: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Start after this event. Default: start with the next event.'),
})
export type EventFilter = Omit<z.output<typeof EventFollow>, 'afterSeq'>

/**
 * The types that match a pattern: the type itself, or all types of a noun for `noun.*`; none if the type does not
 * exist.
 */
export function typesOf(pattern: string): string[] {
  if (!pattern.endsWith('.*')) return Object.hasOwn(EVENTS, pattern) ? [pattern] : []
  return Object.keys(EVENTS).filter((type) => type.startsWith(pattern.slice(0, -1)))
}

/** The most frequent event. */
export const TOKEN_ISSUED = 'token.issued'

/** Whether a filter by type selects issued tokens. Other filters leave them out: see the issuances. */
export function selectsTokens({ types }: Pick<EventFilter, 'types'>): boolean {
  return types?.includes(TOKEN_ISSUED) === true
}

/** Whether an event matches a filter. */
export function matches(event: Event, filter: EventFilter): boolean {
  const { types, actorId, subjectId, realmId, result } = filter
  const hasOtherFilter = actorId !== undefined || subjectId !== undefined || realmId !== undefined
  if (hasOtherFilter && event.type === TOKEN_ISSUED && !selectsTokens(filter)) return false
  if (types !== undefined && !types.includes(event.type)) return false
  if (actorId !== undefined && actorId !== event.actor.id) return false
  if (subjectId !== undefined && subjectId !== event.subject.id) return false
  if (realmId !== undefined && realmId !== event.realmId) return false
  return result === undefined || result === event.result
}

/** The result of a verification. */
export const Verification = z.object({
  ok: z.boolean(),
  checked: z.number().int().describe('The number of valid events from the first one on.'),
  purgedThrough: z.number().int().describe('The last event that was purged; 0 if none was.'),
  head: z
    .object({ seq: z.number().int(), hash: z.string() })
    .describe(
      'The last event that was verified, and its hash. If you store it in another place, you can later detect a chain that was replaced by an older copy.',
    ),
  firstBad: z
    .object({
      seq: z.number().int(),
      reason: z
        .enum(['changed', 'missing', 'reordered', 'truncated'])
        .describe(
          'changed: the event was changed; missing: the event is missing; reordered: the event is in another position; truncated: the end of the chain is missing.',
        ),
    })
    .nullable(),
})
export type Verification = z.output<typeof Verification>

/** The hash before the first event of a chain. */
export const GENESIS = ''

/**
 * The text whose MAC is an event's hash: the previous hash and every column, in this order; a label of the subject
 * where there is one. JSON separates the fields,
 * so different rows have different texts.
 */
export function chainText(previousHash: string, row: Omit<EventTable, 'hash'>): string {
  return JSON.stringify([
    previousHash,
    row.tenant_id,
    row.seq,
    row.id,
    row.type,
    row.occurred_at,
    row.actor_kind,
    row.actor_id,
    row.actor_label,
    row.subject_type,
    row.subject_id,
    row.realm_id,
    row.result,
    row.ip,
    row.user_agent,
    row.request_id,
    row.surface,
    row.data,
    // Events from before there were labels have the hash that they had.
    ...(row.subject_label === null ? [] : [row.subject_label]),
  ])
}
