// Signs users in by a mail that has a code and a link. Both work in the browser that asked for the mail, and nowhere else.
import { emailKey } from '#kernel/identity-text.ts'
import { signInLetter } from '../account/account-letters.ts'
import {
  type FoundLink,
  findLink,
  findLinkAbout,
  LINK_LIFETIMES,
  newLink,
  spendLink,
  spendLinkAbout,
  storeLink,
} from '../account/account-link.ts'
import { endFormerAccess } from '../account/former-access.ts'
import { sendRecovery } from '../account/password-recovery.service.ts'
import { askForRegistration } from '../account/user-registration.service.ts'
import type { AskedInBrowser } from '../account/waiting-request.ts'
import { userActor } from '../actor.ts'
import { type Carried, carry, readCarried } from '../authorization/carried-request.ts'
import type { Context, Unit } from '../context.ts'
import { isInDirectory } from '../external-sign-in/external-provider.ts'
import { mailOf, mayAskForMail } from '../mail/mail.service.ts'
import { languageOfAskedMail } from '../mail/mail-language.ts'
import { ANSWER_GRACE } from '../one-time-token/one-time-token.ts'
import { noteGoodEnd } from '../proof-of-work/proof-of-work.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkUpdated, revise } from '../update.ts'
import { type User, UserFields } from '../user/user.ts'
import { knownAccountOf, readKnownBrowser } from './known-browser.ts'
import { repeatedSession, type SignInPlace } from './open-session.ts'
import { type Advance, isAdvance, nextFor, proceed } from './proceed.ts'
import { firstProven, isPending, isStillOf } from './proven.ts'
import { signsInByMail } from './signs-in-by-mail.ts'

const KIND = 'email_sign_in'
const DIGITS = '0123456789'
const CODE_LENGTH = 8
/** How many codes may be tried for one mail. */
const TRIES = { limit: 5, windowSeconds: 600 }

/** What the browser carries from the page that asks for a mail to the page that takes its code. */
export interface MailAsk {
  /** The address as it was typed. */
  readonly email: string
  /** The key of the request that waits in the browser. */
  readonly request: string
}

/** What a mail is about. It is dead when any of this is no longer so. */
interface About {
  readonly userId: string
  readonly emailKey: string
  readonly passwordSetAt: number | null
  /** The code and the ask that the mail answers, as a keyed digest: the code is refused for another ask. */
  readonly code: string
  /** The request that waits in the browser that asked. */
  readonly waiting: string
  readonly askedFrom: string | null
}

/** A link that a person has opened. */
export interface OpenedLink {
  readonly user: User
  /** The request that waits in the browser that asked, as a text that only this browser can go on with. */
  readonly waiting: string
  /** The IP address from which the mail was asked for. */
  readonly askedFrom: string | null
}

/**
 * What came of a code or a link. `over`: the mail does not work any more; `too_many_attempts`: nor does it after so many
 * wrong codes.
 */
export type MailOutcome =
  | Advance
  /** `after` tells operators, once the person was answered: its time must not tell whether there is an account. */
  | { readonly kind: 'incorrect'; readonly after: () => Promise<void> }
  | { readonly kind: 'over' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfter: number }

/** What a browser carries that asks for a mail. It says nothing about whether there is an account. */
export function newAsk(context: Context, ask: MailAsk, browserSecret: string): Carried<MailAsk> {
  return carry(context, KIND, ask, browserSecret)
}

/**
 * The ask that a browser carries for a waiting request; undefined if it is of another one, or too old.
 * @throws Failure `expired` if it cannot be read, `forbidden` for another browser
 */
export function readAsk(
  context: Context,
  id: string | undefined,
  request: string,
  browserSecret: string | undefined,
): Carried<MailAsk> | undefined {
  const ask = readCarried<MailAsk>(context, KIND, id, browserSecret)
  const isOld = ask.createdAt + LINK_LIFETIMES[KIND] <= context.clock.now()
  return isOld || ask.request.request !== request ? undefined : ask
}

/**
 * Mails a code and a link to the account with an address, if there is one and it may sign in. It is called once the person
 * was answered, so that neither the answer nor its time tells whether the account exists. Nobody has proven to own an
 * address that is not verified, so that the password or the second factor of such an account may be somebody else's: it gets
 * the link to set a new password instead, which does away with them. Where people can make accounts, an address without one
 * gets the link to make it.
 * @param asked what the browser says of itself, with the cookie of a browser in which somebody signed in before
 */
