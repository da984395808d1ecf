// The page that verifies an e-mail address: where the mailed link leads, and where a signed-in person asks for another one.

import { VERIFICATION_PATH } from '#domain/account/account-link.ts'
import { askForVerification, findVerification, verifyEmail } from '#domain/account/email-verification.service.ts'
import type { Context } from '#domain/context.ts'
import { sendsMail } from '#domain/mail/mail.ts'
import type { Services } from '#domain/open-context.ts'
import type { User } from '#domain/user/user.ts'
import { Failure } from '#kernel/error.ts'
import { currentSession } from '#web/current-session.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { checkForm, MAILS_AN_HOUR, showForm, tell } from './account-form.ts'
import { failureReply } from './page-reply.ts'

const DEAD = {
  title: 'This link does not work any more',
  paragraphs: ['It works once, for a day, and only the newest one does.'],
}

/** The page that verifies an address. GET changes nothing, because programs that protect mailboxes open every link. */
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
    if (found.isDone) return verified(realmRequest, found.user)
    return posted
      ? verify(services, realmRequest, token, found.user)
      : showLink(context, realmRequest, token, found.user)
  },
}

async function verify(services: Services, realmRequest: RealmRequest, token: string, user: User): Promise<RealmReply> {
  const context = contextOfPerson(services, realmRequest, user)
  try {
    await verifyEmail(context, token)
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'expired') throw error
    const found = await findVerification(context, token)
    if (!found?.isDone) return dead(context, realmRequest)
  }
  return verified(realmRequest, user)
}

function showLink(context: Context, realmRequest: RealmRequest, token: string, { email }: User): RealmReply {
  return showForm(context, realmRequest, {
    path: VERIFICATION_PATH,
    about: token,
    title: 'Confirm your address',
    paragraphs: [`Is ${email} the address of your account here?`],
    hidden: { token },
    fields: [],
    submit: 'Yes, it is mine',
  })
}

/** The page without a link: a person who is signed in asks for a mail. */
async function forSignedIn(services: Services, context: Context, realmRequest: RealmRequest): Promise<RealmReply> {
  const signedIn = await currentSession(context, realmRequest)
  if (!signedIn || !sendsMail(context)) return dead(context, realmRequest)
  const { user } = signedIn
  if (user.emailVerified) return verified(realmRequest, user)
  if (realmRequest.method === 'POST') {
    const isSent = await askForVerification(contextOfPerson(services, realmRequest, user), user)
    return tell(realmRequest, isSent ? 200 : 429, isSent ? sentTo(user) : TOO_MANY)
  }
  return showForm(context, realmRequest, {
    path: VERIFICATION_PATH,
    title: 'Confirm your address',
    paragraphs: [`Nobody has confirmed yet that ${user.email} is yours. A mail with a link is sent to it.`],
    hidden: {},
    fields: [],
    submit: 'Send the mail',
  })
}

const TOO_MANY = {
  title: 'Too many mails',
  paragraphs: [`${MAILS_AN_HOUR} Try again later.`],
}

function sentTo({ email }: User) {
  return {
    title: 'Look into your mailbox',
    paragraphs: [
      `A mail with a link is on its way to ${email}. The link works for a day, and only the newest one does.`,
    ],
  }
}

function verified(realmRequest: RealmRequest, { email }: User): RealmReply {
  return tell(realmRequest, 200, {
    title: 'Your address is confirmed',
    paragraphs: [`${email} is confirmed. You can close this window now.`],
  })
}

async function dead(context: Context, realmRequest: RealmRequest): Promise<RealmReply> {
  const canAsk = sendsMail(context) && (await currentSession(context, realmRequest)) !== undefined
  return tell(realmRequest, 410, {
    ...DEAD,
    paragraphs: [...DEAD.paragraphs, ...(canAsk ? [] : ['To ask for a new one, sign in and open this page again.'])],
    next: canAsk ? { href: realmRequest.base + VERIFICATION_PATH, label: 'Ask for a new link' } : undefined,
  })
}
