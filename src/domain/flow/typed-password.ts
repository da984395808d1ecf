// Checks a new password against what the flow demands that is due at the sign-in afterwards, so that nobody sets a password
// with which the flow lets nobody in.
import { Failure } from '#kernel/error.ts'
import { type PasswordFlaw, sayPasswordFlaw } from '#kernel/password-flaw.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { User } from '../user/user.ts'
import { type Condition, type ConditionFacts, holds } from './condition.ts'
import { isStrong } from './engine.ts'
import { factsOf, measureOf } from './facts.ts'
import { readSteps, type Step } from './step.ts'
import type { DueTrigger } from './trigger.ts'

/** Who sets a password: a user, or the person whose account is made. */
type Setter = User | { readonly email: string }

/** @throws Failure `invalid_input` for a password that is weaker than a step of the due flow demands */
export async function checkTypedPassword(
  context: Pick<Context, 'crypto' | 'read' | 'registry' | 'scope'>,
  trigger: DueTrigger,
  setter: Setter,
  password: string,
): Promise<void> {
  const flows = await context.read.flows.inMode(realmOf(context.scope).id, 'enabled', trigger)
  if (flows.length === 0) return
  const facts = await conditionFactsOf(context, trigger, setter)
  const flow = flows.find(({ conditions }) => holds(conditions as Condition, facts))
  const measure = measureOf(password)
  for (const { config } of flow ? strengthSteps(readSteps(flow.steps), facts) : []) {
    if (isStrong(measure, config)) continue
    const isShort = measure.length < config.min_length
    refuse(isShort ? { kind: 'tooShort', length: config.min_length } : { kind: 'noSpecial' })
  }
}

async function conditionFactsOf(
  context: Parameters<typeof checkTypedPassword>[0],
  trigger: DueTrigger,
  setter: Setter,
): Promise<ConditionFacts> {
  if ('id' in setter) return factsOf(context, context.read, setter, { methods: [] }, { trigger, metadata: {} })
  const { email } = setter
  return { trigger, email, emailVerified: true, mfaEnrolled: false, mfaVerified: false, roles: [], metadata: {} }
}

type StrengthStep = Extract<Step, { type: 'require_password_strength' }>

/** The steps about passwords that are taken, as far as is known before the other steps. */
function strengthSteps(steps: readonly Step[], facts: ConditionFacts): StrengthStep[] {
  const taken = (list: readonly Step[]): Step[] =>
    list.flatMap((step) => {
      if (step.type !== 'conditional') return [step]
      return taken(holds(step.condition, facts) ? step.met : step.unmet)
    })
  return taken(steps).filter((step) => step.type === 'require_password_strength') as StrengthStep[]
}

function refuse(flaw: PasswordFlaw): never {
  const message = `the password ${sayPasswordFlaw(flaw)}`
  throw new Failure('invalid_input', {
    message: `password: ${message}`,
    flaws: [{ path: 'password', message }],
    passwordFlaw: flaw,
  })
}
