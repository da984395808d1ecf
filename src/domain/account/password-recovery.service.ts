// Lets a person who forgot the password set a new one, by a link that is mailed to the address of the account.
import { Failure } from '#kernel/error.ts'
import { emailKey } from '#kernel/identity-text.ts'
import { removeAuthenticators } from '../authenticator/authenticator.service.ts'
import type { Context, Unit } from '../context.ts'
import { isInDirectory } from '../external-sign-in/external-provider.ts'
import { dueAt } from '../flow/trigger.ts'
import { checkTypedPassword } from '../flow/typed-password.ts'
import { unlinkAccounts } from '../linked-account/linked-account.service.ts'
import { checkSendsMail, mailOf, mayAskForMail, prepareMail } from '../mail/mail.service.ts'
import { type Mail, sendsMail } from '../mail/mail.ts'
import { languageOfAskedMail } from '../mail/mail-language.ts'
import { ANSWER_GRACE } from '../one-time-token/one-time-token.ts'
import { noteGoodEnd } from '../proof-of-work/proof-of-work.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { changeProvenUser, directoryOf, hashOf, verifyPassword } from '../user/user.service.ts'
import type { User } from '../user/user.ts'
import { recoveryLetter } from './account-letters.ts'
import { findLink, type NewLink, newLink, spendLink, storeLink } from './account-link.ts'
import { tellOfNewPassword } from './change-notice.ts'
import { type AskedInBrowser, waitingIn } from './waiting-request.ts'

const KIND = 'password_recovery'

/** What a link is about. It is dead when any of this is no longer so. */
interface About {
  readonly userId: string
  readonly emailKey: string
  readonly passwordSetAt: number | null
  /** Whether the link was mailed to the address. Whoever else gave it proves nothing about the mailbox. */
  readonly mailed: boolean
  /** The authorization request that waits in the browser that asked; null for none. */
  readonly waiting: string | null
}

/** A link with which a password can be set, and whose. */
export interface OpenRecovery {
  readonly user: User
  /** The authorization request that waits in the browser that asked; null for none. */
  readonly waiting: string | null
}

/**
 * Mails a link to the account with an address, if there is one and it may sign in. It is called once the person was
 * answered, so that neither the answer nor its time tells whether the account exists.
 */
export async function askForRecovery(
  context: Context,
  request: AskedInBrowser & { readonly email: string },
): Promise<void> {
  if (!sendsMail(context) || !(await mayAskForMail(context, KIND, request.email))) return
  const { directoryId } = realmOf(context.scope)
  const found = await context.read.users.findForSignIn(directoryId, emailKey(request.email))
  if (found?.user.status !== 'active' || (await isInDirectory(context, found.user.id))) return
  const waiting = await waitingIn(context, request)
  await sendRecovery(context, found.user, { waiting, askedFrom: context.actor.origin.ip, mail: mailOf })
}

/**
 * Mails a user a link to set a password, for an administrator.
 * @throws Failure `not_found`, `conflict` if the user is suspended or no mail server is configured,
 *   `too_many_requests`
 */
export async function sendPasswordReset(context: Context, { id }: { readonly id: string }): Promise<void> {
  const user = await context.read.users.find(directoryOf(context), id)
  if (!user) throw new Failure('not_found')
  checkSendsMail(context)
  if (user.status !== 'active') throw new Failure('conflict', 'The user is suspended.')
  if (await isInDirectory(context, id)) throw new Failure('conflict', 'The user has the password of a directory.')
  await sendRecovery(context, user, { waiting: null, askedFrom: null, mail: prepareMail })
}

/** Mails a user a link to set a password. @param asked where it was asked for, and how the mail is prepared */
export async function sendRecovery(
  context: Context,
  user: User,
  asked: {
    readonly waiting: string | null
    readonly askedFrom: string | null
    readonly mail: (...about: Parameters<typeof mailOf>) => Mail | Promise<Mail>
  },
): Promise<void> {
  const { email } = user
  const link = recoveryLinkOf(context, user, { mailed: true, waiting: asked.waiting })
  const { about } = link.payload
  const { url, expiresAt } = link
  const realm = realmOf(context.scope).name
  const language = await languageOfAskedMail(context, user)
  const letter = recoveryLetter(language, { realm, email, url, expiresAt, askedFrom: asked.askedFrom })
  const mail = await asked.mail(context, { kind: KIND, aboutId: user.id, recipient: email, expiresAt }, letter)
  await context.write(async (unit) => {
    if (!(await lockOwner(context, unit, about))) return
    await storeLink(unit, link)
    await unit.mails.insert(mail)
    unit.emit('user.password_reset_sent', {
      subject: { type: 'user', id: user.id, label: email },
      data: { email, directoryId: user.directoryId, expiresAt },
    })
  })
}

