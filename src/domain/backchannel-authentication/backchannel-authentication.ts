// A backchannel authentication (OpenID Connect CIBA): what a client asks of a person who is elsewhere, and its state.
import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import type { AuthorizationDetail } from '../authorization/authorization-detail.ts'
import { isRefusedForGood, waitAfterAttempts } from '../backoff.ts'
import { DELIVERY_MODES, type DeliveryMode } from '../client/backchannel.ts'
import type { PolledRow } from '../device-authorization/device-authorization.ts'
import { POST_ERRORS, type PostOutcome } from '../outside.ts'
import { firstMethodsOf } from '../sign-in/methods.ts'

/** How long a person has to decide, unless the client asks for less or more. Seconds. */
export const REQUEST_LIFETIME = 600
export const REQUEST_LIFETIME_MAX = 3600
/** How old the sign-in may be with which a person approves. It is never older than the request. Seconds. */
export const APPROVAL_FRESHNESS = 600
/** How far the clock of an identity provider may be behind, which says when a person signed in there. Milliseconds. */
const CLOCK_TOLERANCE = 60_000

/** Milliseconds that a client has to answer. */
export const NOTICE_TIMEOUT = 10_000
/** Milliseconds after which an attempt without a result counts as failed. */
export const NOTICE_LEASE = 60_000
/** For how long after the end of a request its client is told of it. Milliseconds. */
const NOTICE_PATIENCE = 600_000
const BACKOFF = { first: 2000, factor: 3, longest: 120_000 }

export const REQUEST_STATUSES = ['pending', 'approved', 'denied'] as const
/** pending → approved or denied, once; an approved one is exchanged for tokens, once. */
export type RequestStatus = (typeof REQUEST_STATUSES)[number]

/** Why a client could not be told. */
const NOTICE_ERRORS = [...POST_ERRORS, 'status', 'withdrawn'] as const

/** One request for the approval of one person. */
export interface BackchannelAuthentication extends PolledRow {
  readonly tenantId: string
  /** SHA-256 of the `auth_req_id`. */
  readonly requestHash: string
  readonly userId: string
  /** What the client asked for. */
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly details: readonly AuthorizationDetail[]
  /** What the person approved; null before. */
  readonly grantedScopes: readonly string[] | null
  readonly grantedDetails: readonly AuthorizationDetail[] | null
  /** The organization that the request names, of which the person is a member. */
  readonly organizationId: string | null
  /** The assurance level that `acr_values` asks for. */
  readonly aal: number
  readonly bindingMessage: string | null
  readonly deliveryMode: DeliveryMode
  /** Sealed: see {@link Notification}. Null in poll mode, and after the last attempt. */
  readonly notification: string | null
  /** The IP address and the program of the client. */
  readonly ip: string | null
  readonly userAgent: string | null
  readonly status: RequestStatus
  readonly decidedAt: number | null
  readonly attempts: number
  readonly responseStatus: number | null
  readonly error: (typeof NOTICE_ERRORS)[number] | null
  readonly attemptedAt: number | null
  readonly nextAttemptAt: number | null
}

/** What the client is told with (ping and push). */
export interface Notification {
  /** The `client_notification_token`. */
  readonly token: string
  readonly authReqId: string
  /** Where the client was to be told when it asked; absent in requests of earlier versions. */
  readonly endpoint?: string
  /** The body of a push with tokens, which is the same in each attempt. */
  readonly body?: string
}

/** A binding message: printable, on one line, and short enough to be read on two devices (CIBA §7.1). */
const BINDING_MESSAGE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,128}$/u

/** Whether a text can be a binding message. */
export function isBindingMessage(text: string): boolean {
  return BINDING_MESSAGE.test(text)
}

/**
 * What a person still has to prove to approve a request: a sign-in that is not older than the request, and the level.
 * @param session the person's, with its level for the client; `aal` what the request, the client and the realm demand
 */
