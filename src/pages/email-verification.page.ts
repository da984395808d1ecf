// The page that verifies an e-mail address: where the mailed link leads, and where a signed-in person asks for another one.

import { VERIFICATION_PATH } from '#domain/account/account-link.ts'
import {
  askForVerification,
  type FoundVerification,
  findVerification,
  verifyEmail,
} from '#domain/account/email-verification.service.ts'
import type { Context } from '#domain/context.ts'
import { sendsMail } from '#domain/mail/mail.ts'
import type { Services } from '#domain/open-context.ts'
import type { User } from '#domain/user/user.ts'
import { Failure } from '#kernel/error.ts'
import { currentSession } from '#web/current-session.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { checkForm, mailsAnHour, quoted, showForm, tell, toAccount, toMailRedirect } from './account-form.ts'
import { failureReply, wordsFor } from './page-reply.ts'
import { html } from './views/markup.ts'
import { halfWay, switchAccount, toPage, type Waiting, waitingHere, waitingOfPage } from './waiting.ts'

/**
 * The page that verifies an address. GET changes nothing, because programs that protect mailboxes open every link. The form
 * has whoever is not signed in as the user sign in, and come back.
 */
export const emailVerificationPage: Endpoint = {
  name: 'email_verification',
  methods: ['GET', 'POST'],
  paths: [VERIFICATION_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const posted = realmRequest.method === 'POST'
    const token = (posted ? realmRequest.form : realmRequest.query).get('token')
    if (posted) checkForm(context, realmRequest, VERIFICATION_PATH, token)
    if (token === undefined) return forSignedIn(services, context, realmRequest)
    const found = await findVerification(context, token)
    if (!found) return dead(context, realmRequest)
    if (found.isDone) return verified(context, realmRequest, found.user)
    const heldUp = await heldUpHere(context, realmRequest, found)
    if (posted && heldUp) return verifyAndGoOn(services, heldUp, token, found.user)
    return posted
      ? verify(services, realmRequest, token, found.user)
      : showLink(context, realmRequest, token, found.user)
  },
}

/** The sign-in of the same person that a flow holds up in this browser until the address is verified. */
async function heldUpHere(
  context: Context,
  realmRequest: RealmRequest,
  { user, waiting: id }: FoundVerification,
): Promise<Waiting | undefined> {
  const waiting = await waitingHere(context, realmRequest, id)
  const person = waiting && (await halfWay(waiting, 'flow'))
  return person && !('status' in person) && person.user.id === user.id ? waiting : undefined
}

async function verifyAndGoOn(services: Services, waiting: Waiting, token: string, user: User): Promise<RealmReply> {
  await verifyEmail(contextOfPerson(services, waiting.realmRequest, user), token, { userId: user.id })
  return toPage(waiting, 'flow')
}

async function verify(services: Services, realmRequest: RealmRequest, token: string, user: User): Promise<RealmReply> {
  const context = contextOfPerson(services, realmRequest, user)
  const signedIn = await currentSession(context, realmRequest)
  if (signedIn?.user.id !== user.id) {
    const page = { path: VERIFICATION_PATH, query: { token } }
    return switchAccount(await waitingOfPage(context, realmRequest, signedIn, page, { loginHint: user.email }))
  }
  try {
    await verifyEmail(context, token, { userId: signedIn.user.id })
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'expired') throw error
    const found = await findVerification(context, token)
    if (!found?.isDone) return dead(context, realmRequest)
  }
  return verified(context, realmRequest, user)
}

async function showLink(
  context: Context,
  realmRequest: RealmRequest,
  token: string,
  { id, email }: User,
): Promise<RealmReply> {
  const other = (await currentSession(context, realmRequest))?.user
  const isOther = other !== undefined && other.id !== id
  const words = wordsFor(realmRequest, 'verification')
  return showForm(context, realmRequest, {
    path: VERIFICATION_PATH,
    about: token,
    title: words.title,
    paragraphs: [
      words.question(quoted(email)),
      ...(isOther ? [html`${wordsFor(realmRequest, 'form').signedInAs} ${quoted(other.email)}`] : []),
    ],
    hidden: { token },
    fields: [],
    submit: words.yes,
  })
}

/** The page without a link: a person who is signed in asks for a mail. */
async function forSignedIn(services: Services, context: Context, realmRequest: RealmRequest): Promise<RealmReply> {
  const signedIn = await currentSession(context, realmRequest)
  if (!signedIn || !sendsMail(context)) return dead(context, realmRequest)
  const { user } = signedIn
  if (user.emailVerified) return verified(context, realmRequest, user)
  const [words, mailed] = [wordsFor(realmRequest, 'verification'), wordsFor(realmRequest, 'mailed')]
  if (realmRequest.method === 'POST') {
    const isSent = await askForVerification(contextOfPerson(services, realmRequest, user), user)
    if (isSent)
      return tell(realmRequest, 200, { title: mailed.mailboxTitle, paragraphs: [words.sent(quoted(user.email))] })
    const paragraphs = [`${mailsAnHour(realmRequest)} ${words.later}`]
    return tell(realmRequest, 429, { title: words.tooManyTitle, paragraphs })
  }
  return showForm(context, realmRequest, {
    path: VERIFICATION_PATH,
    title: words.title,
    paragraphs: [words.unconfirmed(quoted(user.email))],
    hidden: {},
    fields: [],
    submit: mailed.sendMail,
  })
}

async function verified(context: Context, realmRequest: RealmRequest, { email }: User): Promise<RealmReply> {
  const words = wordsFor(realmRequest, 'verification')
  const paragraphs = [words.done(quoted(email))]
  const next = (await toMailRedirect(context, realmRequest, 'verifyRedirectUrl')) ?? toAccount(realmRequest)
  return tell(realmRequest, 200, { title: words.doneTitle, paragraphs, next })
}

async function dead(context: Context, realmRequest: RealmRequest): Promise<RealmReply> {
  const canAsk = sendsMail(context) && (await currentSession(context, realmRequest)) !== undefined
  const [words, mailed] = [wordsFor(realmRequest, 'verification'), wordsFor(realmRequest, 'mailed')]
  return tell(realmRequest, 410, {
    title: mailed.deadTitle,
    paragraphs: [words.dead, ...(canAsk ? [] : [words.deadAdvice])],
    next: canAsk ? { href: realmRequest.base + VERIFICATION_PATH, label: mailed.newLink } : toAccount(realmRequest),
  })
}
