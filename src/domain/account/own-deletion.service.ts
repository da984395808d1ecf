// Lets people delete their own accounts, where the realm allows it.
import { Failure } from '#kernel/error.ts'
import { emailKey } from '#kernel/identity-text.ts'
import type { Context } from '../context.ts'
import { type LogoutFrame, showLogout } from '../logout-delivery/front-channel.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import { removeUser } from '../user/user.service.ts'
import { tellOfDeletion } from './change-notice.ts'
import { lockActive } from './own-account.service.ts'
import { checkMayChange } from './own-level.ts'

/**
 * Whether people can delete their accounts at this realm. Nobody can at an admin realm, whatever its policy is: a tenant
 * would be without its last administrator.
 */
export function mayDeleteAccount({ scope }: Pick<Context, 'scope'>): boolean {
  const { kind, policy } = realmOf(scope)
  return kind !== 'admin' && policy.accountDeletion
}

/** Whether what a person typed is the address of the account. */
export function confirmsDeletion({ user: { email } }: SignedIn, typed: string): boolean {
  return emailKey(typed.trim()) === emailKey(email)
}

/**
 * Deletes the person's account as an administrator would: all sessions, tokens, consents and linked accounts end. A mail
 * tells the person. The caller must have checked that the sign-in is recent.
 * @returns what the browser has to load, so that clients end their sessions there
 * @throws Failure `not_found` where the realm does not allow it or if the person is not active any more,
 *   `unmet_authentication_requirements` as `checkMayChange`
 */
export function deleteOwnAccount(context: Context, signedIn: SignedIn): Promise<LogoutFrame[]> {
  if (!mayDeleteAccount(context)) throw new Failure('not_found')
  return context.write(async (unit) => {
    const user = await lockActive(context, unit, signedIn.user)
    checkMayChange(context, user, signedIn.session)
    const frames = await showLogout(context, unit, signedIn)
    await removeUser(context, unit, user)
    await tellOfDeletion(context, unit, user)
    return frames
  })
}
