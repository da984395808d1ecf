import { seeOther, withQuery } from '#domain/authorization/authorization-response.ts'
import type { Context } from '#domain/context.ts'
import type { House } from '#domain/open-context.ts'
import { acceptInvitation, findOffer, type Offer, registerInvited } from '#domain/organization/acceptance.service.ts'
import { INVITATION_PATH } from '#domain/organization/invitation.ts'
import { contextOf, contextOfPerson, type Endpoint, type RealmReply, type RealmRequest } from '#domain/realm-request.ts'
import { browserOf, checkForm, checkSameOrigin, csrfToken, readCookie, setCookie } from '#domain/sign-in/browser.ts'
import { currentSession, type SignedIn } from '#domain/sign-in/current-session.ts'
import { KNOWN_BROWSER_LIFETIME, knownBrowserOf } from '#domain/sign-in/known-browser.ts'
import { signInWithPassword } from '#domain/sign-in/sign-in.service.ts'
import { SHORTEST_PASSWORD } from '#domain/user/password.ts'
import { emailKey } from '#domain/user/user.ts'
import { Failure } from '#kernel/error.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { type InvitationStep, invitation } from './views/invitation.ts'
import { message } from './views/message.ts'

/** Somebody with a link that leads to an invitation. */
interface Visit {
  readonly house: House
  readonly context: Context
  readonly realmRequest: RealmRequest
  readonly token: string
  readonly offer: Offer
  readonly signedIn: SignedIn | undefined
}

interface Told {
  readonly title: string
  readonly paragraphs: readonly string[]
}

const UNKNOWN: Told = {
  title: 'This link leads to no invitation',
  paragraphs: [
    'It may be incomplete, or older than we remember. Open it from the mail again, or copy all of it.',
    'If that does not help, ask whoever invited you for a new invitation.',
  ],
}
const CLOSED: Readonly<Record<'accepted' | 'revoked' | 'expired', Told>> = {
  accepted: {
    title: 'This invitation was accepted already',
    paragraphs: ['Its link works once. If it was you, there is nothing more to do: sign in where you want to go.'],
  },
  revoked: {
    title: 'This invitation was withdrawn',
    paragraphs: ['Its link does not work any more. If you think that is a mistake, ask whoever invited you.'],
  },
  expired: {
    title: 'This invitation has expired',
    paragraphs: ['Its link does not work any more. Ask whoever invited you for a new one.'],
  },
}
const OTHER_WAY: Told = {
  title: 'Sign in first',
  paragraphs: [
    'Your account here has no password. Sign in as you usually do, and then open the link of the invitation again in the same browser.',
  ],
}

/**
 * The page that invitations lead to. Looking at it changes nothing, since programs that guard mailboxes look at every
 * link; what it offers is taken by its form, once.
 */
export const invitationPage: Endpoint = {
  name: 'invitation',
  methods: ['GET', 'POST'],
  paths: [INVITATION_PATH],
  refuse: failureReply,
  async respond(house, realmRequest) {
    const context = contextOf(house, realmRequest)
    const posted = realmRequest.method === 'POST'
    if (posted) checkSameOrigin(realmRequest.headers, realmRequest.issuer)
    const token = (posted ? realmRequest.form : realmRequest.query).get('invitation')
    const signedIn = await currentSession(context, realmRequest)
    if (posted) checkForm(context, realmRequest, about(token, signedIn))
    const offer = token === undefined ? undefined : await findOffer(context, token)
    if (token === undefined || !offer) return told(realmRequest, 404, UNKNOWN)
    const visit: Visit = { house, context, realmRequest, token, offer, signedIn }
    return posted ? answerForm(visit) : show(visit)
  },
}

async function answerForm(visit: Visit): Promise<RealmReply> {
  const { realmRequest, offer } = visit
  // Somebody was quicker, or time was: the page says what there is now.
  if (offer.invitation.status !== 'pending') return again(visit)
  const decision = realmRequest.form.get('decision')
  if (decision === 'switch_account') return again(visit, { account: 'other' })
  if (decision === 'join') return isInvited(visit) ? join(visit, visit.signedIn.user) : again(visit)
  if (decision === 'sign_in') return signInAndJoin(visit)
  if (decision === 'register') return register(visit)
  throw new Failure('invalid_request', 'The form does not say what was decided.')
}

async function join(
  visit: Visit,
  user: { readonly id: string; readonly email: string },
  cookies: readonly string[] = [],
): Promise<RealmReply> {
  const { house, realmRequest, token } = visit
  try {
    await acceptInvitation(contextOfPerson(house, realmRequest, user), { token, userId: user.id })
  } catch (error) {
    if (!isOver(error)) throw error
  }
  return again(visit, {}, cookies)
}

