// The state machine of flows: which step is next, what it comes to, and what is left. It is pure over an interface of
// effects, so that a sign-in, a dry run and the watching of a flow in shadow mode take the same decisions.
import { Failure } from '#kernel/error.ts'
import { type ConditionFacts, holds } from './condition.ts'
import type { Outcome, RunState, TimelineEntry, Wait } from './run-state.ts'
import { allSteps, type Step } from './step.ts'

/** How a second factor stands in a sign-in. */
export type SecondFactorState = 'proven' | 'provable' | 'enrollable' | 'unreachable'

/** What the steps can ask about a sign-in. */
export interface Facts extends ConditionFacts {
  readonly userId: string | null
  readonly name: string | null
  readonly mfa: SecondFactorState
  /** As {@link mfa}, where recovery codes do not count. */
  readonly mfaWithoutRecovery: SecondFactorState
  /** What was measured of the password that the person typed in this sign-in; null if none was. */
  readonly password: PasswordMeasure | null
  /** The web origins to which people may be sent. */
  readonly redirectOrigins: readonly string[]
}

/** What of a password the steps can ask about. */
export interface PasswordMeasure {
  readonly length: number
  /** Whether it has a character that is neither a letter nor a digit. */
  readonly special: boolean
}

/** What the receiver of a webhook answered. */
export interface WebhookAnswer {
  readonly decision: 'continue' | 'allow' | 'deny'
  readonly reason: string | null
  /** What a person who is denied is told. */
  readonly message: string | null
  readonly metadata: Readonly<Record<string, unknown>>
}

/** What a step changes. */
export type Change = Extract<Step, { type: 'set_metadata' | 'assign_role' | 'add_to_org' }>

type Webhook = Extract<Step, { type: 'webhook' }>

/** What the engine does to the world: a sign-in does it, a dry run and a shadow only say so. */
export interface FlowEffects {
  /** Whether nothing waits for a person: what a step demands is recorded, and the run goes on. */
  readonly watches: boolean
  /** Milliseconds since 1970. */
  now(): number
  /** What is known of the sign-in now. */
  facts(state: RunState): Promise<Facts>
  /** Calls a receiver; undefined where it is not to be called. @throws Failure if there is no valid answer */
  call(step: Webhook, state: RunState, facts: Facts): Promise<WebhookAnswer | undefined>
  /**
   * Keeps a run together with what its step changes.
   * @returns false if the run went on elsewhere
   * @throws Failure if the change is not possible; then nothing is kept
   */
  keep(before: RunState, after: RunState, change: Change | undefined): Promise<boolean>
}

/** A verdict about one step. */
export interface Verdict {
  readonly outcome: Outcome
  readonly reason?: string | undefined
  /** What a person who is refused is told. */
  readonly message?: string | null
  readonly wait?: Wait
  /** What the run learns. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** The steps of the branch that was taken. */
  readonly branch?: readonly Step[]
  /** Whether the steps that are left are passed, too. */
  readonly ends?: boolean
  readonly change?: Change
}

/** Where a run is after it went on. `elsewhere`: another tab or process has taken it further. */
export type Progress =
  | { readonly kind: 'passed' | 'elsewhere'; readonly state: RunState }
  | { readonly kind: 'waits'; readonly state: RunState; readonly wait: Wait }
  | { readonly kind: 'ended'; readonly state: RunState; readonly ended: TimelineEntry; readonly message: string | null }

/** Why a step fails that asks for a second factor of who has none. */
export const NO_FACTOR = 'the person has no second factor'

/** The most JSON that a run keeps of what its steps learned. */
const METADATA_MAX = 4096