export function proofMissing(
  { createdAt }: Pick<BackchannelAuthentication, 'createdAt'>,
  session: { readonly authenticatedAt: number; readonly aal: number; readonly amr: readonly string[] },
  { aal, now }: { readonly aal: number; readonly now: number },
): 'sign_in' | 'level' | undefined {
  const oldest = Math.max(createdAt, now - APPROVAL_FRESHNESS * 1000)
  const behind = firstMethodsOf(session.amr).includes('external') ? CLOCK_TOLERANCE : 0
  if (session.authenticatedAt + behind < oldest) return 'sign_in'
  if (session.aal === 0) return 'sign_in'
  return session.aal < aal ? 'level' : undefined
}

/** The schema of a request in admin responses. The binding message is the person's business, and is left out. */
export const BackchannelAuthenticationView = z.object({
  id: idOut('backchannel_authentication'),
  clientId: idOut('client').describe('The client that asks.'),
  userId: idOut('user').describe('The user who decides.'),
  status: z.enum(REQUEST_STATUSES),
  scopes: z.array(z.string()).describe('What the client asked for.'),
  resources: z.array(z.string()),
  grantedScopes: z.array(z.string()).nullable().describe('What the user approved; null before.'),
  deliveryMode: z.enum(DELIVERY_MODES),
  sessionId: idOut('session').nullable().describe('The session that the approval began.'),
  createdAt: time,
  expiresAt: time,
  decidedAt: time.nullable(),
  consumedAt: time.nullable().describe('When the client got the tokens.'),
  attempts: z.number().int().describe('How often the client was told, or tried to be.'),
  responseStatus: z.number().int().nullable().describe('The HTTP status of the last answer of the client.'),
  error: z.enum(NOTICE_ERRORS).nullable().describe('Why the client could not be told.'),
})
export type BackchannelAuthenticationView = z.output<typeof BackchannelAuthenticationView>

export const BackchannelAuthenticationQuery = listQuery('created_at').extend({
  status: z.enum(REQUEST_STATUSES).optional().describe('Only items in this state.'),
  userId: idOf('user').optional().describe('Only items of this user.'),
  clientId: idOf('client').optional().describe('Only items of this client.'),
})
export type BackchannelAuthenticationQuery = z.output<typeof BackchannelAuthenticationQuery>

/** Returns the view of a request. */
export function viewBackchannelAuthentication(request: BackchannelAuthentication): BackchannelAuthenticationView {
  const { id, clientId, userId, status, deliveryMode, sessionId, createdAt, expiresAt, decidedAt, consumedAt } = request
  const { scopes, resources, grantedScopes, attempts, responseStatus, error } = request
  return {
    ...{ id, clientId, userId, status, scopes: [...scopes], resources: [...resources] },
    grantedScopes: grantedScopes === null ? null : [...grantedScopes],
    ...{ deliveryMode, sessionId, createdAt, expiresAt, decidedAt, consumedAt, attempts, responseStatus, error },
  }
}

/** A request after the last attempt to tell its client. */
export function finishNotice(request: BackchannelAuthentication): BackchannelAuthentication {
  return { ...request, notification: null, nextAttemptAt: null }
}

/**
 * Whether a client that refuses a push may have taken it before: an attempt had no response, or no result.
 * @param request as the attempt that is refused found it
 */
export function mayHaveTaken({ attempts, error }: BackchannelAuthentication): boolean {
  return error === 'timeout' || error === 'unreachable' || (error === null && attempts > 1)
}

/**
 * A request after an attempt to tell its client (CIBA §10.2, §10.3). A client that refuses will not take it later.
 * @param chance 0 to 1, for the wait
 */
export function afterNotice(
  request: BackchannelAuthentication,
  { status, error }: PostOutcome,
  { now, chance }: { now: number; chance: number },
): BackchannelAuthentication {
  const isTaken = status !== null && status >= 200 && status < 300
  const told = { ...request, responseStatus: status, error: error ?? (isTaken ? null : ('status' as const)) }
  const next = now + waitAfterAttempts(request.attempts, BACKOFF, chance)
  if (isTaken || isRefusedForGood(status) || next >= request.expiresAt + NOTICE_PATIENCE) return finishNotice(told)
  return { ...told, nextAttemptAt: next }
}
