// The invitation page, where users accept an invitation to an organization.
import type { Context } from '#domain/context.ts'
import type { Services } from '#domain/open-context.ts'
import {
  acceptInvitation,
  findOpenInvitation,
  type OpenInvitation,
  registerInvited,
} from '#domain/organization/acceptance.service.ts'
import { INVITATION_PATH } from '#domain/organization/invitation.ts'
import {
  type AnsweredForm,
  findInvitationAnswer,
  type InvitationAnswer,
  recordInvitationAnswer,
  sessionOfAnswer,
} from '#domain/organization/invitation-answer.ts'
import { isAdvance } from '#domain/sign-in/proceed.ts'
import { signInWithPassword } from '#domain/sign-in/sign-in.service.ts'
import type { SignedIn } from '#domain/sign-in/signed-in.ts'
import { Failure } from '#kernel/error.ts'
import { emailKey } from '#kernel/identity-text.ts'
import { browserOf, readCookie } from '#web/cookies.ts'
import { checkCsrf, csrfToken } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'
import { quoted, tell, toMailRedirect } from './account-form.ts'
import { brandedFor } from './brand.ts'
import { failureReply, frameOf, pageReply, wordsFor } from './page-reply.ts'
import { flawIn } from './password-flaw.ts'
import { type InvitationStep, invitation } from './views/invitation.ts'
import { goOn, signedInReply, waitingOfPage } from './waiting.ts'

/** A user with the link of an invitation. */
interface Visit {
  readonly services: Services
  readonly context: Context
  readonly realmRequest: RealmRequest
  readonly token: string
  readonly offer: OpenInvitation
  readonly signedIn: SignedIn | undefined
  /** What this browser's form was answered less than a minute ago. */
  readonly answered: InvitationAnswer | undefined
}

/**
 * The page that invitations open. GET changes nothing, because programs that protect mailboxes open every link. The
 * form accepts the invitation, once; a second click on its button gets the answer of the first.
 */
export const invitationPage: Endpoint = {
  name: 'invitation',
  methods: ['GET', 'POST'],
  paths: [INVITATION_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const posted = realmRequest.method === 'POST'
    const token = (posted ? realmRequest.form : realmRequest.query).get('invitation')
    const signedIn = await currentSession(context, realmRequest)
    const answered =
      posted && token !== undefined ? await findInvitationAnswer(context, formFrom(realmRequest, token)) : undefined
    if (posted) checkCsrf(context, realmRequest, about(token, shownTo(signedIn, answered)))
    const offer = token === undefined ? undefined : await findOpenInvitation(context, token)
    if (token === undefined || !offer) return tellUnknown(realmRequest)
    const { organizationId } = offer.invitation
    const branded = await brandedFor(context, realmRequest, { organizationId })
    const visit: Visit = { services, context, realmRequest: branded, token, offer, signedIn, answered }
    return posted ? answerForm(visit) : show(visit)
  },
}

async function answerForm(visit: Visit): Promise<RealmReply> {
  const { realmRequest, offer } = visit
  if (visit.answered && offer.invitation.status === 'accepted') return answerAgain(visit)
  // The invitation was accepted by another request, or it expired: show the current state.
  if (offer.invitation.status !== 'pending') return again(visit)
  const decision = realmRequest.form.get('decision')
  if (decision === 'switch_account') return again(visit, { account: 'other' })
  if (decision === 'join') return isInvited(visit) ? join(visit, visit.signedIn.user) : again(visit)
  if (decision === 'sign_in') return signInAndJoin(visit)
  if (decision === 'register') return register(visit)
  throw new Failure('invalid_request', 'The form does not say what was decided.')
}

async function join(visit: Visit, user: { readonly id: string; readonly email: string }): Promise<RealmReply> {
  const { services, realmRequest, token } = visit
  try {
    await acceptInvitation(contextOfPerson(services, realmRequest, user), { token, userId: user.id })
  } catch (error) {
    if (!isOver(error)) throw error
  }
  return again(visit)
}

async function signInAndJoin(visit: Visit): Promise<RealmReply> {
  const password = visit.realmRequest.form.get('password')
  if (password === undefined) return show(visit, { kind: 'sign_in', problem: { kind: 'incomplete' } })
  const outcome = await signIn(visit, password)
  // With the second factor the person comes back to this page, signed in.
  if (outcome.kind === 'elsewhere') return outcome.reply
  if (outcome.kind !== 'signed_in') return show(visit, { kind: 'sign_in', problem: outcome })
  return signedInReply(visit.context, visit.realmRequest, outcome, await join(visit, outcome.user))
}

async function register(visit: Visit): Promise<RealmReply> {
  const { services, context, realmRequest, token, offer } = visit
  const { email } = offer.invitation
  const password = realmRequest.form.get('password') ?? ''
  const person = contextOfPerson(services, realmRequest, { id: context.random.id(), email })
  const shown = shownTo(visit.signedIn, undefined)
  try {
    await registerInvited(person, { token, password }, (unit) =>
      recordInvitationAnswer(context, unit, formFrom(realmRequest, token), { shownTo: shown }),
    )
  } catch (error) {
    if (isOver(error)) {
      const answered = await findInvitationAnswer(context, formFrom(realmRequest, token))
      return answered ? answerAgain({ ...visit, answered }) : again(visit)
    }
    return show(visit, registration(realmRequest.realm, flawIn(error, realmRequest.language)))
  }
  return afterSignIn(visit, password)
}

