// Where a browser goes after its person signed out, and the cookies that it loses.
import type { SignOutRequest } from '#domain/sign-in/sign-out.ts'
import { readCookie, setCookie } from './cookies.ts'
import type { RealmReply, RealmRequest } from './realm-request.ts'
import { seeOther, withQuery } from './reply.ts'

/** Where a person goes who is signed out: back to the client that asked, or to a page that says so. */
export function signedOutReply(realmRequest: RealmRequest, { redirectUri, state }: SignOutRequest): RealmReply {
  const kept = (['session', 'csrf'] as const).filter((name) => readCookie(realmRequest, name) !== undefined)
  const stale = kept.map((name) => setCookie(realmRequest, name, ''))
  if (redirectUri === null) return seeOther(`${realmRequest.base}/signed-out`, stale)
  return seeOther(withQuery(redirectUri, state === null ? {} : { state }), stale)
}
