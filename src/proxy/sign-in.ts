// Signs people in to a site: they go to the sign-in server, and come back with a code that becomes the site's own cookie.
import { openContext, type Services } from '#domain/open-context.ts'
import { consumeSiteCode } from '#domain/proxy-site/site-sign-in.service.ts'
import { SITE_SIGN_IN_PATH } from '#domain/proxy-site/site-sign-in.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { serverActor } from '#domain/server-actor.ts'
import { Failure } from '#kernel/error.ts'
import { readCookies } from '#web/cookie-header.ts'
import type { OwnReply } from './denial.ts'
import { siteCookie, siteCookieName, stateCookieName } from './site-session.ts'
import type { PlacedSite } from './sites.ts'

/** Begins a sign-in. @param url that the person comes back to */
export function beginSignIn(
  { random, crypto, registry }: Services,
  { site, realm }: PlacedSite,
  url: string,
): { readonly location: string; readonly cookie: string } {
  const state = random.secret()
  const query = new URLSearchParams({ return_to: url, state: crypto.digest(state) })
  const location = `${issuerOf(realm, registry.settings)}${SITE_SIGN_IN_PATH}?${query}`
  return { location, cookie: cookieOf(site.publicUrl, stateCookieName(site.publicUrl), state, 600) }
}

/** Ends a sign-in: the code that came back, in the browser that began it, becomes a session at the site. */
export async function endSignIn(
  services: Services,
  placed: PlacedSite,
  { url, cookieHeader }: { readonly url: string; readonly cookieHeader: string | undefined },
): Promise<OwnReply> {
  const { site, realm } = placed
  const { publicUrl } = site
  const query = new URL(url, publicUrl).searchParams
  const state = readCookies(cookieHeader).get(stateCookieName(publicUrl))
  const context = openContext(services, serverActor('proxy'), { tenantId: realm.tenantId, realm })
  if (state === undefined) throw new Failure('invalid_request', 'The sign-in was begun in another browser. Try again.')
  const code = query.get('code') ?? ''
  const done = await consumeSiteCode(context, { code, publicUrl, state: services.crypto.digest(state) })
  if (!done) throw new Failure('invalid_request', 'The link of the sign-in was used already, or is too old. Try again.')
  const cookie = siteCookie(services.crypto, placed, done.sessionId)
  return {
    status: 303,
    headers: {
      location: done.returnTo,
      'set-cookie': [
        cookieOf(publicUrl, siteCookieName(publicUrl), cookie),
        cookieOf(publicUrl, stateCookieName(publicUrl), '', 0),
      ],
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    },
    body: '',
  }
}

function cookieOf(publicUrl: string, name: string, value: string, maxAge?: number): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : ''
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure}${maxAge === undefined ? '' : `; Max-Age=${maxAge}`}`
}
