// Records what flows came to.
import { userActor } from '../actor.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Session } from '../session/session.ts'
import type { User } from '../user/user.ts'
import type { FlowRun } from './flow-run.ts'
import type { FlowProgress, RunState, TimelineEntry } from './run-state.ts'

type Needs = Pick<Context, 'clock' | 'scope'>

/** What is recorded of a run besides its state. */
interface Result extends Pick<FlowRun, 'actual' | 'aal'> {
  readonly mode: FlowRun['mode']
  /** The entry that decided; undefined if all steps were passed. */
  readonly decided: TimelineEntry | undefined
}

/** A run, ready to be recorded. */
export function recordOf({ clock, scope }: Needs, userId: string, state: RunState, result: Result): FlowRun {
  const { id: realmId, tenantId } = realmOf(scope)
  const { id, flowId, flowVersion, trigger, metadata, timeline, startedAt } = state
  const { mode, actual, aal, decided } = result
  return {
    ...{ id, tenantId, realmId, flowId, flowVersion, userId, trigger, mode, metadata, timeline, startedAt },
    ...{ actual, aal, outcome: decided?.outcome ?? 'continue' },
    ...{ step: decided?.step ?? null, reason: decided?.reason ?? null },
    finishedAt: actual === 'waiting' ? null : clock.now(),
  }
}

/** Records the runs that a sign-in has passed, inside the write that opens the session. */
export async function recordFinished(
  context: Needs,
  unit: Unit,
  { id }: User,
  { finished }: FlowProgress,
  { aal }: Pick<Session, 'aal'>,
): Promise<void> {
  for (const state of finished) {
    const result = { mode: 'enabled', actual: 'signed_in', aal, decided: undefined } as const
    await unit.flowRuns.put(recordOf(context, id, state, result))
  }
}

/** Records inside a write that a flow refused a sign-in. */
export async function recordRefusal(
  context: Needs,
  unit: Unit,
  user: User,
  { run, finished }: FlowProgress,
): Promise<void> {
  const refused = { mode: 'enabled', actual: 'blocked', aal: null } as const
  for (const state of finished)
    await unit.flowRuns.put(recordOf(context, user.id, state, { ...refused, decided: undefined }))
  if (!run) return
  const decided = run.timeline.at(-1)
  await unit.flowRuns.put(recordOf(context, user.id, run, { ...refused, decided }))
  const flow = await unit.flows.find(realmOf(context.scope).id, run.flowId)
  unit.emit('flow.refused', {
    subject: { type: 'flow', id: run.flowId, label: flow?.name ?? null },
    actor: userActor(user),
    result: 'failure',
    data: {
      userId: user.id,
      trigger: run.trigger,
      step: decided?.step,
      type: decided?.type,
      outcome: decided?.outcome,
    },
  })
}