async function afterSignIn(visit: Visit, password: string): Promise<RealmReply> {
  const outcome = await signIn(visit, password)
  if (outcome.kind === 'elsewhere') return outcome.reply
  if (outcome.kind !== 'signed_in') return again(visit)
  return signedInReply(visit.context, visit.realmRequest, outcome, again(visit))
}

// The browser dropped the first answer with its cookies, so that it gets others for the same session.
async function answerAgain(visit: Visit): Promise<RealmReply> {
  const password = visit.realmRequest.form.get('password')
  if (isInvited(visit) || password === undefined) return again(visit)
  return afterSignIn(visit, password)
}

/**
 * Whether the invitation is no longer pending or the user is already a member; the page then shows this, without an
 * error.
 */
function isOver(error: unknown): boolean {
  return error instanceof Failure && ['expired', 'already_exists', 'not_found'].includes(error.code)
}

async function signIn({ context, realmRequest, token, offer, signedIn, answered }: Visit, password: string) {
  const form = formFrom(realmRequest, token)
  const { email } = offer.invitation
  const known = readCookie(realmRequest, 'known')
  const page = { path: INVITATION_PATH, query: { invitation: token } }
  const waiting = await waitingOfPage(context, realmRequest, signedIn, page)
  const outcome = await signInWithPassword(
    context,
    { email, password, known },
    {
      ...waiting.place,
      begun: (unit) => sessionOfAnswer(context, unit, form),
      also: (unit, _user, begun) =>
        recordInvitationAnswer(context, unit, form, { begun, shownTo: shownTo(signedIn, answered) }),
    },
  )
  if (outcome.kind === 'signed_in') return outcome
  return isAdvance(outcome) ? { kind: 'elsewhere' as const, reply: await goOn(waiting, outcome) } : outcome
}

function again(visit: Visit, more: Readonly<Record<string, string>> = {}): RealmReply {
  const { realmRequest, token } = visit
  return seeOther(withQuery(realmRequest.base + INVITATION_PATH, { invitation: token, ...more }))
}

function tellUnknown(realmRequest: RealmRequest): RealmReply {
  const { unknownTitle: title, unknown, unknownAdvice } = wordsFor(realmRequest, 'invitation')
  return tell(realmRequest, 404, { title, paragraphs: [unknown, unknownAdvice] })
}

async function show(visit: Visit, step?: InvitationStep): Promise<RealmReply> {
  const { context, realmRequest, token, offer, signedIn } = visit
  const { status, organizationId, email, expiresAt } = offer.invitation
  const words = wordsFor(realmRequest, 'invitation')
  if (isInvited(visit) && (await context.read.organizations.member(organizationId, visit.signedIn.user.id))) {
    return tell(realmRequest, 200, {
      title: words.memberTitle(offer.organization).join(''),
      heading: words.memberTitle(quoted(offer.organization)),
      paragraphs: [words.member],
      next: await toMailRedirect(context, realmRequest, 'inviteRedirectUrl'),
    })
  }
  if (status !== 'pending')
    return tell(realmRequest, 410, { title: words[`${status}Title`], paragraphs: [words[status]] })
  const next = step ?? nextStep(visit)
  if (!next) return tell(realmRequest, 200, { title: words.otherWayTitle, paragraphs: [words.otherWay] })
  const browser = browserOf(context, realmRequest)
  const html = invitation({
    frame: frameOf(realmRequest),
    action: realmRequest.base + INVITATION_PATH,
    csrf: csrfToken(context, browser.secret, about(token, shownTo(signedIn, undefined))),
    token,
    organization: offer.organization,
    email,
    expiresAt,
    step: next,
  })
  const problem = step && 'problem' in step ? step.problem : undefined
  const retryAfter =
    typeof problem === 'object' && problem.kind === 'too_many_attempts' ? problem.retryAfter : undefined
  const code = problem ? (retryAfter === undefined ? 400 : 429) : 200
  return pageReply(code, html, { setCookie: browser.setCookie, retryAfter })
}

/** The next step of the user; undefined if it does not happen on this page. */
function nextStep(visit: Visit): InvitationStep | undefined {
  const { realmRequest, offer, signedIn } = visit
  if (isInvited(visit)) return { kind: 'join' }
  if (signedIn && realmRequest.query.get('account') !== 'other') {
    return { kind: 'switch_account', signedInAs: signedIn.user.email }
  }
  if (offer.account === 'none') return registration(realmRequest.realm)
  return offer.account === 'password' ? { kind: 'sign_in' } : undefined
}

function registration({ policy }: RealmRequest['realm'], problem?: string): InvitationStep {
  return { kind: 'register', passwordLength: policy.passwordMinLength, problem }
}

function isInvited(visit: Visit): visit is Visit & { readonly signedIn: SignedIn } {
  const { offer, signedIn } = visit
  return signedIn !== undefined && emailKey(signedIn.user.email) === emailKey(offer.invitation.email)
}

function formFrom(realmRequest: RealmRequest, token: string): AnsweredForm {
  return { token, browserSecret: readCookie(realmRequest, 'browser') }
}

/** The session that a form was shown to, where the first click on its button has begun another one since. */
function shownTo(signedIn: SignedIn | undefined, answered: InvitationAnswer | undefined): string | null {
  const current = signedIn?.session.id ?? null
  return answered && (current === null || current === answered.sessionId) ? answered.shownTo : current
}

function about(token: string | undefined, shown: string | null): string[] {
  return ['invitation', token ?? '', shown ?? '']
}
