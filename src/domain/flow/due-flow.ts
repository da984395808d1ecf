// Decides which flow a sign-in has to pass next. It is asked inside the write that would open the session.
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { MethodName } from '../sign-in/methods.ts'
import type { Proven } from '../sign-in/proven.ts'
import type { User } from '../user/user.ts'
import { type Condition, holds } from './condition.ts'
import { beginRun } from './engine.ts'
import { factsOf } from './facts.ts'
import type { Flow } from './flow.ts'
import { type FlowProgress, NO_FLOWS } from './run-state.ts'
import { readSteps } from './step.ts'
import { dueOf, type Trigger } from './trigger.ts'

type Needs = Pick<Context, 'clock' | 'crypto' | 'random' | 'registry' | 'scope'>

/** The triggers of a sign-in: what was due since the account or the password was made, and the way in. */
export function triggersOf(context: Pick<Context, 'scope'>, user: User, methods: readonly MethodName[]): Trigger[] {
  const due = dueOf(user, realmOf(context.scope).id)
  const [first] = methods
  const wayIn = first === 'email' ? 'magic_link' : first === 'external' ? 'oauth_callback' : 'login'
  return due === undefined ? [wayIn] : [due, wayIn]
}

/**
 * What flows have to do with a sign-in from which the realm demands nothing more. A run goes on while its flow is as it
 * was; of one that was changed, all begins again.
 * @returns without a run if all flows are passed
 */
export async function dueFlow(
  context: Needs,
  unit: Unit,
  user: User,
  proven: Pick<Proven, 'methods' | 'typed' | 'flows'>,
): Promise<FlowProgress> {
  const { run, ...before } = proven.flows ?? NO_FLOWS
  let progress: FlowProgress = { ...before, run: null }
  if (run && (await isCurrent(context, unit, run))) {
    if (run.rest.length > 0) return { ...progress, run }
    progress = { passed: [...progress.passed, run.trigger], run: null, finished: [...progress.finished, run] }
  }
  for (const trigger of triggersOf(context, user, proven.methods)) {
    if (progress.passed.includes(trigger)) continue
    const flow = await flowFor(context, unit, { user, proven, trigger, mode: 'enabled' })
    if (flow) {
      const [id, startedAt] = [context.random.id(), context.clock.now()]
      const run = beginRun({ ...flow, steps: readSteps(flow.steps) }, { id, trigger, startedAt, metadata: {} })
      return { ...progress, run }
    }
    progress = { ...progress, passed: [...progress.passed, trigger] }
  }
  return progress
}

async function isCurrent(
  { scope }: Pick<Context, 'scope'>,
  unit: Pick<Stores, 'flows'>,
  { flowId, flowVersion }: { readonly flowId: string; readonly flowVersion: number },
): Promise<boolean> {
  const flow = await unit.flows.find(realmOf(scope).id, flowId)
  return flow?.mode === 'enabled' && flow.version === flowVersion
}

/** A sign-in for which a flow is looked for. */
export interface Occasion {
  readonly user: User
  readonly proven: Pick<Proven, 'methods' | 'typed'>
  readonly trigger: Trigger
  readonly mode: Flow['mode']
}

/** The flow of a trigger that runs: the first by priority whose conditions hold. */
export async function flowFor(
  context: Pick<Context, 'crypto' | 'registry' | 'scope'>,
  stores: Pick<Stores, 'flows' | 'authenticators' | 'roles'>,
  { user, proven, trigger, mode }: Occasion,
): Promise<Flow | undefined> {
  const flows = await stores.flows.inMode(realmOf(context.scope).id, mode, trigger)
  if (flows.length === 0) return undefined
  const facts = await factsOf(context, stores, user, proven, { trigger, metadata: {} })
  return flows.find(({ conditions }) => holds(conditions as Condition, facts))
}
