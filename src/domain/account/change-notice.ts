// Tells people by mail of a new password and of a new address of their accounts.
import type { Context, Unit } from '../context.ts'
import { noticeOf } from '../mail/mail.service.ts'
import { sendsMail } from '../mail/mail.ts'
import { languageOfNotice } from '../mail/mail-language.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import type { User } from '../user/user.ts'
import { accountDeletedLetter, addressChangedLetter, passwordChangedLetter } from './account-letters.ts'
import { RECOVERY_PATH } from './account-link.ts'
import { ACCOUNT_PATHS } from './account-paths.ts'

type Person = Pick<User, 'id' | 'email' | 'locale'>

/**
 * Tells a person by mail, inside a write, that the password was changed.
 * @param how whether the session in which the person changed it goes on, and whether there is no password now
 */
export async function tellOfNewPassword(
  context: Context,
  unit: Unit,
  user: Person,
  { isKept = false, isRemoved = false }: { readonly isKept?: boolean; readonly isRemoved?: boolean } = {},
): Promise<void> {
  if (!sendsMail(context)) return
  const { registry, scope } = context
  const [realm, at] = [realmOf(scope), context.clock.now()]
  const url = issuerOf(realm, registry.settings) + RECOVERY_PATH
  const letter = passwordChangedLetter(await languageOfNotice(context, user), {
    realm: realm.name,
    email: user.email,
    url,
    at,
    isKept,
    isRemoved,
  })
  await unit.mails.insert(noticeOf(context, 'password_changed', user, letter))
}

/** Tells a person by mail, inside a write, that an administrator changed the address: at the former one, and at the new one. */
export async function tellOfNewAddress(context: Context, unit: Unit, before: Person, after: Person): Promise<void> {
  if (!sendsMail(context)) return
  const { clock, registry, scope } = context
  const realm = realmOf(scope)
  const url = issuerOf(realm, registry.settings) + ACCOUNT_PATHS.overview
  const language = await languageOfNotice(context, after)
  for (const { id, email } of [before, after]) {
    const parts = { realm: realm.name, email, url, at: clock.now(), isFormer: email === before.email }
    await unit.mails.insert(noticeOf(context, 'email_changed', { id, email }, addressChangedLetter(language, parts)))
  }
}

/** Tells a person by mail, inside the write, that the account was deleted on its own page. */
export async function tellOfDeletion(context: Context, unit: Unit, user: Person): Promise<void> {
  if (!sendsMail(context)) return
  const { clock, registry, scope } = context
  const realm = realmOf(scope)
  const letter = accountDeletedLetter(await languageOfNotice(context, user), {
    realm: realm.name,
    email: user.email,
    url: issuerOf(realm, registry.settings) + ACCOUNT_PATHS.overview,
    at: clock.now(),
  })
  await unit.mails.insert(noticeOf(context, 'account_deleted', user, letter))
}
