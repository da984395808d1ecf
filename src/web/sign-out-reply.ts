// Where a browser goes after its person signed out, and the cookies that it loses.
import type { LogoutFrame } from '#domain/logout-delivery/front-channel.service.ts'
import type { SignOutRequest } from '#domain/sign-in/sign-out.ts'
import { readCookie, setCookie } from './cookies.ts'
import { frontChannelPage } from './front-channel-page.ts'
import { SIGNED_OUT_PATH } from './page-paths.ts'
import type { RealmReply, RealmRequest } from './realm-request.ts'
import { seeOther, withQuery } from './reply.ts'

/**
 * Where a person goes who is signed out: back to the client that asked, or to a page that says so.
 * @param frames what the browser loads on the way
 * @param own the path of the page that says so
 */
export function signedOutReply(
  realmRequest: RealmRequest,
  { redirectUri, state }: SignOutRequest,
  frames: readonly LogoutFrame[] = [],
  own = SIGNED_OUT_PATH,
): RealmReply {
  const kept = (['session', 'csrf'] as const).filter((name) => readCookie(realmRequest, name) !== undefined)
  const stale = kept.map((name) => setCookie(realmRequest, name, ''))
  const next = redirectUri === null ? realmRequest.base + own : withQuery(redirectUri, state === null ? {} : { state })
  return frames.length > 0 ? frontChannelPage(frames, next, stale, realmRequest.language) : seeOther(next, stale)
}
