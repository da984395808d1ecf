// The pages of flows in the middle of a sign-in: what a flow waits for, and where people come back from another address.
import { RECOVERY_PATH } from '#domain/account/account-link.ts'
import { askForVerification } from '#domain/account/email-verification.service.ts'
import { findWaiting } from '#domain/authorization/transaction.ts'
import { NO_FACTOR } from '#domain/flow/engine.ts'
import { beginReturn, readReturn } from '#domain/flow/flow-return.ts'
import { answerRedirect, type FlowOutcome, runFlows } from '#domain/flow/run-flow.service.ts'
import type { Wait } from '#domain/flow/run-state.ts'
import { watchShadows } from '#domain/flow/shadow.service.ts'
import { sendsMail } from '#domain/mail/mail.ts'
import type { Services } from '#domain/open-context.ts'
import { Failure } from '#kernel/error.ts'
import { readCookie } from '#web/cookies.ts'
import { currentSession } from '#web/current-session.ts'
import { FLOW_RETURN_PATH, SIGN_IN_PATHS } from '#web/page-paths.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'
import { mailsAnHour, quoted, tell } from './account-form.ts'
import { failureReply, frameOf, pageReply, wordsFor } from './page-reply.ts'
import { formPage } from './views/form-page.ts'
import { message } from './views/message.ts'
import {
  formOf,
  goOn,
  type HalfWay,
  halfWay,
  switchAccount,
  toPage,
  toWaiting,
  type Waiting,
  waitingFor,
} from './waiting.ts'

type Refusal = Extract<FlowOutcome, { kind: 'refused' }>
type Waits = Extract<FlowOutcome, { kind: 'waits' }>

/** The page of a flow that holds a sign-in up. It goes on with the flow each time it is opened. */
export const flowPage: Endpoint = {
  name: 'flow',
  methods: ['GET', 'POST'],
  paths: [SIGN_IN_PATHS.flow],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const waiting = await waitingFor(services, realmRequest)
    const person = await halfWay(waiting, 'flow')
    if ('status' in person) return person
    if (realmRequest.method !== 'POST') return goOnWithFlows(services, waiting, person)
    const decision = realmRequest.form.get('decision')
    if (decision === 'switch_account') return switchAccount(waiting)
    if (person.proven.flows?.run?.wait?.kind !== 'awaiting_email_verification') return toPage(waiting, 'flow')
    return sendLink(services, waiting, person)
  },
}

/** Where people come back whom a flow sent to another address. */
export const flowReturnPage: Endpoint = {
  name: 'flow_return',
  methods: ['GET'],
  paths: [FLOW_RETURN_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const [state, result, signature] = ['state', 'result', 'signature'].map((name) => realmRequest.query.get(name))
    const back = await readReturn(context, { state, result, signature })
    const transaction = await findWaiting(context, back.transaction, readCookie(realmRequest, 'browser'))
    const waiting = await toWaiting(context, realmRequest, await currentSession(context, realmRequest), transaction)
    const person = await halfWay(waiting, 'flow')
    if ('status' in person) return person
    await answerRedirect(context, { ...person, place: waiting.place }, back)
    return toPage(waiting, 'flow')
  },
}

async function goOnWithFlows(services: Services, waiting: Waiting, person: HalfWay): Promise<RealmReply> {
  const context = contextOfPerson(services, waiting.realmRequest, person.user)
  const outcome = await runFlows(context, { ...person, place: waiting.place })
  if (outcome.kind === 'over') return toPage(waiting, 'sign_in')
  if (outcome.kind === 'refused') {
    const ended = { user: person.user, proven: outcome.proven, aal: null }
    return { ...showRefusal(waiting, outcome), after: () => watchShadows(context, ended) }
  }
  return outcome.kind === 'waits' ? showWait(waiting, person, outcome) : goOn(waiting, outcome)
}

async function showWait(waiting: Waiting, person: HalfWay, { wait, run }: Waits): Promise<RealmReply> {
  switch (wait.kind) {
    case 'awaiting_mfa':
      return toPage(waiting, 'second_factor')
    case 'awaiting_mfa_enrollment':
      return toPage(waiting, 'enrolment')
    case 'awaiting_email_verification':
      return showVerification(waiting, person)
    case 'delayed':
      return showDelay(waiting, wait.until)
    case 'redirect':
      return leave(waiting, wait, await beginReturn(waiting.context, waiting.transaction.id, run, wait))
  }
}

