// Streams of Shared Signals (OpenID Shared Signals Framework 1.0): what a receiver asked for, and which events become signals.
import * as z from 'zod'

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type'
/** CAEP 1.0 §3.1. */
export const SESSION_REVOKED = `${CAEP}/session-revoked`
/** CAEP 1.0 §3.3. */
export const CREDENTIAL_CHANGE = `${CAEP}/credential-change`
/** SSF §8.1.4. It is not asked for. */
export const VERIFICATION = 'https://schemas.openid.net/secevent/ssf/event-type/verification'
/** Push-based delivery of security event tokens. */
export const PUSH = 'urn:ietf:rfc:8935'

/** The signals that a receiver can ask for. */
export const SIGNALS = [SESSION_REVOKED, CREDENTIAL_CHANGE] as const
export type Signal = (typeof SIGNALS)[number]

/** The events that become a signal. */
export const SOURCES: Readonly<Record<Signal, readonly string[]>> = {
  [SESSION_REVOKED]: ['session.ended'],
  [CREDENTIAL_CHANGE]: [
    ...['user.password_set', 'user.password_removed', 'user.mfa_disabled'],
    ...['authenticator.added', 'authenticator.removed'],
  ],
}
export const VERIFICATION_REQUESTED = 'signal_stream.verification_requested'

/** How many streams a client can have, and a tenant. */
export const STREAMS_MAX = { client: 5, tenant: 100 }
/** The least time between two verifications. Seconds. */
export const VERIFICATION_INTERVAL = 10

export const STREAM_STATUSES = ['enabled', 'paused', 'disabled'] as const

/** What a stream is besides its webhook. */
export const StreamState = z.object({
  /** What the receiver asked for, also what there is none of. */
  requested: z.array(z.string()),
  /** What the receiver set. */
  status: z.enum(STREAM_STATUSES),
  reason: z.string().nullable(),
})
export type StreamState = z.output<typeof StreamState>

const text = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((given) => !/\p{Cc}/u.test(given), 'has control characters')

/** What a receiver gives (SSF §8.1.1). Other members are ignored. */
export const StreamInput = z.object({
  delivery: z.object({
    method: z.literal(PUSH),
    endpoint_url: z.string().min(1).max(2048),
    authorization_header: text(2000).min(1).optional(),
  }),
  events_requested: z.array(z.string().min(1).max(300)).max(50),
  description: text(500).nullable().optional(),
})
export type StreamInput = z.output<typeof StreamInput>

export const StreamPatch = StreamInput.partial()
export type StreamPatch = z.output<typeof StreamPatch>

export const StatusInput = z.object({ status: z.enum(STREAM_STATUSES), reason: text(500).optional() })
export const VerificationInput = z.object({ state: text(255).optional() })

/** The signals that a receiver gets of those that it asked for. */
export function deliveredOf(requested: readonly string[]): Signal[] {
  return SIGNALS.filter((signal) => requested.includes(signal))
}

/** The events that are delivered to a stream. */
export function eventsOf(requested: readonly string[]): string[] {
  return [...deliveredOf(requested).flatMap((signal) => SOURCES[signal]), VERIFICATION_REQUESTED]
}
