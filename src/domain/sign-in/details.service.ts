// Asks a person who has proven all that is demanded for what the realm still needs, before the session opens.
import { Failure } from '#kernel/error.ts'
import type { Context, Unit } from '../context.ts'
import { type AttributeValue, patchOf } from '../profile-attribute/attribute-value.ts'
import { realmOf } from '../realm/realm.service.ts'
import { acceptTerms } from '../terms/terms-acceptance.service.ts'
import { changeOwnUser } from '../user/user.service.ts'
import type { User } from '../user/user.ts'
import { repeatedSession, type SignInPlace } from './open-session.ts'
import { type Advance, nextFor, proceed } from './proceed.ts'
import { isPending, isStillOf, type Proven } from './proven.ts'

/** The answer of the form. */
const GIVEN = 'details given'

/** What a person gives. */
export interface Details {
  readonly values: ReadonlyMap<string, AttributeValue | null>
  /** The version of the terms that the person accepts; undefined for none. */
  readonly accepted?: string | undefined
}

/**
 * Keeps what a person gives, and goes on with the sign-in.
 * @param context in which the person acts
 * @throws Failure `expired` if what was proven does not count any more, `invalid_input` and `already_exists` for values that
 *   are not valid, or that another user has
 */
export function giveDetails(context: Context, user: User, place: SignInPlace, details: Details): Promise<Advance> {
  return context.write(async (unit) => {
    const locked = await unit.users.lock(realmOf(context.scope).directoryId, user.id)
    if ((await place.proven(unit))?.answer === GIVEN) {
      const repeated = await repeatedSession(context, unit, user.id, place)
      if (repeated) return { kind: 'signed_in', user, ...repeated }
    }
    const { kept, person } = await pendingIn(context, unit, locked, place)
    if (details.values.size > 0) {
      await changeOwnUser(context, unit, person, { profile: patchOf(person, details.values) })
    }
    if (details.accepted !== undefined) await acceptTerms(context, unit, person, details.accepted)
    const advance = await proceed(context, unit, kept, place, GIVEN)
    if (!advance) throw new Failure('expired')
    return advance
  })
}

async function pendingIn(
  context: Context,
  unit: Unit,
  person: User | undefined,
  place: SignInPlace,
): Promise<{ readonly kept: Proven; readonly person: User }> {
  const kept = await place.proven(unit)
  if (!kept || !isPending(kept, context.clock.now()) || !isStillOf(kept, person)) throw new Failure('expired')
  if ((await nextFor(context, unit, person, kept, place)) !== 'details') throw new Failure('expired')
  return { kept, person }
}
