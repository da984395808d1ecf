// What the pages of a sign-in share: the request that waits, its forms, where the browser goes next, and how other pages
// have a person sign in.
import { tellOfNewBrowser } from '#domain/account/sign-in-notice.ts'
import { organizationNamed } from '#domain/authorization/chosen-organization.ts'
import {
  beginTransaction,
  findWaiting,
  isForClient,
  recordProgress,
  type Transaction,
  type WaitingRequest,
} from '#domain/authorization/transaction.ts'
import { placeOf, provenSoFar, reviewSignIn, type WaitingSignIn } from '#domain/authorization/waiting-sign-in.ts'
import type { Context } from '#domain/context.ts'
import { watchShadows } from '#domain/flow/shadow.service.ts'
import type { Services } from '#domain/open-context.ts'
import { KNOWN_BROWSER_LIFETIME, knownAccountOf, knownBrowserOf } from '#domain/sign-in/known-browser.ts'
import type { SignInMethod } from '#domain/sign-in/methods.ts'
import type { SignInPlace } from '#domain/sign-in/open-session.ts'
import { type PageDemands, type PageRequest, pageRequest } from '#domain/sign-in/page-request.ts'
import { type Advance, type NextPage, nextFor } from '#domain/sign-in/proceed.ts'
import type { Proven } from '#domain/sign-in/proven.ts'
import type { SignedIn } from '#domain/sign-in/signed-in.ts'
import { noteSuspicious } from '#domain/sign-in/suspicious-sign-in.ts'
import type { User } from '#domain/user/user.ts'
import { Failure } from '#kernel/error.ts'
import { browserOf, readCookie, setCookie } from '#web/cookies.ts'
import { apiCsrfToken, checkCsrf, csrfToken } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { RESUME_PATH, SIGN_IN_PATHS } from '#web/page-paths.ts'
import { contextOf } from '#web/realm-context.ts'
import type { RealmReply, RealmRequest } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'
import { brandedFor } from './brand.ts'

/** A request that waits for a sign-in, in the browser that began it. */
export interface Waiting extends WaitingSignIn {
  readonly context: Context
  readonly realmRequest: RealmRequest
  readonly place: SignInPlace
}

/**
 * The request that a page of the sign-in is about.
 * @throws Failure `expired`, `forbidden` for a request of another browser, or a form of another page or site
 */
export async function waitingFor(services: Services, realmRequest: RealmRequest): Promise<Waiting> {
  const context = contextOf(services, realmRequest)
  const posted = realmRequest.method === 'POST'
  const id = (posted ? realmRequest.form : realmRequest.query).get('transaction')
  const transaction = await findWaiting(context, id, readCookie(realmRequest, 'browser'))
  if (posted) checkCsrf(context, realmRequest, formPurpose(transaction.replaces ?? transaction.key))
  return toWaiting(context, realmRequest, await currentSession(context, realmRequest), transaction)
}

/** A request in its browser, with what is to be done for it. */
export async function toWaiting(
  context: Context,
  realmRequest: RealmRequest,
  signedIn: SignedIn | undefined,
  transaction: Transaction<WaitingRequest>,
): Promise<Waiting> {
  const reviewed = await reviewSignIn(context, signedIn, transaction)
  const device = readCookie(realmRequest, 'device')
  const place = placeOf(context, reviewed, { device, remember: realmRequest.form.get('remember') === 'yes' })
  const { client } = reviewed
  const { organization } = transaction.request as { readonly organization?: string | null }
  const organizationId = await organizationNamed(context, client, organization)
  const branded = await brandedFor(context, realmRequest, { client, organizationId })
  return { ...reviewed, context, realmRequest: branded, place }
}

/**
 * The request that began something whose mailed link is opened, as the link names it.
 * @returns undefined if it waits in another browser, or is over
 */
