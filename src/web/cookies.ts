// The cookies of a realm: their names on the wire, their attributes, and the secret that identifies a browser.
import type { Context } from '#domain/context.ts'
import type { RealmRequest } from './realm-request.ts'

/**
 * browser: until it is closed; session: of the person who signed in; known: a browser in which someone signed in;
 * device: one that is not asked for a second factor; csrf:
 * what pages of an administrator show that they are such; language: that a person chose; ui_locales: that the latest
 * authorization request asks for.
 */
type CookieName = 'browser' | 'session' | 'known' | 'device' | 'csrf' | 'language' | 'ui_locales'

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

const OF_REALM =
  /^(?:__Host-)?(?:browser|session|known|device|csrf|language|ui_locales)-(default|[a-z0-9]{12})(?:-\d+)?$/

/** The issuer id of the realm that may have given a cookie its name; undefined for a name that no realm gives. */
export function realmOfCookie(name: string): string | undefined {
  return OF_REALM.exec(name)?.[1]
}

/** The issuer ids of the realms that a browser has a session’s cookie of. */
export function realmsOfSessions(cookies: ReadonlyMap<string, string>): string[] {
  const issuerIds = [...cookies.keys()].map((name) => /^(?:__Host-)?session-([a-z0-9]{12})(?:-\d+)?$/.exec(name)?.[1])
  return [...new Set(issuerIds.filter((issuerId) => issuerId !== undefined))]
}

// A browser sends a host's cookies to all of its ports (RFC 6265 §8.5), so the names have the issuer's port: two servers
// on one host keep their sessions apart.
function wireName(request: Cookies, name: CookieName): string {
  const port = /:(\d+)(?:\/|$)/.exec(request.issuer)?.[1]
  return `${isSecure(request) ? '__Host-' : ''}${name}-${request.realm.issuerId}${port ? `-${port}` : ''}`
}

function isSecure({ issuer }: Cookies): boolean {
  return issuer.startsWith('https:')
}