function showVerification(waiting: Waiting, { user }: HalfWay): RealmReply {
  const { realmRequest } = waiting
  if (!sendsMail(waiting.context)) throw new Failure('temporarily_unavailable')
  const words = wordsFor(realmRequest, 'verification')
  const { action, ...hidden } = formOf(waiting, SIGN_IN_PATHS.flow)
  const html = formPage({
    frame: frameOf(realmRequest),
    title: words.title,
    paragraphs: [words.unconfirmed(quoted(user.email))],
    action,
    hidden,
    fields: [],
    submit: wordsFor(realmRequest, 'mailed').sendMail,
  })
  return pageReply(200, html, { leadsAway: true })
}

/** Mails the link, which this browser can open before the person is signed in. */
async function sendLink(services: Services, waiting: Waiting, { user }: HalfWay): Promise<RealmReply> {
  const { realmRequest, transaction } = waiting
  if (user.emailVerified) return toPage(waiting, 'flow')
  const person = contextOfPerson(services, realmRequest, user)
  const isSent = await askForVerification(person, user, transaction.id)
  const [words, mailed] = [wordsFor(realmRequest, 'verification'), wordsFor(realmRequest, 'mailed')]
  if (!isSent) {
    const paragraphs = [`${mailsAnHour(realmRequest)} ${words.later}`]
    return tell(realmRequest, 429, { title: words.tooManyTitle, paragraphs })
  }
  const next = { href: hereIn(waiting), label: wordsFor(realmRequest, 'form').proceed }
  return tell(realmRequest, 200, { title: mailed.mailboxTitle, paragraphs: [words.sent(quoted(user.email))], next })
}

function hereIn({ realmRequest, transaction }: Waiting): string {
  return withQuery(realmRequest.base + SIGN_IN_PATHS.flow, { transaction: transaction.id })
}

/** A page that the browser loads again when the time is over; without that the person follows the link. */
function showDelay(waiting: Waiting, until: number): RealmReply {
  const { realmRequest, context } = waiting
  const words = wordsFor(realmRequest, 'flow')
  const seconds = Math.max(1, Math.ceil((until - context.clock.now()) / 1000))
  const next = { href: hereIn(waiting), label: wordsFor(realmRequest, 'form').proceed }
  const html = message({ frame: frameOf(realmRequest), title: words.waitTitle, paragraphs: [words.wait], next })
  const reply = pageReply(200, html)
  return { ...reply, headers: { ...reply.headers, refresh: String(seconds) } }
}

function leave(waiting: Waiting, { url, seconds }: Extract<Wait, { kind: 'redirect' }>, state: string): RealmReply {
  const { realmRequest } = waiting
  const target = withQuery(url, { state, return_to: realmRequest.issuer + FLOW_RETURN_PATH })
  if (seconds === 0) return seeOther(target)
  const words = wordsFor(realmRequest, 'flow')
  const next = { href: target, label: wordsFor(realmRequest, 'form').proceed }
  const paragraphs = [words.leave(quoted(new URL(url).host))]
  const html = message({ frame: frameOf(realmRequest), title: words.waitTitle, paragraphs, next })
  const reply = pageReply(200, html, { leadsAway: true })
  return { ...reply, headers: { ...reply.headers, refresh: `${seconds};url=${target}` } }
}

function showRefusal(waiting: Waiting, { refusal, message: said }: Refusal): RealmReply {
  const { realmRequest, context, transaction } = waiting
  const words = wordsFor(realmRequest, 'flow')
  const isWeak = refusal.type === 'require_password_strength' && refusal.outcome === 'block'
  const failed = refusal.reason === NO_FACTOR ? words.noFactor : words.failed
  const told = isWeak ? words.weakPassword : refusal.outcome === 'error' ? failed : words.refused
  const query = { transaction: transaction.id }
  const again = {
    href: withQuery(realmRequest.base + SIGN_IN_PATHS.sign_in, query),
    label: wordsFor(realmRequest, 'form').signIn,
  }
  const recovery = { href: withQuery(realmRequest.base + RECOVERY_PATH, query), label: words.newPassword }
  const reply = tell(realmRequest, 403, {
    title: words.refusedTitle,
    paragraphs: said === null ? [told] : [quoted(said)],
    next: isWeak && sendsMail(context) ? recovery : again,
  })
  return { ...reply, refusal: new Failure('access_denied', { step: 'flow', message: 'A flow refused the sign-in.' }) }
}
