// What tells one browser from another: its cookies, and the tokens in forms that only it can have been shown.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import type { RealmRequest } from '../realm-request.ts'

/**
 * browser: until it is closed; session: of the person who signed in; known: a browser in which someone signed in; csrf:
 * what pages of an administrator show that they are such.
 */
export type CookieName = 'browser' | 'session' | 'known' | 'csrf'

type Cookies = Pick<RealmRequest, 'cookies' | 'issuer' | 'realm'>

/** A secret that a browser carries for as long as it is open, and the Set-Cookie that gave it one just now. */
export interface Browser {
  readonly secret: string
  readonly setCookie: readonly string[]
}

/** The value of one of this realm’s cookies. */
export function readCookie(request: Cookies, name: CookieName): string | undefined {
  return request.cookies.get(wireName(request, name)) || undefined
}

/**
 * A Set-Cookie value. Over https its name is prefixed, so that no other host can have set it (RFC 6265bis §4.1.3.2).
 * @param value empty to delete the cookie
 * @param maxAge seconds; without it the cookie lasts until the browser is closed
 */
export function setCookie(request: Cookies, name: CookieName, value: string, maxAge?: number): string {
  const age = value === '' ? 0 : maxAge
  const attributes = [
    'Path=/',
    ...(name === 'csrf' ? [] : ['HttpOnly']),
    'SameSite=Lax',
    ...(isSecure(request) ? ['Secure'] : []),
    ...(age === undefined ? [] : [`Max-Age=${age}`]),
  ]
  return [`${wireName(request, name)}=${value}`, ...attributes].join('; ')
}

/** The browser that sent a request; one without a secret is given one. */
export function browserOf({ random }: Pick<Context, 'random'>, request: Cookies): Browser {
  const known = readCookie(request, 'browser')
  if (known !== undefined) return { secret: known, setCookie: [] }
  const secret = random.secret()
  return { secret, setCookie: [setCookie(request, 'browser', secret)] }
}

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

/** The issuer ids of the realms that a browser has a session’s cookie of. */
export function realmsOfSessions(cookies: ReadonlyMap<string, string>): string[] {
  const issuerIds = [...cookies.keys()].map((name) => /^(?:__Host-)?session-([a-z0-9]{12})$/.exec(name)?.[1])
  return [...new Set(issuerIds.filter((issuerId) => issuerId !== undefined))]
}

/**
 * Refuses a form that was not posted from this realm’s own page, in this browser, about this.
 * @throws Failure `forbidden`
 */
export function checkForm(context: Pick<Context, 'crypto'>, request: RealmRequest, about: readonly string[]): void {
  checkSameOrigin(request.headers, request.issuer)
  const secret = readCookie(request, 'browser')
  const given = request.form.get('csrf')
  if (secret === undefined || given === undefined) throw new Failure('forbidden', 'The form has no token.')
  if (!context.crypto.equal(given, csrfToken(context, secret, about))) {
    throw new Failure('forbidden', 'The form was made for another page.')
  }
}

/**
 * Refuses a form that a page of another origin posted, whether cookies came with it or not. The pages here send no
 * referrer, so their own forms say `Origin: null` (Fetch §3.1) and it is `Sec-Fetch-Site` that tells; what is no browser
 * says neither.
 * @param own a URL of the origin that may post
 * @throws Failure `forbidden`
 */
export function checkSameOrigin(headers: RealmRequest['headers'], own: string): void {
  const site = headers['sec-fetch-site']
  const origin = headers.origin
  const named = origin !== undefined && origin !== 'null'
  const sameSite = site === undefined || site === 'same-origin' || site === 'none'
  const sameOrigin = named ? origin === new URL(own).origin : origin === undefined || site !== undefined
  if (!sameSite || !sameOrigin) throw new Failure('forbidden', 'The form was posted from another site.')
}

function wireName(request: Cookies, name: CookieName): string {
  return `${isSecure(request) ? '__Host-' : ''}${name}-${request.realm.issuerId}`
}

function isSecure({ issuer }: Cookies): boolean {
  return issuer.startsWith('https:')
}