/** Takes the steps of a run one after another, until one waits for the person or ends the run. */
export async function goThrough(steps: readonly Step[], begun: RunState, effects: FlowEffects): Promise<Progress> {
  const byAddress = new Map(allSteps(steps).map((step) => [step.address, step]))
  let state = begun
  for (;;) {
    const step = byAddress.get(state.rest[0] ?? '')
    if (!step) return { kind: 'passed', state }
    const facts = await effects.facts(state)
    let verdict = withinBounds(state, await verdictOf(step, state, facts, effects))
    const { wait: same } = verdict
    if (same && !effects.watches && JSON.stringify(same) === JSON.stringify(state.wait)) {
      return { kind: 'waits', state, wait: same }
    }
    let after = stateAfter(state, step, tolerant(step, verdict), effects)
    let kept = await attempt(() => effects.keep(state, after, verdict.change))
    if (kept instanceof Failure) {
      verdict = { outcome: 'error', reason: kept.code }
      after = stateAfter(state, step, tolerant(step, verdict), effects)
      kept = await effects.keep(state, after, undefined)
    }
    if (kept === false) return { kind: 'elsewhere', state }
    const { outcome, wait } = tolerant(step, verdict)
    state = after
    const ended = state.timeline.at(-1)
    if ((outcome === 'block' || outcome === 'error') && ended && state.rest[0] === step.address) {
      return { kind: 'ended', state, ended, message: verdict.message ?? null }
    }
    if (wait && !effects.watches) return { kind: 'waits', state, wait }
  }
}

/** A failed step of a flow that goes on is passed. */
function tolerant(step: Step, verdict: Verdict): Verdict {
  const isPassed = verdict.outcome === 'error' && step.onError === 'continue'
  return isPassed ? { outcome: 'continue', reason: `failed, and on_error says continue: ${verdict.reason}` } : verdict
}

async function attempt<T>(act: () => Promise<T>): Promise<T | Failure> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

/** The run after a verdict. A step that ends the run, or waits, stays the current one. */
function stateAfter(state: RunState, step: Step, verdict: Verdict, effects: FlowEffects): RunState {
  const { outcome, reason, metadata = {}, branch = [], ends = false } = verdict
  const wait = effects.watches ? undefined : verdict.wait
  const stays = wait !== undefined || outcome === 'block' || outcome === 'error'
  const left = ends ? [] : [...branch.map(({ address }) => address), ...state.rest.slice(1)]
  return {
    ...state,
    rest: stays ? state.rest : left,
    wait: wait ?? null,
    answer: null,
    metadata: { ...state.metadata, ...metadata },
    timeline: withEntry(state.timeline, {
      step: step.address,
      type: step.type,
      outcome,
      reason: reason ?? null,
      at: effects.now(),
    }),
    turn: state.turn + 1,
  }
}

/** Somebody who looks at the same page again adds nothing. */
function withEntry(timeline: readonly TimelineEntry[], entry: TimelineEntry): TimelineEntry[] {
  const last = timeline.at(-1)
  const isSame = last?.step === entry.step && last.outcome === entry.outcome
  return isSame ? [...timeline] : [...timeline, entry]
}

function withinBounds({ metadata }: RunState, verdict: Verdict): Verdict {
  const size = JSON.stringify({ ...metadata, ...verdict.metadata }).length
  if (size <= METADATA_MAX) return verdict
  return verdict.outcome === 'block' ? { ...verdict, metadata: {} } : { outcome: 'error', reason: 'too much metadata' }
}

const CONTINUE: Verdict = { outcome: 'continue' }
const block = (reason: string): Verdict => ({ outcome: 'block', reason })
const fail = (reason: string): Verdict => ({ outcome: 'error', reason })

async function verdictOf(step: Step, state: RunState, facts: Facts, effects: FlowEffects): Promise<Verdict> {
  switch (step.type) {
    case 'require_email_verification':
      return facts.emailVerified ? CONTINUE : waitFor({ kind: 'awaiting_email_verification' })
    case 'require_mfa_enrollment':
      return enrolmentVerdict(facts, step.config.skip_if_enrolled)
    case 'require_mfa_challenge':
      return challengeVerdict(facts, step.config.allow_recovery)
    case 'require_password_strength':
      return strengthVerdict(facts, step.config)
    case 'redirect':
      return redirectVerdict(state, facts, step.config)
    case 'webhook':
      return webhookVerdict(() => effects.call(step, state, facts))
    case 'set_metadata':
      return { ...CONTINUE, metadata: { [step.config.key]: step.config.value }, change: step }
    case 'assign_role':
    case 'add_to_org':
      return { ...CONTINUE, change: step }
    case 'custom_check':
      return checkVerdict(facts, step.config)
    case 'delay':
      return delayVerdict(state, step.config.seconds, effects.now())
    case 'conditional': {
      const isMet = holds(step.condition, facts)
      return { ...CONTINUE, reason: isMet ? 'then' : 'else', branch: isMet ? step.met : step.unmet }
    }
  }
}

