// Owns how an administrator is recognised by the session cookie of the hosted pages. A browser sends the cookie to every
// port of their host, so it works only where the admin API is on the same host.
import type { Actor } from '#domain/actor.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { Failure } from '#kernel/error.ts'
import type { WireRequest } from '#surfaces/surface.ts'
import { readCookies } from '#web/cookie-header.ts'
import { realmsOfSessions } from '#web/cookies.ts'
import { apiCsrfToken } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { administratorHolder, NOBODY } from './admin-token.ts'

type Holder = Omit<Actor, 'origin'>

const SAFE = new Set(['GET', 'HEAD'])
const SESSIONS_MAX = 20

/**
 * The administrator whose session cookie a request has. A request that changes something needs the session’s CSRF token in
 * `X-CSRF-Token`, too: a page of another origin can neither read nor send it.
 * @throws Failure `unauthenticated` if no administrator is signed in, or several are; `forbidden` for a missing or wrong
 * token
 */
export async function adminSessionHolder(
  services: Services,
  { method, headers }: Pick<WireRequest, 'method' | 'headers'>,
): Promise<Holder> {
  const cookies = readCookies(typeof headers.cookie === 'string' ? headers.cookie : undefined)
  const sessions: { readonly holder: Holder; readonly sessionId: string; readonly issuer: string }[] = []
  for (const issuerId of realmsOfSessions(cookies).slice(0, SESSIONS_MAX)) {
    const one = await signedInAt(services, issuerId, cookies)
    if (one) sessions.push(one)
  }
  const [only, ...others] = sessions
  if (only) checkSite(services, headers, only.issuer)
  if (!only) throw new Failure('unauthenticated', 'Send an access token, or sign in as an administrator.')
  if (others.length > 0) {
    throw new Failure('unauthenticated', 'Administrators of several tenants are signed in; send an access token.')
  }
  if (!SAFE.has(method)) checkCsrf(services, headers, only.sessionId)
  return only.holder
}

async function signedInAt(services: Services, issuerId: string, cookies: ReadonlyMap<string, string>) {
  const at = await services.registry.realmByIssuerId(issuerId)
  if (at?.realm.kind !== 'admin' || !at.realm.enabled || at.tenantStatus !== 'active') return undefined
  const { realm } = at
  const context = openContext(services, NOBODY, { tenantId: realm.tenantId, realm })
  const issuer = issuerOf(realm, services.registry.settings)
  const signedIn = await currentSession(context, { cookies, issuer, realm })
  // A session from before the realm demanded more administers no more.
  const isEnough = signedIn !== undefined && signedIn.session.aal >= realm.minAal
  const holder = isEnough && (await administratorHolder(context, signedIn.user))
  if (!holder) return undefined
  const { id: sessionId, authenticatedAt } = signedIn.session
  return { holder: { ...holder, authenticatedAt }, issuer, sessionId }
}

// A request with a cookie comes from a page of the admin API or of the realm; what is no browser says neither header.
function checkSite({ registry }: Services, headers: WireRequest['headers'], issuer: string): void {
  const { origin, 'sec-fetch-site': site } = headers
  const own = [registry.settings.adminUrl, issuer].map((url) => new URL(url).origin)
  const known =
    typeof origin === 'string' ? own.includes(origin) : site === undefined || site === 'same-origin' || site === 'none'
  if (known && site !== 'cross-site') return
  throw new Failure('forbidden', 'The request was sent by another site.')
}

function checkCsrf({ crypto }: Services, headers: WireRequest['headers'], sessionId: string): void {
  const given = headers['x-csrf-token']
  if (typeof given === 'string' && crypto.equal(given, apiCsrfToken({ crypto }, sessionId))) return
  throw new Failure('forbidden', 'Send the value of the CSRF cookie in X-CSRF-Token.')
}
