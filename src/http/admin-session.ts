// Who administers in a browser that signed in at an admin realm. The cookie is the hosted pages’: a browser sends it to
// every port of their host, so it opens a surface where that is on the same host as they are, and nowhere else.
import type { Actor } from '#domain/context.ts'
import { type House, openContext } from '#domain/open-context.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { apiCsrfToken, realmsOfSessions } from '#domain/sign-in/browser.ts'
import { currentSession } from '#domain/sign-in/current-session.ts'
import { Failure } from '#kernel/error.ts'
import type { WireRequest } from '#surfaces/surface.ts'
import { administratorHolder, NOBODY } from './admin-token.ts'
import { readCookies } from './cookies.ts'

type Holder = Omit<Actor, 'origin'>

const SAFE = new Set(['GET', 'HEAD'])
const SESSIONS_MAX = 20

/**
 * The administrator whose session cookie a request brings. What changes something has to bring the session’s CSRF token in
 * `X-CSRF-Token`, too, which a page of another origin can neither read nor send.
 * @throws Failure `unauthenticated` where nobody is signed in as an administrator, or several are; `forbidden` for a
 * missing or wrong token
 */
export async function adminSessionHolder(
  house: House,
  { method, headers }: Pick<WireRequest, 'method' | 'headers'>,
): Promise<Holder> {
  const cookies = readCookies(typeof headers.cookie === 'string' ? headers.cookie : undefined)
  const found: { readonly holder: Holder; readonly sessionId: string }[] = []
  for (const issuerId of realmsOfSessions(cookies).slice(0, SESSIONS_MAX)) {
    const one = await signedInAt(house, issuerId, cookies)
    if (one) found.push(one)
  }
  const [only, ...others] = found
  if (!only) throw new Failure('unauthenticated', 'Send an access token, or sign in as an administrator.')
  if (others.length > 0) {
    throw new Failure('unauthenticated', 'Administrators of several tenants are signed in; send an access token.')
  }
  if (!SAFE.has(method)) checkCsrf(house, headers, only.sessionId)
  return only.holder
}

async function signedInAt(house: House, issuerId: string, cookies: ReadonlyMap<string, string>) {
  const at = await house.registry.realmByIssuerId(issuerId)
  if (at?.realm.kind !== 'admin' || !at.realm.enabled || at.tenantStatus !== 'active') return undefined
  const { realm } = at
  const context = openContext(house, NOBODY, { tenantId: realm.tenantId, realm })
  const issuer = issuerOf(realm, house.registry.settings)
  const signedIn = await currentSession(context, { cookies, issuer, realm })
  const holder = signedIn && (await administratorHolder(context, signedIn.user))
  return holder && { holder, sessionId: signedIn.session.id }
}

function checkCsrf({ crypto }: House, headers: WireRequest['headers'], sessionId: string): void {
  const given = headers['x-csrf-token']
  if (typeof given === 'string' && crypto.equal(given, apiCsrfToken({ crypto }, sessionId))) return
  throw new Failure('forbidden', 'Send the value of the CSRF cookie in X-CSRF-Token.')
}
