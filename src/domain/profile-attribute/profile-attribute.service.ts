// Holds users to the attributes that their realm declares, at every door.
import { Failure, type Flaw } from '#kernel/error.ts'
import type { Context, Unit } from '../context.ts'
import type { Realm } from '../realm/realm.ts'
import type { User } from '../user/user.ts'
import { attributeOf, type Described, flawOfValue, pathOf, sayFlaw, type ValueFlaw } from './attribute-value.ts'
import { fieldOf, type ProfileAttribute } from './profile-attribute.ts'
import { keepUnique } from './unique-values.ts'

/**
 * Which required attributes a new user has to have: all; those that are fields of a user, where the caller has no words for
 * others; those that people write themselves; or none, because the person is asked at the next sign-in.
 */
export type Demanded = 'all' | 'fields' | 'own' | 'none'

type Declared = { readonly realm?: Pick<Realm, 'policy'> | undefined }

/** The attributes that the realm of a request declares. */
export function declaredFor(scope: Declared): readonly ProfileAttribute[] {
  return scope.realm?.policy.profileAttributes ?? []
}

/** The required attributes that a person has to write, and has not. */
export function missingFrom(scope: Declared, user: Described): ProfileAttribute[] {
  return declaredFor(scope).filter((one) => isOwn(one) && one.required && attributeOf(user, one) === null)
}

/** Whether people write an attribute themselves. */
export function isOwn({ editableBy }: ProfileAttribute): boolean {
  return editableBy === 'person'
}

/**
 * Checks the values of a new user, inside the write of the user.
 * @throws Failure `invalid_input` for values that are not valid or missing, `already_exists` for one that another user has
 */
export async function checkNewProfile(
  context: Pick<Context, 'crypto' | 'scope'>,
  unit: Unit,
  user: User,
  demanded: Demanded,
): Promise<void> {
  const flaws = declaredFor(context.scope).flatMap((one) => {
    const value = attributeOf(user, one)
    if (value !== null) return flawIn(one, flawOfValue(one, value))
    return one.required && isDemanded(one, demanded) ? flawIn(one, { kind: 'needed' }) : []
  })
  refuse(flaws)
  await keepUnique(context, unit, undefined, user)
}

/**
 * Checks what changed of a user, inside the write of the user. A value that was there before, or was missing, is nobody's
 * business who changes something else.
 * @throws Failure `invalid_input`, `already_exists` as {@link checkNewProfile}
 */
export async function checkProfileChange(
  context: Pick<Context, 'crypto' | 'scope'>,
  unit: Unit,
  before: User,
  after: User,
): Promise<void> {
  const flaws = declaredFor(context.scope).flatMap((one) => {
    const [was, is] = [attributeOf(before, one), attributeOf(after, one)]
    if (JSON.stringify(was) === JSON.stringify(is)) return []
    if (is !== null) return flawIn(one, flawOfValue(one, is))
    return one.required ? flawIn(one, { kind: 'needed' }) : []
  })
  refuse(flaws)
  await keepUnique(context, unit, before, after)
}

function isDemanded(attribute: ProfileAttribute, demanded: Demanded): boolean {
  if (demanded === 'own') return isOwn(attribute)
  return demanded === 'all' || (demanded === 'fields' && fieldOf(attribute.name) !== undefined)
}

function flawIn(attribute: ProfileAttribute, flaw: ValueFlaw | undefined): Flaw[] {
  return flaw ? [{ path: pathOf(attribute), message: sayFlaw(flaw) }] : []
}

function refuse(flaws: readonly Flaw[]): void {
  const [first] = flaws
  if (first) throw new Failure('invalid_input', { message: `${first.path}: ${first.message}`, flaws })
}
