// The states of a delivery of one event to one receiver, and the times of its attempts.
import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { waitAfterAttempts } from '../backoff.ts'
import { POST_ERRORS, type PostOutcome } from '../outside.ts'

/** The type of what a test sends. No event of the log has it. */
export const TEST_TYPE = 'webhook.test'

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'dead'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]
export const DELIVERY_KINDS = ['event', 'replay', 'test'] as const
/** Why an attempt failed. `status`: the status was not 200 to 299; `deleted`: the webhook was deleted before. */
export const DELIVERY_ERRORS = ['status', ...POST_ERRORS, 'deleted'] as const
export type DeliveryError = (typeof DELIVERY_ERRORS)[number]

/** Milliseconds that a receiver may take to respond. */
export const DELIVERY_TIMEOUT = 10_000
/** The factor between one wait and the next. */
const RETRY_FACTOR = 5
/** How many deliveries in a row may be given up before a webhook is switched off. */
export const DEAD_MAX = 5

/** A stored delivery. */
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

/** The schema of a delivery in admin responses. The receiver's response is not stored. */
export const DeliveryView = z.object({
  id: idOut('webhook_delivery'),
  webhookId: idOut('webhook'),
  eventId: idOut('event'),
  eventType: z.string(),
  eventSeq: z.number().int().nullable().describe('The position of the event in the log; absent for a test.'),
  kind: z.enum(DELIVERY_KINDS),
  status: z
    .enum(DELIVERY_STATUSES)
    .describe('pending: not attempted yet; failed: will be attempted again; dead: no further attempt is made.'),
  attempts: z.number().int(),
  responseStatus: z.number().int().nullable().describe('The status of the last response.'),
  error: z.enum(DELIVERY_ERRORS).nullable().describe('The error of the last attempt.'),
  durationMs: z.number().int().nullable().describe('The duration of the last attempt.'),
  createdAt: time,
  attemptedAt: time.nullable(),
  nextAttemptAt: time.nullable(),
  settledAt: time.nullable().describe('The time when it was delivered or became dead.'),
})
export type DeliveryView = z.output<typeof DeliveryView>

export const DeliveryQuery = z.strictObject({
  ...listQuery('created_at').shape,
  id: idOf('webhook'),
  status: z.enum(DELIVERY_STATUSES).optional().describe('Only items in this state.'),
})
export type DeliveryQuery = z.output<typeof DeliveryQuery>

/** The input for a test. */
export const WebhookTest = z.strictObject({
  id: idOf('webhook'),
  eventType: z
    .string()
    .max(100)
    .default(TEST_TYPE)
    .describe('What the event is called: one of the names that the webhook can subscribe to.'),
})
export type WebhookTest = z.output<typeof WebhookTest>

/** The input for a replay: one delivery, or all events from one on. */
export const Replay = z.strictObject({
  id: idOf('webhook'),
  deliveryId: idOf('webhook_delivery').optional().describe('Send the event of this delivery again, immediately.'),
  fromSeq: z
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Send all events of the subscription again, from this position of the log on.'),
})
export type Replay = z.output<typeof Replay>

export const ReplayResult = z.object({
  webhookId: idOut('webhook'),
  deliveryId: idOut('webhook_delivery').nullable().describe('The delivery that will be sent now.'),
  eventType: z.string().nullable().describe('What the event of that delivery is called.'),
  fromSeq: z.number().int().nullable(),
})
export type ReplayResult = z.output<typeof ReplayResult>

export const TestResult = z.object({
  deliveryId: idOut('webhook_delivery'),
  eventType: z.string(),
  success: z.boolean(),
  responseStatus: z.number().int().nullable(),
  durationMs: z.number().int(),
  error: z.enum(DELIVERY_ERRORS).nullable(),
})
export type TestResult = z.output<typeof TestResult>

/** The maximum number of attempts, and the first wait. */
export interface RetryPolicy {
  readonly firstSeconds: number
  readonly maxAttempts: number
  /** Seconds to wait after each failed attempt, in place of both. */
  readonly waits?: readonly number[] | undefined
}

/**
 * The milliseconds to wait after a failed attempt; undefined if it was the last one.
 * @param attempts the number of attempts so far, including this one
 * @param chance 0 to 1
 */
export function waitAfter(
  attempts: number,
  { firstSeconds, maxAttempts, waits }: RetryPolicy,
  chance: number,
): number | undefined {
  if (waits) return waits[attempts - 1] === undefined ? undefined : (waits[attempts - 1] ?? 0) * 1000
  if (attempts >= maxAttempts) return undefined
  return waitAfterAttempts(attempts, { first: firstSeconds * 1000, factor: RETRY_FACTOR }, chance)
}

/** A delivery after an attempt. @param chance 0 to 1, for the wait */
export function afterAttempt(
  delivery: Delivery,
  outcome: PostOutcome,
  { now, policy, chance }: { now: number; policy: RetryPolicy; chance: number },
): Delivery {
  const attempts = delivery.attempts + 1
  const { status: responseStatus, milliseconds: durationMs } = outcome
  const attempted = { ...delivery, attempts, responseStatus, durationMs, attemptedAt: now, nextAttemptAt: null }
  const succeeded = responseStatus !== null && responseStatus >= 200 && responseStatus < 300
  if (succeeded) return { ...attempted, status: 'delivered', error: null, settledAt: now }
  const error = outcome.error ?? 'status'
  const wait = delivery.kind === 'test' ? undefined : waitAfter(attempts, policy, chance)
  if (wait === undefined) return { ...attempted, status: 'dead', error, settledAt: now }
  return { ...attempted, status: 'failed', error, nextAttemptAt: now + wait }
}