async function signInAndJoin(visit: Visit): Promise<RealmReply> {
  const password = visit.realmRequest.form.get('password')
  if (password === undefined) return show(visit, { kind: 'sign_in', problem: { kind: 'incomplete' } })
  const outcome = await signIn(visit, password)
  if (outcome.kind !== 'signed_in') return show(visit, { kind: 'sign_in', problem: outcome })
  return join(visit, outcome.user, outcome.cookies)
}

async function register(visit: Visit): Promise<RealmReply> {
  const { house, context, realmRequest, token, offer } = visit
  const { email } = offer.invitation
  const password = realmRequest.form.get('password') ?? ''
  const person = contextOfPerson(house, realmRequest, { id: context.random.id(), email })
  try {
    await registerInvited(person, token, password)
  } catch (error) {
    if (isOver(error)) return again(visit)
    if (!(error instanceof Failure) || error.code !== 'invalid_input') throw error
    return show(visit, registration(error))
  }
  const outcome = await signIn(visit, password)
  return again(visit, {}, outcome.kind === 'signed_in' ? outcome.cookies : [])
}

/** Whether what was to be taken is gone, or there already: then the page says so, and it is no error. */
function isOver(error: unknown): boolean {
  return error instanceof Failure && ['expired', 'already_exists', 'not_found'].includes(error.code)
}

async function signIn({ context, realmRequest, offer, signedIn }: Visit, password: string) {
  const { email } = offer.invitation
  const known = readCookie(realmRequest, 'known')
  const credentials = { email, password, known, previous: signedIn?.session }
  const outcome = await signInWithPassword(context, credentials, async () => {})
  if (outcome.kind !== 'signed_in') return outcome
  const account = { directoryId: realmRequest.realm.directoryId, emailKey: emailKey(email) }
  const cookies = [
    setCookie(realmRequest, 'session', outcome.secret),
    setCookie(realmRequest, 'known', knownBrowserOf(context, account), KNOWN_BROWSER_LIFETIME),
  ]
  return { ...outcome, cookies }
}

function again(visit: Visit, more: Readonly<Record<string, string>> = {}, cookies: readonly string[] = []): RealmReply {
  const { realmRequest, token } = visit
  return seeOther(withQuery(realmRequest.base + INVITATION_PATH, { invitation: token, ...more }), cookies)
}

async function show(visit: Visit, step?: InvitationStep): Promise<RealmReply> {
  const { context, realmRequest, token, offer, signedIn } = visit
  const { status, organizationId, email, expiresAt } = offer.invitation
  if (isInvited(visit) && (await context.read.organizations.member(organizationId, visit.signedIn.user.id))) {
    return told(realmRequest, 200, memberOf(offer.organization))
  }
  if (status !== 'pending') return told(realmRequest, 410, CLOSED[status])
  const next = step ?? nextStep(visit)
  if (!next) return told(realmRequest, 200, OTHER_WAY)
  const browser = browserOf(context, realmRequest)
  const html = invitation({
    frame: frameOf(realmRequest),
    action: realmRequest.base + INVITATION_PATH,
    csrf: csrfToken(context, browser.secret, about(token, signedIn)),
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

/** What is to be done first; undefined where that is done elsewhere. */
function nextStep(visit: Visit): InvitationStep | undefined {
  const { realmRequest, offer, signedIn } = visit
  if (isInvited(visit)) return { kind: 'join' }
  if (signedIn && realmRequest.query.get('account') !== 'other') {
    return { kind: 'switch_account', signedInAs: signedIn.user.email }
  }
  if (offer.account === 'none') return registration()
  return offer.account === 'password' ? { kind: 'sign_in' } : undefined
}

function registration(failure?: Failure): InvitationStep {
  const flaw = failure?.detail.flaws?.[0]?.message
  const problem = flaw && `${flaw.charAt(0).toUpperCase()}${flaw.slice(1)}.`
  return { kind: 'register', passwordLength: SHORTEST_PASSWORD, problem }
}

function isInvited(visit: Visit): visit is Visit & { readonly signedIn: SignedIn } {
  const { offer, signedIn } = visit
  return signedIn !== undefined && emailKey(signedIn.user.email) === emailKey(offer.invitation.email)
}

function memberOf(organization: string): Told {
  return {
    title: `You are a member of ${organization}`,
    paragraphs: ['The invitation is accepted. You can close this window now, or sign in where you want to go.'],
  }
}

function told(realmRequest: RealmRequest, status: number, { title, paragraphs }: Told): RealmReply {
  return pageReply(status, message({ frame: frameOf(realmRequest), title, paragraphs }))
}

function about(token: string | undefined, signedIn: SignedIn | undefined): string[] {
  return ['invitation', token ?? '', signedIn?.session.id ?? '']
}
