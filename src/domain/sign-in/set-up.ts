// What a person has set up of what a sign-in can ask for.
import type { Authenticator } from '../authenticator/authenticator.ts'
import { partyOf, passkeysAt } from '../authenticator/passkey.service.ts'
import type { Context, Unit } from '../context.ts'
import { type FlowProgress, secondFactorOf } from '../flow/run-state.ts'
import type { User } from '../user/user.ts'
import type { MethodName, SetUp } from './methods.ts'

/** What a user has set up. A passkey for another host than the realm's does not count: no page here can ask for it. */
export async function setUpOf(
  context: Pick<Context, 'registry' | 'scope'>,
  { authenticators }: Pick<Unit, 'authenticators'>,
  user: User,
): Promise<SetUp> {
  return setUpAt(context, user, user.secondFactors === 0 ? [] : await authenticators.allOf(user.id))
}

/** What of a user's authenticators counts at the realm. */
export function setUpAt(
  context: Pick<Context, 'registry' | 'scope'>,
  user: User,
  all: readonly Authenticator[],
): SetUp {
  const others = all.filter(({ kind }) => kind !== 'passkey')
  const usable = [...others, ...passkeysAt(partyOf(context), all)]
  return { user, authenticators: new Set(usable.map(({ kind }) => kind)) }
}

/** What of a person counts while a flow waits: for some of its steps recovery codes do not. */
export function askedOf(flows: FlowProgress | undefined): {
  readonly of: (person: SetUp) => SetUp
  readonly counting: (methods: readonly MethodName[]) => readonly MethodName[]
} {
  const takesCodes = secondFactorOf(flows)?.allowRecovery ?? true
  return takesCodes ? { of: (person) => person, counting: (methods) => methods } : WITHOUT_RECOVERY
}

/** As {@link askedOf}, where recovery codes do not count. */
export const WITHOUT_RECOVERY: ReturnType<typeof askedOf> = {
  of: ({ user, authenticators }) => ({
    user,
    authenticators: new Set([...authenticators].filter((kind) => kind !== 'recovery_code')),
  }),
  counting: (methods) => methods.filter((name) => name !== 'recovery_code'),
}
