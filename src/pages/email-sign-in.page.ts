// The pages for who signs in by mail: one takes the code, the other is where the link leads.
import { SIGN_IN_LINK_PATH } from '#domain/account/account-link.ts'
import type { Carried } from '#domain/authorization/carried-request.ts'
import type { Context } from '#domain/context.ts'
import {
  findSignInLink,
  type MailAsk,
  type OpenedLink,
  readAsk,
  signInByCode,
  signInByLink,
} from '#domain/sign-in/email-sign-in.service.ts'
import { isAdvance } from '#domain/sign-in/proceed.ts'
import { signsInByMail } from '#domain/sign-in/signs-in-by-mail.ts'
import { readCookie } from '#web/cookies.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { checkForm, quoted, showForm, tell, toMailRedirect } from './account-form.ts'
import { failureReply, frameOf, pageReply, wordsFor } from './page-reply.ts'
import { emailSignIn, type MailCodeProblem } from './views/email-sign-in.ts'
import { formOf, goOn, isToSignIn, resume, takes, toPage, type Waiting, waitingFor, waitingHere } from './waiting.ts'

/** The page that takes the code. It is the same whether or not a mail was sent. */
export const emailSignInPage: Endpoint = {
  name: 'email_sign_in',
  methods: ['GET', 'POST'],
  paths: [SIGN_IN_PATHS.email],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const waiting = await waitingFor(services, realmRequest)
    if (!isToSignIn(waiting)) return resume(waiting)
    const posted = realmRequest.method === 'POST'
    const id = (posted ? realmRequest.form : realmRequest.query).get('ask')
    const { context, transaction, place } = waiting
    const ask = readAsk(context, id, transaction.key, readCookie(realmRequest, 'browser'))
    if (!ask || !signsInByMail(context) || !takes(waiting, 'email')) return toPage(waiting, 'sign_in')
    if (!posted) return show(waiting, ask)
    const code = realmRequest.form.get('code')?.trim() ?? ''
    if (code === '') return show(waiting, ask, 'incomplete')
    const outcome = await signInByCode(context, ask, code, place)
    if (isAdvance(outcome)) return goOn(waiting, outcome)
    const reply = show(waiting, ask, outcome.kind)
    return outcome.kind === 'incorrect' ? { ...reply, after: outcome.after } : reply
  },
}

function show(waiting: Waiting, ask: Carried<MailAsk>, problem?: MailCodeProblem): RealmReply {
  const { realmRequest } = waiting
  const html = emailSignIn({
    frame: frameOf(realmRequest),
    ...formOf(waiting, SIGN_IN_PATHS.email),
    signIn: realmRequest.base + SIGN_IN_PATHS.sign_in,
    ask: ask.id,
    email: ask.request.email,
    problem,
  })
  const status = problem === 'too_many_attempts' ? 429 : problem ? 400 : 200
  return pageReply(status, html, { leadsAway: true })
}

/**
 * The page of the link. GET changes nothing, because programs that protect mailboxes open every link. In another browser
 * than the one that asked it only says how to go on there: whoever had a mail sent to somebody else gets nothing.
 */
export const signInLinkPage: Endpoint = {
  name: 'sign_in_link',
  methods: ['GET', 'POST'],
  paths: [SIGN_IN_LINK_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const posted = realmRequest.method === 'POST'
    const token = (posted ? realmRequest.form : realmRequest.query).get('token')
    if (posted) checkForm(context, realmRequest, SIGN_IN_LINK_PATH, token)
    const opened = await findSignInLink(context, token)
    if (!opened || token === undefined) return dead(context, realmRequest)
    const waiting = await waitingHere(context, realmRequest, opened.waiting)
    if (!waiting) return elsewhere(realmRequest, opened)
    if (!isToSignIn(waiting)) return resume(waiting)
    if (!posted) return showLink(context, realmRequest, token, opened)
    const outcome = await signInByLink(context, token, waiting.place)
    return isAdvance(outcome) ? goOn(waiting, outcome) : dead(context, realmRequest)
  },
}

function showLink(context: Context, realmRequest: RealmRequest, token: string, { user }: OpenedLink): RealmReply {
  const { signIn } = wordsFor(realmRequest, 'form')
  return showForm(context, realmRequest, {
    path: SIGN_IN_LINK_PATH,
    about: token,
    leadsAway: true,
    title: signIn,
    paragraphs: [wordsFor(realmRequest, 'emailSignIn').goOnAs(quoted(user.email))],
    hidden: { token },
    fields: [],
    submit: signIn,
  })
}

async function dead(context: Context, realmRequest: RealmRequest): Promise<RealmReply> {
  const next = await toMailRedirect(context, realmRequest, 'magicLinkRedirectUrl')
  const { deadTitle: title } = wordsFor(realmRequest, 'mailed')
  return tell(realmRequest, 410, { title, paragraphs: [wordsFor(realmRequest, 'emailSignIn').dead], next })
}

function elsewhere(realmRequest: RealmRequest, { askedFrom }: OpenedLink): RealmReply {
  const words = wordsFor(realmRequest, 'emailSignIn')
  const from = askedFrom === null ? [] : [words.askedFrom(quoted(askedFrom))]
  const paragraphs = [words.elsewhere, ...from, words.warning]
  return tell(realmRequest, 200, { title: words.elsewhereTitle, paragraphs })
}
