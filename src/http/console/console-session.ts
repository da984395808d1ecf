// Owns the console's own session: a cookie of the admin listener that names a session of an admin realm. The cookie of the
// hosted pages is another one, which their origin may not even share with the admin API.
import type { Actor } from '#domain/actor.ts'
import { consoleSession } from '#domain/console/console-handoff.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import type { SignedIn } from '#domain/sign-in/signed-in.ts'
import { Failure } from '#kernel/error.ts'
import type { WireRequest } from '#surfaces/surface.ts'
import { readCookies } from '#web/cookie-header.ts'
import { administratorHolder, NOBODY } from '../admin-token.ts'

type Headers = WireRequest['headers']
type Holder = Omit<Actor, 'origin'>

const SAFE = new Set(['GET', 'HEAD'])
/** What a request that changes something carries the session’s CSRF token in. */
const CSRF_HEADER = 'x-csrf-token'

/** An administrator who is signed in at the console. */
export interface ConsoleVisit {
  readonly signedIn: SignedIn
  readonly holder: Holder
  readonly issuerId: string
  /** For {@link CSRF_HEADER}. */
  readonly csrfToken: string
}

/** Whether a request brings a cookie of the console. */
export function hasConsoleCookie(services: Services, headers: Headers): boolean {
  return cookieOf(services, headers, 'session') !== undefined
}

/** Who is signed in at the console in the browser that asks; undefined where nobody is, or may administer any more. */
export async function consoleVisit(services: Services, headers: Headers): Promise<ConsoleVisit | undefined> {
  const value = cookieOf(services, headers, 'session')
  const [issuerId, sessionId, proof] = value?.split('.') ?? []
  if (!issuerId || !sessionId || !proof) return undefined
  if (!services.crypto.equal(proof, proofOf(services, issuerId, sessionId))) return undefined
  const at = await services.registry.realmByIssuerId(issuerId)
  if (at?.realm.kind !== 'admin' || !at.realm.enabled || at.tenantStatus !== 'active') return undefined
  const { realm } = at
  const context = openContext(services, NOBODY, { tenantId: realm.tenantId, realm })
  const signedIn = await consoleSession(context, sessionId)
  // A session from before the realm demanded more administers no more.
  if (!signedIn || signedIn.session.aal < realm.minAal) return undefined
  const holder = await administratorHolder(context, signedIn.user)
  if (!holder) return undefined
  const { authenticatedAt } = signedIn.session
  const csrfToken = services.crypto.mac('console-csrf', sessionId)
  return { signedIn, holder: { ...holder, authenticatedAt }, issuerId, csrfToken }
}

/**
 * The administrator whose console asks. What changes something needs the session's CSRF token in `X-CSRF-Token`, too.
 * @throws Failure `unauthenticated` if nobody is signed in; `forbidden` for a request of another site, or a missing or
 *   wrong token
 */
export async function consoleHolder(
  services: Services,
  { method, headers }: Pick<WireRequest, 'method' | 'headers'>,
): Promise<Holder> {
  checkSameOrigin(services, headers)
  const visit = await consoleVisit(services, headers)
  if (!visit) throw new Failure('unauthenticated', 'Your sign-in has ended. Sign in again.')
  if (!SAFE.has(method)) checkCsrf(services, headers, visit)
  return visit.holder
}

/** @throws Failure `forbidden` for a missing or wrong token */
export function checkCsrf({ crypto }: Services, headers: Headers, { csrfToken }: ConsoleVisit): void {
  const given = headers[CSRF_HEADER]
  if (typeof given === 'string' && crypto.equal(given, csrfToken)) return
  throw new Failure('forbidden', 'Send the console’s CSRF token in X-CSRF-Token.')
}

/**
 * Refuses a request of a page of another origin. Ports of one host are one site, so that `SameSite` alone keeps none of
 * them out. What is no browser sends neither header.
 * @throws Failure `forbidden`
 */
export function checkSameOrigin({ registry }: Services, headers: Headers): void {
  const { origin, 'sec-fetch-site': site } = headers
  const isOwnOrigin = origin === undefined || origin === new URL(registry.settings.adminUrl).origin
  const isOwnSite = site === undefined || site === 'same-origin' || site === 'none'
  if (!isOwnOrigin || !isOwnSite) throw new Failure('forbidden', 'The request was sent by another site.')
}

/** The Set-Cookie value of a session. */
export function sessionCookie(services: Services, issuerId: string, sessionId: string): string {
  const value = `${issuerId}.${sessionId}.${proofOf(services, issuerId, sessionId)}`
  return setCookie(services, 'session', value, 'Strict')
}

/** The Set-Cookie value that ends the console’s session in the browser. */
export function noSessionCookie(services: Services): string {
  return `${setCookie(services, 'session', '', 'Strict')}; Max-Age=0`
}

/** How long a sign-in may take, in seconds. */
const SIGN_IN_MAX_AGE = 3600

/** The Set-Cookie value that remembers a sign-in that was begun. The browser comes back from another site, so it is lax. */
export function beginningCookie(services: Services, value: string): string {
  const age = value === '' ? 0 : SIGN_IN_MAX_AGE
  return `${setCookie(services, 'begun', value, 'Lax')}; Max-Age=${age}`
}

/** What {@link beginningCookie} remembers in this browser. */
export function begunIn(services: Services, headers: Headers): string | undefined {
  return cookieOf(services, headers, 'begun')
}

function proofOf({ crypto }: Services, issuerId: string, sessionId: string): string {
  return crypto.mac('console-session', `${issuerId}.${sessionId}`)
}

type CookieName = 'session' | 'begun'

function setCookie(services: Services, name: CookieName, value: string, sameSite: 'Strict' | 'Lax'): string {
  const secure = isSecure(services) ? '; Secure' : ''
  return `${wireName(services, name)}=${value}; Path=/; HttpOnly; SameSite=${sameSite}${secure}`
}

function cookieOf(services: Services, headers: Headers, name: CookieName): string | undefined {
  const { cookie } = headers
  if (typeof cookie !== 'string') return undefined
  return readCookies(cookie).get(wireName(services, name)) || undefined
}

// Over https the name is prefixed, so that no other host can have set it (RFC 6265bis §4.1.3.2). A browser sends a host's
// cookies to all of its ports, so the name has the port: two servers on one host keep their sessions apart.
function wireName(services: Services, name: CookieName): string {
  const { port } = new URL(services.registry.settings.adminUrl)
  return `${isSecure(services) ? '__Host-' : ''}console-${name}${port ? `-${port}` : ''}`
}

function isSecure({ registry }: Services): boolean {
  return registry.settings.adminUrl.startsWith('https:')
}
