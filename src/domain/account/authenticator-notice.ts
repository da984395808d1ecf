// Tells people by mail what was changed about the ways in which they sign in.
import type { Context, Unit } from '../context.ts'
import { noticeOf } from '../mail/mail.service.ts'
import { sendsMail } from '../mail/mail.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import type { User } from '../user/user.ts'
import { type AuthenticatorChange, authenticatorChangedLetter } from './account-letters.ts'
import { RECOVERY_PATH } from './account-link.ts'
import { ACCOUNT_PATHS } from './account-paths.ts'

/**
 * Tells a person by mail, inside the write, of a change of authenticators, where a mail server is configured.
 * @param name of the authenticator
 */
export async function tellOfAuthenticator(
  context: Context,
  unit: Unit,
  user: Pick<User, 'id' | 'email'>,
  change: AuthenticatorChange,
  name: string,
): Promise<void> {
  if (!sendsMail(context)) return
  const { clock, registry, scope } = context
  const realm = realmOf(scope)
  const isPasskey = change === 'passkey_added' || change === 'passkey_removed'
  const issuer = issuerOf(realm, registry.settings)
  const letter = authenticatorChangedLetter({
    realm: realm.name,
    email: user.email,
    url: issuer + (isPasskey ? ACCOUNT_PATHS.passkeys : ACCOUNT_PATHS.second_factors),
    recoveryUrl: issuer + RECOVERY_PATH,
    change,
    name,
    at: clock.now(),
  })
  await unit.mails.insert(noticeOf(context, 'authenticator_changed', user, letter))
}
