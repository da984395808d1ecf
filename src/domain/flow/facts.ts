// What the conditions and the steps of flows can ask about a sign-in, from the rows of the user.
import type { Context, Stores } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { MethodName } from '../sign-in/methods.ts'
import { type NextStep, nextStep } from '../sign-in/next-step.ts'
import type { Proven } from '../sign-in/proven.ts'
import { setUpOf, WITHOUT_RECOVERY } from '../sign-in/set-up.ts'
import { normalPassword } from '../user/password.ts'
import type { User } from '../user/user.ts'
import type { Facts, PasswordMeasure, SecondFactorState } from './engine.ts'
import type { Trigger } from './trigger.ts'

/** What a measured password is encrypted for. */
const SEALED = 'flow-typed-password'

const STATES: Readonly<Record<NextStep, SecondFactorState>> = {
  session: 'proven',
  details: 'proven',
  second_factor: 'provable',
  enrolment: 'enrollable',
  sign_in: 'unreachable',
  unreachable: 'unreachable',
}

/** The facts about a sign-in. @param metadata what the steps of a run have learned */
export async function factsOf(
  context: Pick<Context, 'crypto' | 'registry' | 'scope'>,
  stores: Pick<Stores, 'authenticators' | 'roles'>,
  user: User,
  { methods, typed }: Pick<Proven, 'methods' | 'typed'>,
  { trigger, metadata }: { readonly trigger: Trigger; readonly metadata: Readonly<Record<string, unknown>> },
): Promise<Facts> {
  const realm = realmOf(context.scope)
  const person = await setUpOf(context, stores, user)
  const stateOf = (counting: readonly MethodName[], of = person) =>
    STATES[
      nextStep({
        realm,
        aal: 2,
        person: of,
        secondFactors: user.secondFactors,
        proven: counting,
        isRemembered: false,
      })
    ]
  const mfa = stateOf(methods)
  return {
    trigger,
    userId: user.id,
    email: user.email,
    name: user.name,
    emailVerified: user.emailVerified,
    mfaEnrolled: user.secondFactors > 0,
    mfaVerified: mfa === 'proven',
    mfa,
    mfaWithoutRecovery: stateOf(WITHOUT_RECOVERY.counting(methods), WITHOUT_RECOVERY.of(person)),
    roles: await stores.roles.rolesOf(realm.id, user.id),
    metadata: { ...user.attributes, ...metadata },
    redirectOrigins: realm.policy.flowRedirectOrigins,
    password: typed === undefined ? null : JSON.parse(context.crypto.open(SEALED, typed)),
  }
}

/** What the steps can ask about a password. */
export function measureOf(password: string): PasswordMeasure {
  const normal = normalPassword(password)
  return { length: [...normal].length, special: /[^\p{L}\p{N}]/u.test(normal) }
}

/** The measure of the password that a person typed, as it is kept with the sign-in. */
export function sealMeasure({ crypto }: Pick<Context, 'crypto'>, password: string): string {
  return crypto.seal(SEALED, JSON.stringify(measureOf(password)))
}
