// The sign-in page of a realm.
import { RECOVERY_PATH } from '#domain/account/account-link.ts'
import { type Review, review } from '#domain/authorization/review.ts'
import { findTransaction, recordProgress, sessionOf, type Transaction } from '#domain/authorization/transaction.ts'
import type { Context } from '#domain/context.ts'
import { sendsMail } from '#domain/mail/mail.service.ts'
import { KNOWN_BROWSER_LIFETIME, knownBrowserOf } from '#domain/sign-in/known-browser.ts'
import { signInWithPassword } from '#domain/sign-in/sign-in.service.ts'
import { emailKey } from '#kernel/identity-text.ts'
import { readCookie, setCookie } from '#web/cookies.ts'
import { apiCsrfToken, checkCsrf, checkSameOrigin, csrfToken } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { destinationOf } from './views/destination.ts'
import { type SignInProblem, signIn } from './views/sign-in.ts'

const PATH = '/sign-in'

/** An authorization request that waits for a sign-in, in the browser that began it. */
interface Waiting {
  readonly context: Context
  readonly realmRequest: RealmRequest
  readonly transaction: Transaction
  readonly reviewed: Review
}

/** The sign-in page. */
export const signInPage: Endpoint = {
  name: 'sign_in',
  methods: ['GET', 'POST'],
  paths: [PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const posted = realmRequest.method === 'POST'
    if (posted) checkSameOrigin(realmRequest.headers, realmRequest.issuer)
    const id = (posted ? realmRequest.form : realmRequest.query).get('transaction')
    const transaction = await findTransaction(context, id, readCookie(realmRequest, 'browser'))
    if (posted) checkCsrf(context, realmRequest, formPurpose(transaction.replaces ?? transaction.key))
    const reviewed = await review(context, await currentSession(context, realmRequest), transaction)
    const waiting: Waiting = { context, realmRequest, transaction, reviewed }
    if (reviewed.decision !== 'sign_in') return resume(waiting)
    if (!posted) return show(waiting)
    return transaction.replaces === undefined
      ? answerForm(waiting)
      : show(waiting, { kind: 'stale' }, realmRequest.form.get('email'))
  },
}

async function answerForm(waiting: Waiting): Promise<RealmReply> {
  const { context, realmRequest, transaction, reviewed } = waiting
  const { form, realm } = realmRequest
  if (form.get('decision') === 'switch_account') return switchAccount(waiting)
  const email = form.get('email') ?? ''
  const password = form.get('password')
  if (email.trim() === '' || password === undefined) return show(waiting, { kind: 'incomplete' }, email)
  const known = readCookie(realmRequest, 'known')
  const outcome = await signInWithPassword(
    context,
    { email: email.trim(), password, known },
    {
      previous: async () => reviewed.signedIn?.session,
      begun: (unit) => sessionOf(context, unit, transaction),
      also: (unit, user, begun) =>
        recordProgress(context, unit, transaction, { signedIn: user.id, switching: false }, begun),
    },
  )
  if (outcome.kind !== 'signed_in') return show(waiting, outcome, email)
  const account = { directoryId: realm.directoryId, emailKey: emailKey(outcome.user.email) }
  return resume(waiting, [
    setCookie(realmRequest, 'session', outcome.secret),
    ...(realm.kind === 'admin' ? [setCookie(realmRequest, 'csrf', apiCsrfToken(context, outcome.session.id))] : []),
    setCookie(realmRequest, 'known', knownBrowserOf(context, account), KNOWN_BROWSER_LIFETIME),
  ])
}

async function switchAccount({ context, realmRequest, transaction, reviewed }: Waiting): Promise<RealmReply> {
  // Without a session there is nobody to switch from.
  if (reviewed.signedIn) await context.write((unit) => recordProgress(context, unit, transaction, { switching: true }))
  return seeOther(withQuery(`${realmRequest.base}${PATH}`, { transaction: transaction.id }))
}

function resume({ realmRequest, transaction }: Waiting, cookies: readonly string[] = []): RealmReply {
  return seeOther(withQuery(`${realmRequest.base}/oauth/authorize/resume`, { transaction: transaction.id }), cookies)
}

function show(waiting: Waiting, problem?: SignInProblem, typed?: string): RealmReply {
  const { context, realmRequest, transaction, reviewed } = waiting
  const { request, client } = reviewed
  const account = toConfirm(reviewed)
  const destination = destinationOf(request.redirectUri)
  const html = signIn({
    frame: frameOf(realmRequest),
    action: `${realmRequest.base}${PATH}`,
    transaction: transaction.id,
    csrf: csrfToken(context, readCookie(realmRequest, 'browser') ?? '', formPurpose(transaction.key)),
    client: { name: client.label, host: destination.kind === 'web' ? destination.label : undefined },
    email: account ?? typed ?? request.loginHint ?? undefined,
    confirm: account !== undefined,
    canSwitchAccount: account !== undefined,
    problem,
    recovery: sendsMail(context)
      ? withQuery(`${realmRequest.base}${RECOVERY_PATH}`, { transaction: transaction.id })
      : undefined,
  })
  const retryAfter = problem?.kind === 'too_many_attempts' ? problem.retryAfter : undefined
  const status = problem ? (retryAfter === undefined ? 400 : 429) : 200
  return pageReply(status, html, { leadsAway: true, retryAfter })
}

/** The address of the signed-in user who must authenticate again; undefined if any user may sign in. */
function toConfirm({ signedIn, request, progress }: Review): string | undefined {
  if (!signedIn || progress.switching || request.prompt.includes('select_account')) return undefined
  const meant = request.hint?.userId ?? signedIn.user.id
  return meant === signedIn.user.id ? signedIn.user.email : undefined
}

function formPurpose(key: string): string[] {
  return ['sign-in', key]
}
