// Where a run of a flow is. It is kept with the request that waits for the sign-in, so that any process can go on with it.
import type { Trigger } from './trigger.ts'

/** For how long a sign-in may take that a flow holds up, from its first factor on. Milliseconds. */
export const FLOW_LIFETIME = 3_600_000

/** What a sign-in answers that flows have passed or ended, and the page of a flow. */
export const FLOWS_ANSWER = 'flows'

/** What a step came to. */
export const OUTCOMES = [
  'continue',
  'block',
  'error',
  'redirect',
  'awaiting_mfa',
  'awaiting_mfa_enrollment',
  'awaiting_email_verification',
  'delayed',
  'not_called',
] as const
export type Outcome = (typeof OUTCOMES)[number]

/** What a step came to, and why. */
export interface TimelineEntry {
  /** The address of the step: `0`, or `2.then.0` for one inside another. */
  readonly step: string
  readonly type: string
  readonly outcome: Outcome
  readonly reason: string | null
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What the person has to do before the current step is passed. */
export type Wait =
  | { readonly kind: 'awaiting_mfa' | 'awaiting_mfa_enrollment'; readonly allowRecovery: boolean }
  | { readonly kind: 'awaiting_email_verification' }
  | { readonly kind: 'delayed'; readonly until: number }
  | {
      readonly kind: 'redirect'
      readonly url: string
      readonly signed: boolean
      readonly seconds: number
    }

/** A run that is not over. */
export interface RunState {
  readonly id: string
  readonly flowId: string
  readonly flowVersion: number
  readonly trigger: Trigger
  readonly startedAt: number
  /** The addresses of the steps that are left; the first is the current one. */
  readonly rest: readonly string[]
  /** What the current step waits for. */
  readonly wait: Wait | null
  /** What somebody else said about the current step: the person is back from the address of a redirect. */
  readonly answer: 'allow' | 'deny' | null
  /** What the steps have learned. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly timeline: readonly TimelineEntry[]
  /** Counts the changes, so that of two tabs one is too late. */
  readonly turn: number
}

/** What flows have to do with a sign-in that is not finished. */
export interface FlowProgress {
  /** The triggers whose flow is passed, or that have none. */
  readonly passed: readonly Trigger[]
  readonly run: RunState | null
  /** The runs that were passed. */
  readonly finished: readonly RunState[]
}

/** Before any flow has run. */
export const NO_FLOWS: FlowProgress = { passed: [], run: null, finished: [] }

/** The second factor that the current step of a run waits for. */
export function secondFactorOf(progress: FlowProgress | undefined): { readonly allowRecovery: boolean } | undefined {
  const wait = progress?.run?.wait
  const isAsked = wait?.kind === 'awaiting_mfa' || wait?.kind === 'awaiting_mfa_enrollment'
  return isAsked ? { allowRecovery: wait.allowRecovery } : undefined
}
