// An authorization request that waits for what its person decides on a page: what the pages of a request have in common.
import { type Review, review } from '#domain/authorization/review.ts'
import { findTransaction, recordProgress, type Transaction } from '#domain/authorization/transaction.ts'
import type { Context, Unit } from '#domain/context.ts'
import type { SignedIn } from '#domain/sign-in/signed-in.ts'
import { readCookie } from '#web/cookies.ts'
import { checkCsrf, csrfToken } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { RESUME_PATH } from '#web/page-paths.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'

/** The page that a request waits for. */
type Question = 'consent' | 'organization'

/** An authorization request that waits for what its person decides on a page. */
export interface Waiting {
  readonly context: Context
  readonly realmRequest: RealmRequest
  readonly transaction: Transaction
  readonly reviewed: Review
  readonly signedIn: SignedIn
}

/**
 * The request that waits for a page, or the reply that leads on where it does not wait for it, or no longer.
 * @throws Failure if there is no such transaction of the browser, or a form has not the page's CSRF token
 */
export async function findWaiting(
  services: Parameters<Endpoint['respond']>[0],
  realmRequest: RealmRequest,
  question: Question,
): Promise<{ waiting: Waiting; reply?: never } | { waiting?: never; reply: RealmReply }> {
  const context = contextOf(services, realmRequest)
  const posted = realmRequest.method === 'POST'
  const id = (posted ? realmRequest.form : realmRequest.query).get('transaction')
  const transaction = await findTransaction(context, id, readCookie(realmRequest, 'browser'))
  const reviewed = await review(context, await currentSession(context, realmRequest), transaction)
  const { signedIn } = reviewed
  const key = transaction.replaces ?? transaction.key
  if (posted) checkCsrf(context, realmRequest, formPurpose(question, key, signedIn))
  // A form that was open for too long decides nothing: the person is asked again.
  const over = posted && transaction.replaces !== undefined
  if (over || !signedIn || reviewed.decision !== question) return { reply: resume(realmRequest, transaction) }
  return { waiting: { context, realmRequest, transaction, reviewed, signedIn } }
}

/** The CSRF token of a page's form. It is bound to one user, so that nobody decides for who was signed in before. */
export function tokenOfForm({ context, realmRequest, transaction, signedIn }: Waiting, question: Question): string {
  return csrfToken(context, readCookie(realmRequest, 'browser') ?? '', formPurpose(question, transaction.key, signedIn))
}

/** Lets the person sign in with another account. A device's request is no longer theirs. */
export async function switchAccount({ context, transaction, reviewed, signedIn }: Waiting, unit: Unit): Promise<void> {
  const { device } = reviewed.request
  if (device !== undefined) await unit.deviceAuthorizations.release(device, signedIn.user.id)
  return recordProgress(context, unit, transaction, { switching: true })
}

/** Leads on with the request. */
export function resume({ base }: RealmRequest, { id }: Transaction): RealmReply {
  return seeOther(withQuery(base + RESUME_PATH, { transaction: id }))
}

function formPurpose(question: Question, key: string, signedIn: SignedIn | undefined): string[] {
  return [question, key, signedIn?.session.id ?? '']
}