export async function waitingHere(
  context: Context,
  realmRequest: RealmRequest,
  waiting: string | null,
): Promise<Waiting | undefined> {
  if (waiting === null) return undefined
  try {
    const transaction = await findWaiting(context, waiting, readCookie(realmRequest, 'browser'))
    return await toWaiting(context, realmRequest, await currentSession(context, realmRequest), transaction)
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}

/** Whether the person has to prove something for the request. */
export function isToSignIn({ decision }: Pick<Waiting, 'decision'>): boolean {
  return decision === 'sign_in' || decision === 'step_up'
}

/** Whether the request takes a way to sign in. Whether it is on in the realm is another question. */
export function takes({ place }: Pick<Waiting, 'place'>, way: SignInMethod): boolean {
  return place.signInMethods?.includes(way) ?? true
}

/** @throws Failure `not_found` for a way to sign in that the request does not take */
export function checkTaken(waiting: Pick<Waiting, 'place'>, way: SignInMethod): void {
  if (!takes(waiting, way)) throw new Failure('not_found', 'This application does not take this way to sign in.')
}

/** What every form of the sign-in has: where it is posted, the request and the CSRF token. */
export function formOf({ context, realmRequest, transaction }: Waiting, path: string) {
  const secret = readCookie(realmRequest, 'browser') ?? ''
  return {
    action: realmRequest.base + path,
    transaction: transaction.id,
    csrf: csrfToken(context, secret, formPurpose(transaction.key)),
  }
}

function formPurpose(key: string): string[] {
  return ['sign-in', key]
}

/** Goes to a page of the sign-in for the same request. */
export function toPage(
  { realmRequest, transaction }: Waiting,
  page: keyof typeof SIGN_IN_PATHS,
  more: Readonly<Record<string, string>> = {},
): RealmReply {
  return seeOther(withQuery(realmRequest.base + SIGN_IN_PATHS[page], { transaction: transaction.id, ...more }))
}

/** Goes on with the request: to the client, or to the page that waits. */
export function resume({ realmRequest, transaction, decision }: Waiting): RealmReply {
  const { base } = realmRequest
  if (isForClient(transaction)) {
    return seeOther(withQuery(base + RESUME_PATH, { transaction: transaction.id }))
  }
  if (typeof decision === 'object') throw new Failure(decision.refuse)
  const { path, query } = (transaction.request as PageRequest).page
  return seeOther(withQuery(base + path, query))
}

/**
 * Where the browser goes after a factor was proven.
 * @throws Failure `unmet_authentication_requirements` for a page of the realm whose level the person cannot reach
 */
export async function goOn(waiting: Waiting, advance: Advance): Promise<RealmReply> {
  if (advance.kind === 'unreachable') return answerUnreachable(waiting)
  if (advance.kind === 'more') return toPage(waiting, advance.next)
  return signedInReply(waiting.context, waiting.realmRequest, advance, resume(waiting))
}

/** A reply to a browser in which a user has just signed in: with its cookies, and a mail if the browser is a new one. */
export function signedInReply(
  context: Context,
  realmRequest: RealmRequest,
  advance: Extract<Advance, { kind: 'signed_in' }>,
  reply: RealmReply,
): RealmReply {
  const { secret, session, user, device } = advance
  const cookies = [
    setCookie(realmRequest, 'session', secret),
    ...(realmRequest.realm.kind === 'admin'
      ? [setCookie(realmRequest, 'csrf', apiCsrfToken(context, session.id))]
      : []),
    knownBrowserCookie(context, realmRequest, user, session.aal),
    ...(device ? [setCookie(realmRequest, 'device', device.secret, device.maxAge)] : []),
  ]
  const known = readCookie(realmRequest, 'known')
  return {
    ...reply,
    headers: { ...reply.headers, 'set-cookie': cookies },
    after: async () => {
      await noteSuspicious(context, advance, known)
      await tellOfNewBrowser(context, advance, known)
      if (advance.proven) await watchShadows(context, { user, proven: advance.proven, aal: session.aal })
    },
  }
}

/** The cookie by which a browser is known from now on, in which a user has a session. @param aal the level of the session */
export function knownBrowserCookie(context: Context, realmRequest: RealmRequest, user: User, aal: number): string {
  const known = knownBrowserOf(context, knownAccountOf(user), aal, readCookie(realmRequest, 'known'))
  return setCookie(realmRequest, 'known', known, KNOWN_BROWSER_LIFETIME)
}

/** Lets the person begin with another account. */
export async function switchAccount(waiting: Waiting): Promise<RealmReply> {
  const { context, transaction, signedIn, place } = waiting
  const { proven } = transaction
  // Else the sign-in page would lead back to the flow that holds the person up.
  if (proven?.flows) await context.write((unit) => place.keep(unit, { ...proven, flows: undefined, answer: '' }))
  // Without a session there is nobody to switch from.
  if (signedIn) await context.write((unit) => recordProgress(context, unit, transaction, { switching: true }))
  return toPage(waiting, 'sign_in')
}

/** A person who has proven something that still counts. */
export interface HalfWay {
  readonly user: User
  readonly proven: Proven
}

/** The person who has proven something, and what comes next; undefined if nothing proven counts any more. */
async function personHalfWay(waiting: Waiting): Promise<(HalfWay & { readonly next: NextPage }) | undefined> {
  const { context, realmRequest, transaction, place } = waiting
  const proven = transaction.replaces === undefined ? provenSoFar(context, waiting) : undefined
  const user = proven && (await context.read.users.find(realmRequest.realm.directoryId, proven.userId))
  if (!proven || user?.status !== 'active') return undefined
  return { user, proven, next: await nextFor(context, context.read, user, proven, place) }
}

/**
 * Where a person goes on who is at the sign-in page, but has only to prove or set up more.
 * @returns undefined if the person begins with a first factor
 */
export async function onward(waiting: Waiting): Promise<RealmReply | undefined> {
  // A flow may hold a person up for so long that the browser comes here again.
  const isHeldUp = Boolean(waiting.transaction.proven?.flows?.run)
  const next = waiting.decision === 'step_up' || isHeldUp ? (await personHalfWay(waiting))?.next : undefined
  if (next === 'unreachable') return answerUnreachable(waiting)
  return next === undefined || next === 'session' || next === 'sign_in' ? undefined : toPage(waiting, next)
}

/**
 * Ends a request whose level the person cannot reach: the client gets the error.
 * @throws Failure `unmet_authentication_requirements` for a page of the realm
 */
async function answerUnreachable(waiting: Waiting): Promise<RealmReply> {
  const { context, transaction } = waiting
  if (!isForClient(transaction)) throw new Failure('unmet_authentication_requirements')
  await context.write((unit) => recordProgress(context, unit, transaction, { unreachable: true }))
  return resume(waiting)
}

/**
 * The person who goes on with a sign-in at one of its later pages.
 * @param step what the page is for
 * @returns the reply that leads to the right page instead, if this is not it
 */
export async function halfWay(
  waiting: Waiting,
  step: 'second_factor' | 'enrolment' | 'details' | 'flow',
): Promise<HalfWay | RealmReply> {
  if (!isToSignIn(waiting)) return resume(waiting)
  const person = await personHalfWay(waiting)
  if (person?.next === step) return person
  if (person?.next === 'unreachable') return answerUnreachable(waiting)
  return toPage(waiting, person && person.next !== 'session' ? person.next : 'sign_in')
}

/**
 * Has the person sign in and come back to a page of this realm: the reply that a page gives instead of its own. After the
 * sign-in the browser gets the page again, with the query given here, and the page finds the session (`currentSession`).
 * The path has to be one of `RETURN_PATHS` in `src/domain/sign-in/page-request.ts`.
 * @param demands `maxAge` for a recent sign-in (seconds), `aal` for a level, `loginHint` for the e-mail field
 */
export function signInForPage(
  context: Context,
  realmRequest: RealmRequest,
  page: { readonly path: string; readonly query?: Readonly<Record<string, string>> },
  demands?: PageDemands,
): RealmReply {
  const browser = browserOf(context, realmRequest)
  const { id } = beginTransaction(context, pageRequest(page.path, page.query, demands), browser.secret)
  return seeOther(withQuery(realmRequest.base + SIGN_IN_PATHS.sign_in, { transaction: id }), browser.setCookie)
}

/**
 * Where a page signs a person in by its own form: a request that returns to the page, if more is demanded than the form
 * asks for.
 */
export async function waitingOfPage(
  context: Context,
  realmRequest: RealmRequest,
  signedIn: SignedIn | undefined,
  page: { readonly path: string; readonly query?: Readonly<Record<string, string>> },
  demands?: PageDemands,
): Promise<Waiting> {
  const browser = browserOf(context, realmRequest)
  const transaction = beginTransaction(context, pageRequest(page.path, page.query, demands), browser.secret)
  return toWaiting(context, realmRequest, signedIn, transaction)
}
