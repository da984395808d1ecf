// Protection of forms against requests from other sites: tokens, and the origin that a browser names.
import type { Context } from '#domain/context.ts'
import { Failure } from '#kernel/error.ts'
import { readCookie } from './cookies.ts'
import type { RealmRequest } from './realm-request.ts'

/**
 * A token for one form in one browser.
 * @param about what the form is for: a transaction, the session it was shown to
 */
export function csrfToken(
  { crypto }: Pick<Context, 'crypto'>,
  browserSecret: string,
  about: readonly string[],
): string {
  return crypto.mac('csrf', JSON.stringify([browserSecret, ...about]))
}

/**
 * What requests of an administrator’s pages to an admin surface carry besides the session’s cookie. It follows from the
 * session, so that a cookie which somebody planted is of no use.
 */
export function apiCsrfToken({ crypto }: Pick<Context, 'crypto'>, sessionId: string): string {
  return crypto.mac('api-csrf', sessionId)
}

/**
 * Refuses a form that was not posted from this realm’s own page, in this browser, about this.
 * @throws Failure `forbidden`
 */
export function checkCsrf(context: Pick<Context, 'crypto'>, request: RealmRequest, about: readonly string[]): void {
  checkSameOrigin(request.headers, request.issuer)
  const secret = readCookie(request, 'browser')
  const given = request.form.get('csrf')
  if (secret === undefined || given === undefined) throw new Failure('forbidden', 'The form has no token.')
  if (!context.crypto.equal(given, csrfToken(context, secret, about))) {
    throw new Failure('forbidden', 'The form was made for another page.')
  }
}

/**
 * Refuses a form that a browser says a page of another origin posted, whether cookies came with it or not. `Origin: null`
 * says nothing: the pages here send no referrer, so their own forms have it (Fetch §3.1), and so may those of others.
 * Older browsers, and all over plain http, leave `Sec-Fetch-Site` out. What is left then is for the caller to check: a
 * CSRF token that is bound to this browser and to what the form is about.
 * @param own a URL of the origin that may post
 * @throws Failure `forbidden`
 */
export function checkSameOrigin(headers: RealmRequest['headers'], own: string): void {
  const { origin, 'sec-fetch-site': site } = headers
  const isSameSite = site === undefined || site === 'same-origin' || site === 'none'
  const isSameOrigin = origin === undefined || origin === 'null' || origin === new URL(own).origin
  if (!isSameSite || !isSameOrigin) throw new Failure('forbidden', 'The form was posted from another site.')
}