export async function askForSignInMail(
  context: Context,
  ask: Carried<MailAsk>,
  { known, ...asked }: AskedInBrowser & { readonly transaction: string; readonly known: string | undefined },
): Promise<void> {
  if (!signsInByMail(context)) return
  const { email } = ask.request
  const found = await context.read.users.findForSignIn(realmOf(context.scope).directoryId, emailKey(email))
  const user = found?.user.status === 'active' ? found.user : undefined
  const knownBrowser = user && readKnownBrowser(context, known, knownAccountOf(user))
  if (!(await mayAskForMail(context, KIND, email, knownBrowser))) return
  if (!found) return askForRegistration(context, { email, ...asked }, { isCounted: true })
  if (!user) return
  const { ip: askedFrom } = context.actor.origin
  const waiting = asked.transaction
  const isSetUp = user.passwordSetAt !== null || user.secondFactors > 0
  if (!user.emailVerified && (isSetUp || (await context.read.linkedAccounts.allOf(user.id)).length > 0))
    return (await isInDirectory(context, user.id))
      ? undefined
      : sendRecovery(context, user, { waiting, askedFrom, mail: mailOf })
  const code = context.random.text(CODE_LENGTH, DIGITS)
  const about: About = {
    userId: user.id,
    emailKey: emailKey(user.email),
    passwordSetAt: user.passwordSetAt,
    code: digestOf(context, ask, code),
    waiting,
    askedFrom,
  }
  const link = newLink(context, KIND, subjectOf(ask), about)
  const { url, expiresAt } = link
  const realm = realmOf(context.scope).name
  const shown = `${code.slice(0, CODE_LENGTH / 2)} ${code.slice(CODE_LENGTH / 2)}`
  const language = await languageOfAskedMail(context, user)
  const letter = signInLetter(language, { realm, email: user.email, url, expiresAt, askedFrom, code: shown })
  const mail = mailOf(context, { kind: KIND, aboutId: user.id, recipient: user.email, expiresAt }, letter)
  await context.write(async (unit) => {
    if (!isOwner(await unit.users.lock(user.directoryId, user.id), about)) return
    await storeLink(unit, link)
    await unit.mails.insert(mail)
    unit.emit('user.sign_in_mail_sent', {
      subject: { type: 'user', id: user.id, label: user.email },
      data: { email: user.email, directoryId: user.directoryId, expiresAt },
    })
  })
}

/** The link that somebody opens, used less than a minute ago or not yet; undefined if it does not work. */
export async function findSignInLink(context: Context, token: string | undefined): Promise<OpenedLink | undefined> {
  const link = await findLink<About>(context, context.read, KIND, token)
  if (!link || !signsInByMail(context) || isLongUsed(context, link)) return undefined
  const user = await context.read.users.find(realmOf(context.scope).directoryId, link.about.userId)
  const { waiting, askedFrom } = link.about
  return isOwner(user, link.about) ? { user, waiting, askedFrom } : undefined
}

/**
 * Signs a user in by the link of a mail.
 * @param place of the request that waits in this browser, which is the one that asked for the mail
 */
export async function signInByLink(context: Context, token: string, place: SignInPlace): Promise<MailOutcome> {
  let isSpent = false
  const outcome = await context.write(async (unit) => {
    const link = await findLink<About>(context, unit, KIND, token)
    const spend = async () => {
      await spendLink(context, unit, KIND, token)
      isSpent = true
    }
    return link ? enter(context, unit, link, { place, spend }) : ({ kind: 'over' } as const)
  })
  if (isSpent && isAdvance(outcome)) await noteGoodEnd(context)
  return outcome
}

/**
 * Signs a user in by the code of a mail. Wrong codes are counted for the one ask that the mail answers, which is bound to its
 * browser: nobody can use up the tries of somebody else. A new ask gives new tries, and as many asks as an address gets
 * mails. The response and what is counted are the same where there is no account.
 * @param ask as {@link readAsk} returns it
 */
export async function signInByCode(
  context: Context,
  ask: Carried<MailAsk>,
  typed: string,
  place: SignInPlace,
): Promise<MailOutcome> {
  if (!signsInByMail(context)) return { kind: 'over' }
  const { limiter } = context
  const tries = `email-code ${ask.key}`
  const retryAfter = await limiter.take(tries, TRIES.limit, TRIES.windowSeconds)
  if (retryAfter > 0) return { kind: 'too_many_attempts', retryAfter }
  let isSpent = false
  const subject = subjectOf(ask)
  const outcome = await context.write((unit) => {
    const spend = async () => {
      await spendLinkAbout(context, unit, KIND, subject)
      isSpent = true
    }
    return checkCode(context, unit, { ask, typed, place, spend })
  })
  if (isAdvance(outcome)) await limiter.giveBack(tries)
  if (isSpent && isAdvance(outcome)) await noteGoodEnd(context)
  return outcome
}

