// Runs flows in a sign-in: from where they waited to the next step that waits, to a session, or to a refusal. The run is kept
// after every step with the request that waits for the sign-in, so that any tab and any process can go on with it.
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { SignInPlace } from '../sign-in/open-session.ts'
import { type Advance, proceed } from '../sign-in/proceed.ts'
import { isPending, isStillOf, type Proven } from '../sign-in/proven.ts'
import type { User } from '../user/user.ts'
import { makeChange } from './change.ts'
import { type Change, type FlowEffects, goThrough, type Progress } from './engine.ts'
import { factsOf } from './facts.ts'
import type { Flow } from './flow.ts'
import { askReceiver } from './flow-webhook.ts'
import { recordOf, recordRefusal } from './record-run.ts'
import { FLOWS_ANSWER, NO_FLOWS, type RunState, type TimelineEntry, type Wait } from './run-state.ts'
import { readSteps } from './step.ts'

/** What a sign-in came to. `over`: the first factor does not count any more, so all begins again. */
export type FlowOutcome =
  | Advance
  | { readonly kind: 'over' }
  | { readonly kind: 'waits'; readonly wait: Wait; readonly run: RunState; readonly flow: Flow }
  | {
      readonly kind: 'refused'
      readonly refusal: TimelineEntry
      /** What the person is told, if the flow says it. */
      readonly message: string | null
      /** What was proven, for flows that are only watched. */
      readonly proven: Proven
    }

/** How often a run is taken up again that went on elsewhere. */
const TURNS_MAX = 20

/** A sign-in that flows hold up. */
export interface HeldUp {
  readonly user: User
  readonly place: SignInPlace
  /** What is proven, where the place does not keep it yet. */
  readonly proven?: Proven | undefined
}

/**
 * Goes on with a sign-in that flows hold up.
 * @param context in which the person acts
 */
export async function runFlows(context: Context, held: HeldUp): Promise<FlowOutcome> {
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    const next = await takeUp(context, held)
    if (next.kind !== 'runs') return next
    const { flow, run } = next
    const progress = await goThrough(readSteps(flow.steps), run, realEffects(context, held, next))
    if (progress.kind === 'waits') return { kind: 'waits', wait: progress.wait, run: progress.state, flow }
    if (progress.kind === 'ended') return refuse(context, held, progress)
  }
  return { kind: 'over' }
}

/**
 * Says what the address of a redirect answered, and goes on. The answer counts once, for the step that waits for it.
 * @param runId of the run that the person was sent away by
 */
export async function answerRedirect(
  context: Context,
  held: HeldUp,
  { runId, step, answer }: { readonly runId: string; readonly step: string; readonly answer: 'allow' | 'deny' },
): Promise<void> {
  await context.write(async (unit) => {
    const found = await keptIn(context, unit, held)
    const run = found?.kept.flows?.run
    if (!found || run?.id !== runId || run.rest[0] !== step || run.wait?.kind !== 'redirect') return
    await keepRun(unit, held, found.kept, { ...run, answer, turn: run.turn + 1 })
  })
}

/** What the user has proven and still counts; the row of the user is locked. */
async function keptIn(context: Context, unit: Unit, { user: { id }, place, proven }: HeldUp) {
  const user = await unit.users.lock(realmOf(context.scope).directoryId, id)
  const kept = (await place.proven(unit)) ?? proven
  if (!kept || !isPending(kept, context.clock.now()) || !isStillOf(kept, user)) return undefined
  return { user, kept }
}

function keepRun(unit: Unit, { place }: HeldUp, kept: Proven, run: RunState): Promise<void> {
  return place.keep(unit, { ...kept, flows: { ...(kept.flows ?? NO_FLOWS), run } })
}

/** A run that goes on, and what is proven meanwhile. */
interface Running {
  readonly kind: 'runs'
  readonly flow: Flow
  readonly run: RunState
  readonly proven: Proven
}

/** The run that is to go on, or what the sign-in came to. */
function takeUp(
  context: Context,
  held: HeldUp,
): Promise<Exclude<FlowOutcome, { kind: 'waits' | 'refused' }> | Running> {
  return context.write(async (unit) => {
    const found = await keptIn(context, unit, held)
    if (!found) return { kind: 'over' }
    const advance = await proceed(context, unit, found.kept, held.place, FLOWS_ANSWER)
    if (advance?.kind !== 'more' || advance.next !== 'flow') return advance ?? { kind: 'over' }
    const proven = await held.place.proven(unit)
    const run = proven?.flows?.run
    const flow = run && (await unit.flows.find(realmOf(context.scope).id, run.flowId))
    return run && flow ? { kind: 'runs', flow, run, proven } : { kind: 'over' }
  })
}

function realEffects(context: Context, held: HeldUp, { flow, proven }: Running): FlowEffects {
  return {
    watches: false,
    now: () => context.clock.now(),
    facts: async ({ trigger, metadata }) => {
      const { read, scope } = context
      const user = (await read.users.find(realmOf(scope).directoryId, held.user.id)) ?? held.user
      return factsOf(context, read, user, proven, { trigger, metadata })
    },
    call: (step, state, facts) => askReceiver(context, flow, step, state, facts),
    keep: (before, after, change) =>
      context.write(async (unit) => {
        const found = await keptIn(context, unit, held)
        const run = found?.kept.flows?.run
        if (!found || run?.id !== before.id || run.turn !== before.turn) return false
        if (change) await apply(context, unit, { user: found.user, flow, run: before, change })
        await keepRun(unit, held, found.kept, after)
        if (after.wait) await unit.flowRuns.put(waitingRun(context, held, after))
        return true
      }),
  }
}

function waitingRun(context: Context, { user }: HeldUp, state: RunState) {
  const decided = state.timeline.at(-1)
  return recordOf(context, user.id, state, { mode: 'enabled', actual: 'waiting', aal: null, decided })
}

interface Application {
  readonly user: User
  readonly flow: Flow
  readonly run: RunState
  readonly change: Change
}

async function apply(context: Context, unit: Unit, { user, flow, run, change }: Application): Promise<void> {
  if (change.type === 'set_metadata' && change.config.on === 'run') return
  await makeChange(context, unit, user, change)
  unit.emit('flow.applied', {
    subject: { type: 'flow', id: flow.id, label: flow.name },
    data: { userId: user.id, trigger: run.trigger, step: change.address, type: change.type },
  })
}

/** Ends a sign-in: nothing that was proven counts any more. */
function refuse(
  context: Context,
  held: HeldUp,
  { state, ended, message }: Progress & { kind: 'ended' },
): Promise<FlowOutcome> {
  return context.write(async (unit) => {
    const found = await keptIn(context, unit, held)
    if (!found || found.kept.flows?.run?.id !== state.id) return { kind: 'over' }
    const { kept, user } = found
    await recordRefusal(context, unit, user, { ...(kept.flows ?? NO_FLOWS), run: state })
    await held.place.keep(unit, { ...kept, enrolment: undefined, flows: undefined, answer: FLOWS_ANSWER })
    return { kind: 'refused', refusal: ended, message, proven: kept }
  })
}
