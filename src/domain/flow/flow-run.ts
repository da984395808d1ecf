// The fields and views of runs: what a flow came to in one sign-in.
import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { forwardQuery } from '#kernel/page.ts'
import { OUTCOMES, type TimelineEntry } from './run-state.ts'
import { TRIGGERS, type Trigger } from './trigger.ts'

/** What became of the sign-in. */
export const ACTUAL = ['waiting', 'signed_in', 'blocked'] as const

/** A run, as it is recorded. */
export interface FlowRun {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly flowId: string
  readonly flowVersion: number
  readonly userId: string | null
  readonly trigger: Trigger
  readonly mode: 'enabled' | 'shadow'
  readonly outcome: TimelineEntry['outcome']
  /** The address of the step that decided; null if all were passed. */
  readonly step: string | null
  readonly reason: string | null
  readonly actual: (typeof ACTUAL)[number]
  /** The level of the session; null without one. */
  readonly aal: number | null
  readonly metadata: Readonly<Record<string, unknown>>
  readonly timeline: readonly TimelineEntry[]
  readonly startedAt: number
  readonly finishedAt: number | null
}

export const TimelineView = z.array(
  z.object({
    step: z.string().describe('0 for the first step; 2.then.0 for the first one of a branch of the third.'),
    type: z.string(),
    outcome: z.enum(OUTCOMES),
    reason: z.string().nullable(),
    at: time,
  }),
)

/** The schema of a run in admin responses. */
export const FlowRunView = z.object({
  id: idOut('flow_run'),
  flowId: idOut('flow'),
  flowVersion: z.number().int(),
  userId: idOut('user').nullable(),
  trigger: z.enum(TRIGGERS),
  mode: z.enum(['enabled', 'shadow']).describe('shadow: it was only watched.'),
  outcome: z.enum(OUTCOMES).describe('What the flow decided; in shadow mode, what it would have decided.'),
  step: z.string().nullable().describe('The step that decided; null if all were passed.'),
  reason: z.string().nullable(),
  actual: z.enum(ACTUAL).describe('What became of the sign-in.'),
  aal: z.number().int().nullable().describe('The level of the session; null without one.'),
  agrees: z
    .boolean()
    .describe(
      'Whether the sign-in ended as the flow decided: differs in shadow mode where it would have made a difference.',
    ),
  metadata: z.record(z.string(), z.unknown()),
  timeline: TimelineView,
  startedAt: time,
  finishedAt: time.nullable(),
})
export type FlowRunView = z.output<typeof FlowRunView>

export const FlowRunQuery = forwardQuery.extend({
  id: idOf('flow'),
  mode: z.enum(['enabled', 'shadow']).optional().describe('Only runs in this mode.'),
  agrees: z
    .stringbool()
    .optional()
    .describe('Only runs whose decision is what became of the sign-in, or only the others.'),
})
export type FlowRunQuery = z.output<typeof FlowRunQuery>

/** Whether a sign-in ended as a flow decided. */
export function agreesOf({ outcome, actual }: Pick<FlowRun, 'outcome' | 'actual'>): boolean {
  if (outcome === 'continue') return actual === 'signed_in'
  if (outcome === 'block' || outcome === 'error') return actual === 'blocked'
  return actual === 'waiting'
}

/** Returns the view of a run. */
export function viewRun({ tenantId: _, realmId: __, ...run }: FlowRun): FlowRunView {
  return { ...run, timeline: [...run.timeline], agrees: agreesOf(run) }
}
