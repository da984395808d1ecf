// Says which level a session must have for a change of what its owner signs in with.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Realm } from '../realm/realm.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import type { User } from '../user/user.ts'

/**
 * The level for a change of what a person signs in with: what the realm demands, and a second factor where the person has
 * any. Second factors belong to the person at all realms of the directory, so that one that does not work at this realm
 * counts too: else the password alone would do away with it here.
 */
export function levelToChange(
  { minAal }: Pick<Realm, 'minAal'>,
  { secondFactors }: Pick<User, 'secondFactors'>,
): number {
  return Math.max(minAal, secondFactors > 0 ? 2 : 1)
}

/**
 * Checks inside a write that the session may change what its owner signs in with.
 * @param user whose row is locked
 * @throws Failure `unmet_authentication_requirements` below the level of {@link levelToChange}
 */
export function checkMayChange(
  { scope }: Pick<Context, 'scope'>,
  user: Pick<User, 'secondFactors'>,
  { aal }: Pick<SignedIn['session'], 'aal'>,
): void {
  if (aal >= levelToChange(realmOf(scope), user)) return
  throw new Failure('unmet_authentication_requirements', 'Sign in with your second step to change this.')
}
