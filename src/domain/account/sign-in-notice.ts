// Tells people by mail that their account was used in a browser that is not known for it.
import type { Context } from '../context.ts'
import { mayTellOfSignIn, noticeOf } from '../mail/mail.service.ts'
import { sendsMail } from '../mail/mail.ts'
import { languageOfNotice } from '../mail/mail-language.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import { browserIn } from '../session/program.ts'
import { knownAccountOf, readKnownBrowser } from '../sign-in/known-browser.ts'
import type { Advance } from '../sign-in/proceed.ts'
import { newBrowserLetter } from './account-letters.ts'
import { RECOVERY_PATH } from './account-link.ts'
import { ACCOUNT_PATHS } from './account-paths.ts'

/**
 * Tells a person by mail of a sign-in, where a mail server is configured. Nobody is told of a first sign-in, of one in a
 * browser that is known, or in which the person was signed in, nor more often than the budget of such mails allows.
 * @param known the cookie that the browser had before the sign-in
 */
export async function tellOfNewBrowser(
  context: Context,
  { user, session, isReturning }: Extract<Advance, { kind: 'signed_in' }>,
  known: string | undefined,
): Promise<void> {
  if (!sendsMail(context) || !isReturning) return
  if (readKnownBrowser(context, known, knownAccountOf(user)) !== undefined) return
  if (!(await mayTellOfSignIn(context, user.email))) return
  const realm = realmOf(context.scope)
  const issuer = issuerOf(realm, context.registry.settings)
  const letter = newBrowserLetter(await languageOfNotice(context, user), {
    realm: realm.name,
    email: user.email,
    url: issuer + RECOVERY_PATH,
    sessionsUrl: issuer + ACCOUNT_PATHS.sessions,
    at: session.lastSeenAt,
    ip: session.ip,
    program: browserIn(session.userAgent),
  })
  await context.write((unit) => unit.mails.insert(noticeOf(context, 'new_browser', user, letter)))
}