/**
 * Signs a user in who made the account just now, by a link that was mailed to this browser’s person.
 * @param place of the request that waits in this browser, which is the one that asked for the mail
 */
export function signInByRegistration(context: Context, userId: string, place: SignInPlace): Promise<MailOutcome> {
  return context.write(async (unit) => {
    const user = await unit.users.lock(realmOf(context.scope).directoryId, userId)
    const proven = user && firstProven(user, ['email'], context.clock.now())
    return (proven && (await proceed(context, unit, proven, place))) ?? { kind: 'over' }
  })
}

async function checkCode(
  context: Context,
  unit: Unit,
  { ask, typed, ...entry }: Entry & { readonly ask: Carried<MailAsk>; readonly typed: string },
): Promise<MailOutcome> {
  const link = await findLinkAbout<About>(context, unit, KIND, subjectOf(ask))
  const digest = digestOf(context, ask, typed.replaceAll(/[\s-]/g, ''))
  const isRight = context.crypto.equal(digest, link?.about.code ?? '')
  if (link && isRight) return enter(context, unit, link, entry)
  return { kind: 'incorrect', after: () => emitWrongCode(context, ask, link?.about.userId) }
}

async function emitWrongCode({ write }: Context, ask: Carried<MailAsk>, userId: string | undefined): Promise<void> {
  if (userId === undefined) return
  await write((unit) =>
    unit.emit('sign_in.failed', {
      subject: { type: 'user', id: userId, label: ask.request.email },
      result: 'failure',
      data: { method: 'email', reason: 'wrong_code' },
    }),
  )
}

interface Entry {
  readonly place: SignInPlace
  readonly spend: () => Promise<void>
}

async function enter(
  context: Context,
  unit: Unit,
  link: FoundLink<About>,
  { place, spend }: Entry,
): Promise<MailOutcome> {
  const now = context.clock.now()
  const user = await unit.users.lock(realmOf(context.scope).directoryId, link.about.userId)
  if (!isOwner(user, link.about) || isLongUsed(context, link)) return { kind: 'over' }
  if (link.usedAt !== null) return enterAgain(context, unit, user, place)
  await spend()
  // Whoever was in until the owner of the address came may be somebody else.
  if (!user.emailVerified) await endFormerAccess(context, unit, user)
  const verified = await verifyAddress(unit, user, now)
  return (await proceed(context, unit, firstProven(verified, ['email'], now), place)) ?? { kind: 'over' }
}

/** What the first of two clicks led to. */
async function enterAgain(context: Context, unit: Unit, user: User, place: SignInPlace): Promise<MailOutcome> {
  const repeated = await repeatedSession(context, unit, user.id, place)
  if (repeated) return { kind: 'signed_in', user, ...repeated }
  const kept = await place.proven(unit)
  if (!kept || !isPending(kept, context.clock.now()) || !isStillOf(kept, user)) return { kind: 'over' }
  const next = await nextFor(context, unit, user, kept, place)
  if (next === 'unreachable') return { kind: 'unreachable' }
  return next === 'session' ? { kind: 'over' } : { kind: 'more', next }
}

/** Whoever has the mail has the mailbox. */
async function verifyAddress(unit: Unit, user: User, now: number): Promise<User> {
  const revised = user.emailVerified ? undefined : revise(UserFields, user, { emailVerified: true }, now)
  if (!revised) return user
  const { after, change } = revised
  checkUpdated(await unit.users.update(after), 'The address is in use.')
  unit.emit('user.updated', {
    subject: { type: 'user', id: user.id, label: user.email },
    actor: userActor(user),
    data: { email: user.email, directoryId: user.directoryId, ...change },
  })
  return after
}

/** Of one browser, only the newest mail to an address works; those of other browsers are apart. */
function subjectOf({ request: { email, request } }: Carried<MailAsk>): string {
  return `${request} ${emailKey(email)}`
}

function digestOf({ crypto }: Pick<Context, 'crypto'>, ask: Carried<MailAsk>, code: string): string {
  return crypto.mac('email-code', JSON.stringify([ask.key, code]))
}

function isLongUsed({ clock }: Context, { usedAt }: FoundLink<About>): boolean {
  return usedAt !== null && usedAt + ANSWER_GRACE <= clock.now()
}

function isOwner(user: User | undefined, about: About): user is User {
  return (
    user?.status === 'active' && emailKey(user.email) === about.emailKey && user.passwordSetAt === about.passwordSetAt
  )
}
