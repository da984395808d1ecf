// What people type as who they are: an address, or what else the realm takes.
import { emailKey, nameKey, usernameKey } from '#kernel/identity-text.ts'
import type { Context } from '../context.ts'
import { digestOfValue, phoneForm, VERIFIED_PHONE } from '../profile-attribute/unique-values.ts'
import { realmOf } from '../realm/realm.service.ts'
import { NOBODY } from './usual-network.ts'

/** An account that somebody names. */
export interface NamedAccount {
  /** The address of the account; what was typed, where there is no account. */
  readonly email: string
  /**
   * Whose attempts are counted. Each identifier of an account has attempts of its own: common ones would tell which user
   * name is of which address.
   */
  readonly attemptKey: string
}

/** A telephone number: digits, with a plus sign or not, and what people put between them. */
const PHONE = /^\+?[\d\s()./-]{4,40}$/

/**
 * The account that a text names. It asks the same of the database whether or not there is one.
 * @param typed an address, or a user name or a verified phone number where the realm takes them
 */
export async function namedAccount(context: Context, typed: string): Promise<NamedAccount> {
  const { directoryId, policy } = realmOf(context.scope)
  const taken = policy.signInIdentifiers
  if (typed.includes('@') || taken.length === 0) return { email: typed, attemptKey: nameKey(emailKey(typed)) }
  const byName = taken.includes('username') ? await emailOfUsername(context, directoryId, typed) : undefined
  const byPhone = taken.includes('phone') ? await emailOfPhone(context, directoryId, typed) : undefined
  return { email: byName ?? byPhone ?? typed, attemptKey: keyOfName(typed, taken.includes('phone')) }
}

/**
 * The same for all forms of one identifier: a phone number counts as it is looked up, and other names without the differences
 * that directories ignore too (RFC 4518 §2).
 */
function keyOfName(typed: string, takesPhones: boolean): string {
  const phone = takesPhones && PHONE.test(typed) ? phoneForm(typed) : undefined
  return JSON.stringify(phone === undefined ? ['name', nameKey(usernameKey(typed))] : ['phone', phone])
}

function emailOfUsername({ read }: Context, directoryId: string, typed: string): Promise<string | undefined> {
  return read.users.emailOfUsername(directoryId, usernameKey(typed))
}

async function emailOfPhone(context: Context, directoryId: string, typed: string): Promise<string | undefined> {
  const digest = PHONE.test(typed) ? digestOfValue(context, VERIFIED_PHONE, typed) : undefined
  if (digest === undefined) return undefined
  const id = await context.read.uniqueValues.holderOf(directoryId, VERIFIED_PHONE, digest)
  const user = await context.read.users.find(directoryId, id ?? NOBODY)
  return user?.phoneVerified ? user.email : undefined
}
