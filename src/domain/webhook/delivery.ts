// One event on its way to one receiver: its states, and when it is tried again.
import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { NumberedQuery, PageQuery } from '#kernel/page.ts'
import { POST_ERRORS, type PostOutcome } from '../outside.ts'

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'dead'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]
export const DELIVERY_KINDS = ['event', 'replay', 'test'] as const
/** Why a try failed. `status`: the answer was none of 200 to 299; `deleted`: the webhook was deleted before. */
export const DELIVERY_ERRORS = ['status', ...POST_ERRORS, 'deleted'] as const
export type DeliveryError = (typeof DELIVERY_ERRORS)[number]

/** Milliseconds that a receiver may take to answer. */
export const DELIVERY_TIMEOUT = 10_000
/** Each wait is so many times the one before. */
const RETRY_FACTOR = 5
/** How far a wait may be from what it would be, so that many that failed together do not come back together. */
const RETRY_JITTER = 0.2
/** How many deliveries in a row may be given up before a webhook is switched off. */
export const DEAD_MAX = 5
/** Milliseconds that settled deliveries stay in the log. */
export const DELIVERY_RETENTION = 30 * 86_400_000

/** One delivery, as it is kept. */
export interface Delivery {
  readonly id: string
  readonly webhookId: string
  readonly eventId: string
  readonly eventType: string
  /** Null for a test. */
  readonly eventSeq: number | null
  readonly kind: (typeof DELIVERY_KINDS)[number]
  readonly status: DeliveryStatus
  readonly attempts: number
  readonly responseStatus: number | null
  readonly error: DeliveryError | null
  readonly durationMs: number | null
  readonly createdAt: number
  readonly attemptedAt: number | null
  readonly nextAttemptAt: number | null
  readonly settledAt: number | null
}

/** A delivery as admin surfaces show it. What the receiver said is not kept. */
export const DeliveryView = z.object({
  id: idOut('webhook_delivery'),
  webhookId: idOut('webhook'),
  eventId: idOut('event'),
  eventType: z.string(),
  eventSeq: z.number().int().nullable().describe('The event’s place in the log; none for a test.'),
  kind: z.enum(DELIVERY_KINDS),
  status: z.enum(DELIVERY_STATUSES).describe('pending: not tried yet; failed: to be tried again; dead: given up.'),
  attempts: z.number().int(),
  responseStatus: z.number().int().nullable().describe('The last answer’s.'),
  error: z.enum(DELIVERY_ERRORS).nullable().describe('Why the last try failed.'),
  durationMs: z.number().int().nullable().describe('How long the last try took.'),
  createdAt: time,
  attemptedAt: time.nullable(),
  nextAttemptAt: time.nullable(),
  settledAt: time.nullable().describe('When it was delivered or given up.'),
})
export type DeliveryView = z.output<typeof DeliveryView>

export const DeliveryQuery = z.strictObject({
  ...PageQuery.shape,
  id: idOf('webhook'),
  status: z.enum(DELIVERY_STATUSES).optional().describe('Only those in this state.'),
})
export type DeliveryQuery = z.output<typeof DeliveryQuery>

export const DeliverySurvey = NumberedQuery.extend({ id: idOf('webhook') })
export type DeliverySurvey = z.output<typeof DeliverySurvey>

/** What to deliver again: one delivery, or every event from one on. */
export const Replay = z.strictObject({
  id: idOf('webhook'),
  deliveryId: idOf('webhook_delivery').optional().describe('Deliver this one’s event again, now.'),
  fromSeq: z
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Deliver again every event that it subscribes to, from this place in the log on.'),
})
export type Replay = z.output<typeof Replay>

export const ReplayResult = z.object({
  webhookId: idOut('webhook'),
  deliveryId: idOut('webhook_delivery').nullable().describe('The delivery that is due now.'),
  fromSeq: z.number().int().nullable(),
})
export type ReplayResult = z.output<typeof ReplayResult>

export const TestResult = z.object({
  deliveryId: idOut('webhook_delivery'),
  success: z.boolean(),
  responseStatus: z.number().int().nullable(),
  durationMs: z.number().int(),
  error: z.enum(DELIVERY_ERRORS).nullable(),
})
export type TestResult = z.output<typeof TestResult>

/** How often, and how soon first. */
export interface RetryPolicy {
  readonly firstSeconds: number
  readonly tries: number
}

/**
 * The milliseconds to wait after a try that failed; undefined where it was the last.
 * @param attempts how many there were, this one too
 * @param chance 0 to 1
 */
export function waitAfter(attempts: number, { firstSeconds, tries }: RetryPolicy, chance: number): number | undefined {
  if (attempts >= tries) return undefined
  const wait = firstSeconds * 1000 * RETRY_FACTOR ** (attempts - 1)
  return Math.round(wait * (1 - RETRY_JITTER + 2 * RETRY_JITTER * chance))
}

/** What became of a delivery by one try of it. @param chance 0 to 1, for the wait */
export function afterAttempt(
  delivery: Delivery,
  outcome: PostOutcome,
  { now, policy, chance }: { now: number; policy: RetryPolicy; chance: number },
): Delivery {
  const attempts = delivery.attempts + 1
  const { status: responseStatus, milliseconds: durationMs } = outcome
  const tried = { ...delivery, attempts, responseStatus, durationMs, attemptedAt: now, nextAttemptAt: null }
  const succeeded = responseStatus !== null && responseStatus >= 200 && responseStatus < 300
  if (succeeded) return { ...tried, status: 'delivered', error: null, settledAt: now }
  const error = outcome.error ?? 'status'
  const wait = delivery.kind === 'test' ? undefined : waitAfter(attempts, policy, chance)
  if (wait === undefined) return { ...tried, status: 'dead', error, settledAt: now }
  return { ...tried, status: 'failed', error, nextAttemptAt: now + wait }
}
