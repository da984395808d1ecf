// Lets a person prove to own the e-mail address of the account, by a link that is mailed to it.
import { Failure } from '#kernel/error.ts'
import { emailKey } from '#kernel/identity-text.ts'
import type { Context, Unit } from '../context.ts'
import { checkSendsMail, mailOf, mayAskForMail, prepareMail } from '../mail/mail.service.ts'
import { type Mail, sendsMail } from '../mail/mail.ts'
import { languageOfAskedMail } from '../mail/mail-language.ts'
import { realmOf } from '../realm/realm.service.ts'
import { changeProvenUser, directoryOf } from '../user/user.service.ts'
import type { User } from '../user/user.ts'
import { verificationLetter } from './account-letters.ts'
import { findLink, newLink, spendLink, storeLink } from './account-link.ts'

const KIND = 'email_verification'

/** What a link is about. It is dead when this is no longer so. */
interface About {
  readonly userId: string
  readonly emailKey: string
  /** The request that a flow holds up in the browser that asked; null for none. */
  readonly waiting?: string | null
}

/** What a link finds. */
export interface FoundVerification {
  readonly user: User
  /** Whether the address is verified by now. */
  readonly isDone: boolean
  /** The request that a flow holds up in the browser that asked; null for none. */
  readonly waiting: string | null
}

/**
 * Mails a link to the address of a person who asks for it, if it is not verified and the budgets allow it.
 * @param waiting the request that a flow holds up in this browser
 * @returns whether a mail is on its way
 */
export async function askForVerification(
  context: Context,
  user: User,
  waiting: string | null = null,
): Promise<boolean> {
  if (user.emailVerified || !sendsMail(context) || !(await mayAskForMail(context, KIND, user.email))) return false
  await sendLink(context, user, { askedFrom: context.actor.origin.ip, mail: mailOf, waiting })
  return true
}

/**
 * Mails a user a link to verify the address, for an administrator.
 * @throws Failure `not_found`, `conflict` if the address is verified, the user is suspended or no mail server is
 *   configured, `too_many_requests`
 */
export async function sendVerification(context: Context, { id }: { readonly id: string }): Promise<void> {
  const user = await context.read.users.find(directoryOf(context), id)
  if (!user) throw new Failure('not_found')
  checkSendsMail(context)
  if (user.status !== 'active') throw new Failure('conflict', 'The user is suspended.')
  if (user.emailVerified) throw new Failure('conflict', 'The address is verified already.')
  await sendLink(context, user, { askedFrom: null, mail: prepareMail, waiting: null })
}

async function sendLink(
  context: Context,
  { id, email, locale, directoryId }: User,
  asked: {
    readonly askedFrom: string | null
    readonly waiting: string | null
    readonly mail: (...about: Parameters<typeof mailOf>) => Mail | Promise<Mail>
  },
): Promise<void> {
  const about: About = { userId: id, emailKey: emailKey(email), waiting: asked.waiting }
  const link = newLink(context, KIND, id, about)
  const { url, expiresAt } = link
  const realm = realmOf(context.scope).name
  const language = await languageOfAskedMail(context, { locale })
  const letter = verificationLetter(language, { realm, email, url, expiresAt, askedFrom: asked.askedFrom })
  const mail = await asked.mail(context, { kind: KIND, aboutId: id, recipient: email, expiresAt }, letter)
  await context.write(async (unit) => {
    if (!(await lockOwner(context, unit, about))) return
    await storeLink(unit, link)
    await unit.mails.insert(mail)
    unit.emit('user.verification_sent', {
      subject: { type: 'user', id, label: email },
      data: { email, directoryId, expiresAt },
    })
  })
}

/** Whose address a link verifies, or has verified; undefined for a link that does not work. */
export async function findVerification(
  context: Context,
  token: string | undefined,
): Promise<FoundVerification | undefined> {
  const link = await findLink<About>(context, context.read, KIND, token)
  const user = link && (await context.read.users.find(realmOf(context.scope).directoryId, link.about.userId))
  if (!link || !isOwner(user, link.about)) return undefined
  if (link.usedAt !== null && !user.emailVerified) return undefined
  return { user, isDone: user.emailVerified, waiting: link.about.waiting ?? null }
}

/**
 * Verifies an address by a link.
 * @param context in which the person acts
 * @param userId who is signed in in the browser. Whoever reads the mailbox need not be who made the account: the account
 *   would keep the password and the linked accounts of somebody else
 * @throws Failure `expired` if the link does not work now, `forbidden` if it is about somebody else
 */
export async function verifyEmail(
  context: Context,
  token: string,
  { userId }: { readonly userId: string },
): Promise<void> {
  await context.write(async (unit) => {
    const link = await findLink<About>(context, unit, KIND, token)
    const user = link && (await lockOwner(context, unit, link.about))
    if (!user) throw new Failure('expired')
    if (user.id !== userId) throw new Failure('forbidden')
    await spendLink(context, unit, KIND, token)
    await changeProvenUser(context, unit, user, { mailed: true })
  })
}

async function lockOwner(context: Context, unit: Unit, about: About): Promise<User | undefined> {
  const user = await unit.users.lock(realmOf(context.scope).directoryId, about.userId)
  return isOwner(user, about) ? user : undefined
}

function isOwner(user: User | undefined, about: About): user is User {
  return user?.status === 'active' && emailKey(user.email) === about.emailKey
}
