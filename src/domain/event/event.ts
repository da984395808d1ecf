import * as z from 'zod'
import type { EventTable } from '#database/tables/log.ts'
import { EVENTS } from '#kernel/event.ts'
import { idOf, idOut, time } from '#kernel/field.ts'
import { ID_PREFIXES, type Noun, parseId } from '#kernel/id.ts'
import { NumberedQuery, PageQuery } from '#kernel/page.ts'
import { period } from '#kernel/period.ts'
import { AMONG } from '../tenant/among.ts'

const RESULTS = ['success', 'failure'] as const

/** One row of the event log. */
export const Event = z.object({
  id: idOut('event'),
  seq: z.number().int().describe('1, 2, 3 … within the tenant.'),
  type: z.string(),
  occurredAt: time,
  actor: z.object({ kind: z.string(), id: z.string(), label: z.string().nullable() }),
  subject: z.object({ type: z.string(), id: z.string() }),
  tenantId: idOut('tenant'),
  realmId: idOut('realm').nullable(),
  result: z.enum(RESULTS),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  requestId: z.string().nullable(),
  surface: z.string(),
  data: z.record(z.string(), z.unknown()),
  hash: z.string().describe('HMAC-SHA256 over the event before it and this one.'),
})
export type Event = z.output<typeof Event>

// An event may be about a thing of any noun, or of none, so any prefix is read and any other text taken as it is.
const anyId = z
  .string()
  .min(1)
  .max(200)
  .transform((text) => {
    const [noun] = Object.entries(ID_PREFIXES).find(([, prefix]) => text.startsWith(`${prefix}_`)) ?? []
    return (noun && parseId(noun as Noun, text)) || text
  })

const filters = {
  type: z
    .string()
    .max(100)
    .refine((pattern) => typesOf(pattern).length > 0, 'no event has such a type')
    .optional()
    .describe('A type, or all of a noun: client.created, client.*'),
  actorId: anyId
    .optional()
    .describe('Only what this actor did. Issued tokens are told only where `type` asks for them.'),
  subjectId: anyId.optional().describe('Only what happened to this thing; as with an actor.'),
  realmId: idOf('realm').optional().describe('Only what happened in this realm; as with an actor.'),
  result: z.enum(RESULTS).optional(),
}

/** Which events of a tenant to list. */
export const EventQuery = z.strictObject({ ...PageQuery.shape, ...filters, ...period })
export type EventQuery = z.output<typeof EventQuery>

/** A numbered page of events of several tenants. */
export const EventSurvey = NumberedQuery.extend({
  types: z
    .array(z.string().max(100))
    .optional()
    .describe('Only these; issued tokens are told where they are among them.'),
  actorId: anyId.optional().describe('Only what this actor did.'),
  actorEmail: z.string().max(320).optional().describe('Only what users did who have this address.'),
  subjectType: z.string().max(100).optional().describe('Only what happened to things of this kind.'),
  subjectId: anyId.optional().describe('Only what happened to this thing.'),
  result: z.enum(RESULTS).optional(),
  ip: z.string().max(64).optional().describe('Only what came from this address.'),
  ...period,
  ...AMONG,
})
export type EventSurvey = z.output<typeof EventSurvey>

/** An event with what people know its actor and its tenant by. */
export const SurveyedEvent = Event.extend({
  actorEmail: z.string().nullable(),
  partnerId: idOut('partner').nullable(),
})
export type SurveyedEvent = z.output<typeof SurveyedEvent>

/** What events of a noun are about, where it is not a thing of that noun. */
const SUBJECTS: Readonly<Record<string, readonly string[]>> = {
  access: ['operation'],
  authorization_code: ['client'],
  bootstrap: ['user'],
  client_authentication: ['client'],
  device_authorization: ['client'],
  grant: ['grant', 'client'],
  key: ['signing_key'],
  refresh_token: ['user'],
  sign_in: ['user'],
  token: ['issuance', 'token_family'],
}

/** What an event of a type may be about: the type of its subject. */
export function subjectTypesOf(type: string): readonly string[] {
  const noun = type.slice(0, type.lastIndexOf('.'))
  return SUBJECTS[noun] ?? [noun]
}

/** The types of the events that may be about things of a kind. */
export function typesAbout(subjectType: string): string[] {
  return Object.keys(EVENTS).filter((type) => subjectTypesOf(type).includes(subjectType))
}

/** Which events of a tenant to follow. */
export const EventFollow = z.strictObject({
  ...filters,
  afterSeq: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Begin after this event, with what was missed. Default: with the next one.'),
})
export type EventFilter = Omit<z.output<typeof EventFollow>, 'afterSeq'>

/** The types that a pattern means: itself, or all of a noun for `noun.*`; none where there is no such type. */
export function typesOf(pattern: string): string[] {
  if (!pattern.endsWith('.*')) return Object.hasOwn(EVENTS, pattern) ? [pattern] : []
  return Object.keys(EVENTS).filter((type) => type.startsWith(pattern.slice(0, -1)))
}

/** The event that most events are. */
export const TOKEN_ISSUED = 'token.issued'

/** Whether a filter by type asks for issued tokens. One by who, what or where alone does not: see the issuances. */
export function asksForTokens({ type }: Pick<EventFilter, 'type'>): boolean {
  return type !== undefined && typesOf(type).includes(TOKEN_ISSUED)
}

/** Whether an event is one that a filter lets through. */
export function matches(event: Event, filter: EventFilter): boolean {
  const { type, actorId, subjectId, realmId, result } = filter
  const narrow = actorId !== undefined || subjectId !== undefined || realmId !== undefined
  if (narrow && event.type === TOKEN_ISSUED && !asksForTokens(filter)) return false
  if (type !== undefined && !typesOf(type).includes(event.type)) return false
  if (actorId !== undefined && actorId !== event.actor.id) return false
  if (subjectId !== undefined && subjectId !== event.subject.id) return false
  if (realmId !== undefined && realmId !== event.realmId) return false
  return result === undefined || result === event.result
}

/** What a walk over a whole chain found. */
export const Verification = z.object({
  ok: z.boolean(),
  checked: z.number().int().describe('How many events, from the first on, are what they were.'),
  head: z
    .object({ seq: z.number().int(), hash: z.string() })
    .describe('The last event’s. Kept elsewhere, it also proves later that the chain was not set back.'),
  firstBad: z
    .object({
      seq: z.number().int(),
      reason: z
        .enum(['changed', 'missing', 'reordered', 'truncated'])
        .describe(
          'changed: not what was written there; missing: not there; reordered: written elsewhere in the chain; truncated: the chain does not end where it should.',
        ),
    })
    .nullable(),
})
export type Verification = z.output<typeof Verification>

/** The hash that the first event of a chain follows. */
export const GENESIS = ''

/**
 * The text whose MAC is an event's hash: the hash before it and every column, in this order. JSON keeps the fields
 * apart, so no two rows have the same text.
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
  ])
}
