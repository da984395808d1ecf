// Keeps values unique in a directory, for users that are written and for realms that demand it anew.
import { Failure } from '#kernel/error.ts'
import type { Context, Unit } from '../context.ts'
import type { Realm } from '../realm/realm.ts'
import type { User } from '../user/user.ts'
import { attributeOf, comparedForm, type Described, pathOf } from './attribute-value.ts'
import { STANDARD_ATTRIBUTES, uniqueNamesOf } from './profile-attribute.ts'

/** How many users a tenant may have for an attribute to become unique: all of them are compared in one write. */
export const COMPARED_MAX = 20_000
const AT_A_TIME = 500

/** Stands for the phone number of a user where it is verified, which is unique where people sign in with it. */
export const VERIFIED_PHONE = 'verified_phone'

function valueFor(user: Described, name: string): unknown {
  if (name !== VERIFIED_PHONE) return attributeOf(user, { name })
  return user.phoneVerified ? user.phone : null
}

/** The digits of a phone number, with the plus sign of an international one, for which 00 stands; undefined for no digit. */
export function phoneForm(value: unknown): string | undefined {
  const digits = typeof value === 'string' ? value.normalize('NFKC').replace(/[^\d+]/g, '') : ''
  return digits === '' ? undefined : digits.replace(/^00/, '+')
}

/** The digest under which a value is stored; undefined for no value. */
export function digestOfValue({ crypto }: Pick<Context, 'crypto'>, name: string, value: unknown): string | undefined {
  const form = name === VERIFIED_PHONE ? phoneForm(value) : comparedForm(value)
  return form === undefined ? undefined : crypto.digest(JSON.stringify([name, form]))
}

/**
 * Keeps a user's values unique, inside the write of the user.
 * @param before as the user was; undefined for a new one
 * @throws Failure `already_exists` for a value that another user of the directory has
 */
export async function keepUnique(
  context: Pick<Context, 'crypto'>,
  unit: Unit,
  before: User | undefined,
  after: User,
): Promise<void> {
  if (!mayHaveChanged(before, after)) return
  const { id: userId, directoryId } = after
  for (const name of await unit.uniqueValues.namesFor(directoryId)) {
    const [was, is] = [before, after].map((one) => one && digestOfValue(context, name, valueFor(one, name)))
    if (was === is) continue
    const holder = { directoryId, userId, name }
    await unit.uniqueValues.release(holder)
    if (is !== undefined && !(await unit.uniqueValues.claim(holder, is))) throw takenFailure(name)
  }
}

/** The failure for a value that another user has. */
function takenFailure(name: string): Failure {
  const path = name === VERIFIED_PHONE ? 'phone' : pathOf({ name })
  const message = 'another user has this value'
  return new Failure('already_exists', { message: `${path}: ${message}`, flaws: [{ path, message }] })
}

const FIELDS = Object.values(STANDARD_ATTRIBUTES)
const NOBODY: Described = { attributes: {} }

function mayHaveChanged(before: Described = NOBODY, after: Described): boolean {
  const isFree = Object.keys(before.attributes).length + Object.keys(after.attributes).length > 0
  if (isFree && before.attributes !== after.attributes) return true
  if ((before.phoneVerified ?? false) !== (after.phoneVerified ?? false)) return true
  return FIELDS.some((field) => (before[field] ?? null) !== (after[field] ?? null))
}

/**
 * Compares the users of a directory where a realm demands that more values are unique, inside the write of the realm.
 * @throws Failure `conflict` for two users with the same value, or too many users to compare
 */
export async function changeUniqueNames(
  context: Pick<Context, 'crypto'>,
  unit: Unit,
  before: Realm,
  after: Realm,
): Promise<void> {
  const [was, is] = [uniqueNamesOf(before.policy), uniqueNamesOf(after.policy)]
  if (JSON.stringify(was) === JSON.stringify(is)) return
  const { directoryId } = after
  const known = await unit.uniqueValues.lockNames(directoryId)
  const added = is.filter((name) => !known.has(name))
  if (added.length > 0) await compare(context, unit, directoryId, added)
}

/** Forgets the values that no realm of the directory demands to be unique any more. The realm is written already. */
export async function forgetUnusedNames(unit: Unit, before: Realm): Promise<void> {
  const was = uniqueNamesOf(before.policy)
  if (was.length === 0) return
  const names = await unit.uniqueValues.lockNames(before.directoryId)
  for (const name of was) if (!names.has(name)) await unit.uniqueValues.forget(before.directoryId, name)
}

async function compare(
  context: Pick<Context, 'crypto'>,
  unit: Unit,
  directoryId: string,
  names: readonly string[],
): Promise<void> {
  if ((await unit.users.count()) > COMPARED_MAX) {
    throw new Failure('conflict', `An attribute can become unique while there are at most ${COMPARED_MAX} users.`)
  }
  for (const name of names) await unit.uniqueValues.forget(directoryId, name)
  for (let cursor: string | undefined; ; ) {
    const page = await unit.users.list(directoryId, { limit: AT_A_TIME, cursor })
    for (const user of page.data) {
      for (const name of names) {
        const digest = digestOfValue(context, name, valueFor(user, name))
        const holder = { directoryId, userId: user.id, name }
        if (digest === undefined || (await unit.uniqueValues.claim(holder, digest))) continue
        throw new Failure('conflict', `Two users have the same ${name}. Change one of them first.`)
      }
    }
    if (page.nextCursor === null) return
    cursor = page.nextCursor
  }
}
