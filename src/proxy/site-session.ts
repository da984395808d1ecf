// The cookie by which a site knows the session of a browser: the sign-in server’s own cookie stays at its host.
import type { Crypto } from '#domain/outside.ts'
import type { SiteSettings } from '#domain/proxy/proxied-site.ts'
import { issuerOf, type Realm } from '#domain/realm/realm.ts'
import type { Settings } from '#domain/settings.ts'
import { realmOfCookie } from '#web/cookies.ts'

const PURPOSE = 'proxy-session'

/** The site that a cookie is of. */
interface AtSite {
  readonly site: Pick<SiteSettings, 'realmId' | 'publicUrl'>
}

/** The name of the cookie at a site. Over https no other host can have set it (RFC 6265bis §4.1.3.2). */
export function siteCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-countersign-site' : `countersign-site-${new URL(publicUrl).port}`
}

/** The name of the cookie that ties a sign-in to the browser that began it. */
export function stateCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-countersign-state' : `countersign-state-${new URL(publicUrl).port}`
}

/** The value of the cookie for a session: it is good at this site only. */
export function siteCookie(crypto: Pick<Crypto, 'seal'>, { site }: AtSite, sessionId: string): string {
  return Buffer.from(crypto.seal(PURPOSE, JSON.stringify([site.realmId, site.publicUrl, sessionId]))).toString(
    'base64url',
  )
}

/** The session that a value of the cookie names; undefined where it is of another site or was not made here. */
export function openSiteCookie(crypto: Pick<Crypto, 'open'>, { site }: AtSite, value: string): string | undefined {
  try {
    const text = crypto.open(PURPOSE, Buffer.from(value, 'base64url').toString())
    const [realmId, publicUrl, sessionId] = JSON.parse(text) as string[]
    return realmId === site.realmId && publicUrl === site.publicUrl ? sessionId : undefined
  } catch {
    return undefined
  }
}

/** Where a request is, as far as cookies depend on it. */
interface CookiePlace {
  readonly site: Pick<SiteSettings, 'publicUrl'>
  readonly realm: Pick<Realm, 'issuerId' | 'kind' | 'customDomain'>
}

const OF_SITE = /^(?:__Host-)?countersign-(?:site|state)(?:-\d*)?$/

/**
 * Whether a cookie is of this server, so that an upstream neither reads nor sets it: those of the proxy and of the realm, and
 * those of every realm where the site and the sign-in server share a host. Everything else is the application’s.
 * @param pair the name, also with `=` and more behind it
 */
export function isOurs(settings: Settings, { site, realm }: CookiePlace, pair: string): boolean {
  const equals = pair.indexOf('=')
  const name = (equals < 0 ? pair : pair.slice(0, equals)).trim()
  if (OF_SITE.test(name)) return true
  const issuerId = realmOfCookie(name)
  if (issuerId === undefined) return false
  if (issuerId === realm.issuerId) return true
  const { hostname } = new URL(site.publicUrl)
  const { realmDomain, publicUrl } = settings
  if (realmDomain !== undefined && hostname.endsWith(`.${realmDomain}`)) return true
  return [publicUrl, issuerOf(realm, settings)].some((url) => new URL(url).hostname === hostname)
}

/** A Cookie header without the cookies of this server; undefined where nothing is left. */
export function foreignCookies(settings: Settings, place: CookiePlace, header: string): string | undefined {
  if (!header.includes('-')) return header
  const pairs = header.split(';')
  const kept = pairs.filter((pair) => !isOurs(settings, place, pair))
  if (kept.length === pairs.length) return header
  return kept.length > 0 ? kept.join(';').trim() : undefined
}