/**
 * A new link with which a user sets a password, to be stored in a write. A mailed one takes the place of no other: anybody
 * can have one mailed.
 */
export function recoveryLinkOf(
  context: Context,
  { id, email, passwordSetAt }: User,
  given: Pick<About, 'mailed' | 'waiting'>,
): NewLink<About> {
  const subject = given.mailed ? id : `${id} by hand`
  return newLink(context, KIND, subject, { userId: id, emailKey: emailKey(email), passwordSetAt, ...given })
}

/** Whose password a link can set now; undefined for none. */
export async function findRecovery(context: Context, token: string | undefined): Promise<OpenRecovery | undefined> {
  const link = await findLink<About>(context, context.read, KIND, token)
  if (!link || link.usedAt !== null) return undefined
  const user = await context.read.users.find(realmOf(context.scope).directoryId, link.about.userId)
  return isOwner(user, link.about) ? { user, waiting: link.about.waiting } : undefined
}

/**
 * Sets a password by a link. All sessions and tokens of the person end, and the person is told by mail. It signs nobody
 * in, so that a second factor is asked for as ever. If nobody proved to own the address before, whatever authenticators and
 * linked accounts there are may be somebody else's, so they are removed.
 * @param context in which the person acts
 * @throws Failure `expired` if the link does not work now, `invalid_input` for an invalid password
 */
export async function recoverPassword(
  context: Context,
  { token, password }: { readonly token: string; readonly password: string },
): Promise<void> {
  const open = await findRecovery(context, token)
  if (!open) throw new Failure('expired')
  await checkTypedPassword(context, 'password_reset', open.user, password)
  const passwordHash = await hashOf(context, password, open.user.email)
  await context.write(async (unit) => {
    const link = await findLink<About>(context, unit, KIND, token)
    const user = link && (await lockOwner(context, unit, link.about))
    if (!user || (await isInDirectory({ ...context, read: unit }, user.id))) throw new Failure('expired')
    await spendLink(context, unit, KIND, token)
    const { mailed } = link.about
    await changeProvenUser(context, unit, user, { mailed, passwordHash })
    if (mailed && !user.emailVerified) {
      await removeAuthenticators(context, unit, user)
      await unlinkAccounts(context, unit, user)
    }
    await unit.users.setDue(user.id, dueAt('password_reset', realmOf(context.scope).id))
    await tellOfNewPassword(context, unit, user)
  })
  await noteGoodEnd(context)
}

/**
 * The recovery that set a password by this link less than a minute ago, as after a second click on the button;
 * undefined if there was none.
 */
export async function justRecovered(
  context: Context,
  { token, password }: { readonly token: string | undefined; readonly password: string },
): Promise<OpenRecovery | undefined> {
  const link = await findLink<About>(context, context.read, KIND, token)
  if (!link?.usedAt || link.usedAt + ANSWER_GRACE <= context.clock.now()) return undefined
  const { directoryId } = realmOf(context.scope)
  const user = await context.read.users.find(directoryId, link.about.userId)
  if (!user || !(await verifyPassword(context, directoryId, { email: user.email, password }))) return undefined
  return { user, waiting: link.about.waiting }
}

async function lockOwner(context: Context, unit: Unit, about: About): Promise<User | undefined> {
  const user = await unit.users.lock(realmOf(context.scope).directoryId, about.userId)
  return isOwner(user, about) ? user : undefined
}

function isOwner(user: User | undefined, about: About): user is User {
  return (
    user?.status === 'active' && emailKey(user.email) === about.emailKey && user.passwordSetAt === about.passwordSetAt
  )
}
