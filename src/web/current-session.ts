// The session of the browser that asks, found by its cookie.
import type { Context } from '#domain/context.ts'
import { type SignedIn, signedInBy } from '#domain/sign-in/signed-in.ts'
import { readCookie, setCookie } from './cookies.ts'
import type { RealmRequest } from './realm-request.ts'

type WithCookies = Pick<RealmRequest, 'cookies' | 'issuer' | 'realm'>

// Whether the session in a request's cookies was found and is valid, so that each request looks for it once.
const known = new WeakMap<WithCookies['cookies'], boolean>()

/**
 * Who is signed in at this realm in the browser that asks.
 * @param context of the request's realm
 * @returns undefined where nobody is signed in, or the session or the person is not active any more
 */
export async function currentSession(context: Context, request: WithCookies): Promise<SignedIn | undefined> {
  const secret = readCookie(request, 'session')
  if (secret === undefined) return undefined
  const signedIn = await signedInBy(context, secret)
  known.set(request.cookies, signedIn !== undefined)
  return signedIn
}

/**
 * The Set-Cookie value that deletes the cookie of a session that is not valid any more.
 * @returns undefined where the browser sent no such cookie, or its session is valid
 */
export async function staleSessionCookie(context: Context, request: WithCookies): Promise<string | undefined> {
  if (readCookie(request, 'session') === undefined) return undefined
  const valid = known.get(request.cookies) ?? (await currentSession(context, request)) !== undefined
  return valid ? undefined : setCookie(request, 'session', '')
}