function checkVerdict(
  facts: Facts,
  { condition, message }: Extract<Step, { type: 'custom_check' }>['config'],
): Verdict {
  return holds(condition, facts) ? CONTINUE : { ...block('the condition does not hold'), message: message ?? null }
}

function waitFor(wait: Wait, reason?: string): Verdict {
  return { outcome: wait.kind, wait, reason }
}

function challengeVerdict(facts: Facts, allowRecovery: boolean): Verdict {
  const stands = allowRecovery ? facts.mfa : facts.mfaWithoutRecovery
  if (stands === 'proven') return CONTINUE
  return stands === 'provable' ? waitFor({ kind: 'awaiting_mfa', allowRecovery }) : fail(NO_FACTOR)
}

/** Who has a second factor cannot set one up in a sign-in, and is asked for it where the step does not skip. */
function enrolmentVerdict(facts: Facts, skips: boolean): Verdict {
  if (facts.mfaEnrolled) return skips ? CONTINUE : challengeVerdict(facts, true)
  if (facts.mfa === 'enrollable') return waitFor({ kind: 'awaiting_mfa_enrollment', allowRecovery: true })
  return fail('a second factor cannot be set up here')
}

/** Whether a password is as a step wants it. */
export function isStrong(
  password: PasswordMeasure,
  wanted: { readonly min_length: number; readonly require_special: boolean },
): boolean {
  return password.length >= wanted.min_length && (password.special || !wanted.require_special)
}

/** Who signs in without a password has none that could be too weak. */
function strengthVerdict({ password }: Facts, wanted: Parameters<typeof isStrong>[1]): Verdict {
  if (password === null) return { ...CONTINUE, reason: 'no password was typed' }
  return isStrong(password, wanted) ? CONTINUE : block('weak_password')
}

function redirectVerdict(
  { answer }: RunState,
  { redirectOrigins }: Facts,
  { url, delay, signed }: Extract<Step, { type: 'redirect' }>['config'],
): Verdict {
  if (!URL.canParse(url) || !redirectOrigins.includes(new URL(url).origin))
    return fail('the realm does not allow the address')
  if (answer === 'allow') return CONTINUE
  if (answer === 'deny') return block('the address of the redirect denied it')
  return waitFor({ kind: 'redirect', url, signed, seconds: delay })
}

function delayVerdict({ wait }: RunState, seconds: number, now: number): Verdict {
  const until = wait?.kind === 'delayed' ? wait.until : now + seconds * 1000
  return now >= until ? CONTINUE : waitFor({ kind: 'delayed', until })
}

async function webhookVerdict(call: () => Promise<WebhookAnswer | undefined>): Promise<Verdict> {
  const answer = await attempt(call)
  if (answer instanceof Failure) return fail(answer.detail.message ?? answer.code)
  if (answer === undefined) return { outcome: 'not_called' }
  const { decision, metadata, message } = answer
  const reason = answer.reason ?? undefined
  if (decision === 'deny') return { ...block(reason ?? 'denied by the webhook'), metadata, message }
  return { outcome: 'continue', reason, metadata, ends: decision === 'allow' }
}

/** The state of a run that begins. */
export function beginRun(
  flow: { readonly id: string; readonly version: number; readonly steps: readonly Step[] },
  run: Pick<RunState, 'id' | 'trigger' | 'startedAt' | 'metadata'>,
): RunState {
  return {
    ...run,
    flowId: flow.id,
    flowVersion: flow.version,
    rest: flow.steps.map(({ address }) => address),
    wait: null,
    answer: null,
    timeline: [],
    turn: 0,
  }
}

/** What a watched run would have come to: the first of its outcomes that is more than going on. */
export function outcomeOf(progress: Progress): TimelineEntry | undefined {
  const { timeline } = progress.state
  return timeline.find(({ outcome }) => outcome !== 'continue' && outcome !== 'delayed' && outcome !== 'not_called')
}
