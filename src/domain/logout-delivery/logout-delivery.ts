// Logout deliveries: what tells a client that a session ended (OpenID Connect Back-Channel Logout 1.0, Front-Channel Logout 1.0).
import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { isRefusedForGood, waitAfterAttempts } from '../backoff.ts'
import { POST_ERRORS, type PostOutcome } from '../outside.ts'

/** Why an attempt failed: no answer, an answer that says so, or no place on the page that the browser shows. */
export const LOGOUT_ERRORS = [...POST_ERRORS, 'status', 'too_many_clients', 'not_allowed'] as const
export const LOGOUT_DELIVERY_STATUSES = ['queued', 'delivered', 'failed', 'withdrawn', 'shown'] as const
export type LogoutDeliveryStatus = (typeof LOGOUT_DELIVERY_STATUSES)[number]

/** Milliseconds that a client has to answer. */
export const LOGOUT_TIMEOUT = 10_000
/** Milliseconds after which an attempt without a result counts as failed. It is longer than an attempt may take. */
export const LOGOUT_LEASE = 60_000
/** Milliseconds after which no further attempt is made. */
export const LOGOUT_PATIENCE = 3_600_000

const BACKOFF = { first: 5000, factor: 3, longest: 600_000 }

/** What one client is told of one session. */
export interface LogoutDelivery {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  /** The client's row id. */
  readonly clientId: string
  readonly userId: string
  readonly sessionId: string
  readonly status: LogoutDeliveryStatus
  readonly attempts: number
  readonly responseStatus: number | null
  readonly error: (typeof LOGOUT_ERRORS)[number] | null
  readonly createdAt: number
  readonly attemptedAt: number | null
  readonly nextAttemptAt: number | null
  readonly settledAt: number | null
}

/** The schema of a delivery in admin responses. */
export const LogoutDeliveryView = z.object({
  id: idOut('logout_delivery'),
  clientId: idOut('client').describe('The client that is told.'),
  userId: idOut('user'),
  sessionId: idOut('session').describe('The session that ended.'),
  status: z
    .enum(LOGOUT_DELIVERY_STATUSES)
    .describe(
      'failed: no further attempt is made; withdrawn: the client takes no deliveries any more; shown: the browser was told to load the frontchannel_logout_uri, and nobody knows whether the client did anything.',
    ),
  attempts: z.number().int(),
  responseStatus: z.number().int().nullable().describe('The HTTP status of the last answer.'),
  error: z
    .enum(LOGOUT_ERRORS)
    .nullable()
    .describe(
      'The error of the last attempt. too_many_clients: the page had no place for its frontchannel_logout_uri; not_allowed: allowed_redirects of the realm excludes the origin of that URI.',
    ),
  createdAt: time,
  attemptedAt: time.nullable(),
  nextAttemptAt: time.nullable(),
  settledAt: time.nullable().describe('The time after which no attempt was made.'),
})
export type LogoutDeliveryView = z.output<typeof LogoutDeliveryView>

export const LogoutDeliveryQuery = listQuery('created_at').extend({
  status: z.enum(LOGOUT_DELIVERY_STATUSES).optional().describe('Only items in this state.'),
  clientId: idOf('client').optional().describe('Only items of this client.'),
})
export type LogoutDeliveryQuery = z.output<typeof LogoutDeliveryQuery>

/** Returns the view of a delivery. */
export function viewLogoutDelivery({ tenantId: _, realmId: __, ...shown }: LogoutDelivery): LogoutDeliveryView {
  return shown
}

/** A delivery after its last attempt. */
export function finishLogoutDelivery(
  delivery: LogoutDelivery,
  status: LogoutDeliveryStatus,
  now: number,
): LogoutDelivery {
  return { ...delivery, status, nextAttemptAt: null, settledAt: now }
}

/**
 * A delivery after an attempt (Back-Channel Logout §2.8). A client that refuses the token will not take it later.
 * @param chance 0 to 1, for the wait
 */
export function afterLogoutAttempt(
  delivery: LogoutDelivery,
  outcome: PostOutcome,
  { now, chance }: { now: number; chance: number },
): LogoutDelivery {
  const { status } = outcome
  const isTaken = status !== null && status >= 200 && status < 300
  const error = outcome.error ?? (isTaken ? null : 'status')
  const attempted: LogoutDelivery = { ...delivery, responseStatus: status, error }
  if (isTaken) return finishLogoutDelivery(attempted, 'delivered', now)
  const next = now + waitAfterAttempts(delivery.attempts, BACKOFF, chance)
  if (isRefusedForGood(status) || next >= delivery.createdAt + LOGOUT_PATIENCE)
    return finishLogoutDelivery(attempted, 'failed', now)
  return { ...attempted, nextAttemptAt: next }
}
