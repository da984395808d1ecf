// Watches flows: the same engine, over effects that change nothing and send nothing. What a step demands of the person is
// recorded, and taken as done for the steps that follow.
import type { Context } from '../context.ts'
import type { User } from '../user/user.ts'
import { checkPossible } from './change.ts'
import { type Change, type Facts, type FlowEffects, goThrough, type Progress } from './engine.ts'
import type { Flow } from './flow.ts'
import { askReceiver } from './flow-webhook.ts'
import type { RunState } from './run-state.ts'
import { readSteps } from './step.ts'

/** What a watched run is about. */
export interface Watched {
  readonly flow: Flow
  readonly run: RunState
  readonly user: Pick<User, 'id' | 'directoryId'> | undefined
  readonly facts: Facts
  /** Whether webhooks are called, which is an effect. */
  readonly callsWebhooks: boolean
}

/** What a flow would come to. */
export function watch(context: Context, watched: Watched): Promise<Progress> {
  return goThrough(readSteps(watched.flow.steps), watched.run, watchingEffects(context, watched))
}

function watchingEffects(context: Context, { flow, user, facts, callsWebhooks }: Watched): FlowEffects {
  return {
    watches: true,
    now: () => context.clock.now(),
    facts: async (state) => assumed(facts, state),
    call: async (step, state, known) => (callsWebhooks ? askReceiver(context, flow, step, state, known) : undefined),
    keep: async (_before, _after, change: Change | undefined) => {
      if (change) await checkPossible(context, context.read, user, change)
      return true
    },
  }
}

/** The facts, as if the person had done what the steps before demanded. */
function assumed(facts: Facts, { timeline, metadata }: RunState): Facts {
  const has = (...outcomes: readonly string[]) => timeline.some(({ outcome }) => outcomes.includes(outcome))
  const isProven = has('awaiting_mfa', 'awaiting_mfa_enrollment')
  return {
    ...facts,
    metadata: { ...facts.metadata, ...metadata },
    ...(has('awaiting_email_verification') && { emailVerified: true }),
    ...(isProven && { mfaEnrolled: true, mfaVerified: true, mfa: 'proven', mfaWithoutRecovery: 'proven' }),
  }
}
