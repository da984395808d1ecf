// Tells people by mail what was changed about the ways in which they sign in.
import type { Context, Unit } from '../context.ts'
import { noticeOf } from '../mail/mail.service.ts'
import { sendsMail } from '../mail/mail.ts'
import { languageOfNotice } from '../mail/mail-language.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import type { User } from '../user/user.ts'
import { type AuthenticatorChange, authenticatorChangedLetter } from './account-letters.ts'
import { RECOVERY_PATH } from './account-link.ts'
import { ACCOUNT_PATHS } from './account-paths.ts'

/** The page with what was changed. */
const PAGES: Readonly<Record<AuthenticatorChange, string>> = {
  passkey_added: ACCOUNT_PATHS.passkeys,
  passkey_removed: ACCOUNT_PATHS.passkeys,
  app_added: ACCOUNT_PATHS.second_factors,
  app_removed: ACCOUNT_PATHS.second_factors,
  phone_added: ACCOUNT_PATHS.second_factors,
  phone_removed: ACCOUNT_PATHS.second_factors,
  codes_renewed: ACCOUNT_PATHS.second_factors,
  all_removed: ACCOUNT_PATHS.second_factors,
  account_linked: ACCOUNT_PATHS.linked_accounts,
  account_unlinked: ACCOUNT_PATHS.linked_accounts,
}

/**
 * Tells a person by mail, inside the write, of a change of authenticators, where a mail server is configured.
 * @param name of the authenticator or the provider; null for a provider that is gone
 */
export async function tellOfAuthenticator(
  context: Context,
  unit: Unit,
  user: Pick<User, 'id' | 'email' | 'locale'>,
  change: AuthenticatorChange,
  name: string | null,
): Promise<void> {
  if (!sendsMail(context)) return
  const { clock, registry, scope } = context
  const realm = realmOf(scope)
  const issuer = issuerOf(realm, registry.settings)
  const letter = authenticatorChangedLetter(await languageOfNotice(context, user), {
    realm: realm.name,
    email: user.email,
    url: issuer + PAGES[change],
    recoveryUrl: issuer + RECOVERY_PATH,
    change,
    name,
    at: clock.now(),
  })
  await unit.mails.insert(noticeOf(context, 'authenticator_changed', user, letter))
}
