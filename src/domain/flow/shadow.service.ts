// Watches the flows in shadow mode beside real sign-ins, once the person was answered, and records what they would have
// decided and what happened.
import type { Context } from '../context.ts'
import type { Proven } from '../sign-in/proven.ts'
import type { User } from '../user/user.ts'
import { flowFor, triggersOf } from './due-flow.ts'
import { beginRun, outcomeOf } from './engine.ts'
import { factsOf } from './facts.ts'
import { recordOf } from './record-run.ts'
import { readSteps } from './step.ts'
import { watch } from './watching.ts'

/** A sign-in that is over, and what became of it. */
export interface Ended {
  /** The user as the sign-in found it. */
  readonly user: User
  readonly proven: Pick<Proven, 'methods' | 'typed'>
  /** The level of the session; null if a flow refused the sign-in. */
  readonly aal: number | null
}

/** Watches the flows of the triggers of a sign-in that are in shadow mode. */
export async function watchShadows(context: Context, { user, proven, aal }: Ended): Promise<void> {
  for (const trigger of triggersOf(context, user, proven.methods)) {
    const flow = await flowFor(context, context.read, { user, proven, trigger, mode: 'shadow' })
    if (!flow) continue
    const [id, startedAt] = [context.random.id(), context.clock.now()]
    const run = beginRun({ ...flow, steps: readSteps(flow.steps) }, { id, trigger, startedAt, metadata: {} })
    const facts = await factsOf(context, context.read, user, proven, { trigger, metadata: {} })
    const progress = await watch(context, { flow, run, user, facts, callsWebhooks: false })
    const actual = aal === null ? 'blocked' : 'signed_in'
    const result = { mode: 'shadow', actual, aal, decided: outcomeOf(progress) } as const
    await context.write(async (unit) => {
      if (!(await unit.flows.find(flow.realmId, flow.id))) return
      await unit.flowRuns.put(recordOf(context, user.id, progress.state, result))
    })
  }
}
