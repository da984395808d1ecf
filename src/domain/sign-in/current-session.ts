import type { Context } from '../context.ts'
import type { RealmRequest } from '../realm-request.ts'
import { isLiving, type Session } from '../session/session.ts'
import type { User } from '../user/user.ts'
import { readCookie, setCookie } from './browser.ts'

/** Who is signed in, and by which session. */
export interface SignedIn {
  readonly session: Session
  readonly user: User
}

type Asked = Pick<RealmRequest, 'cookies' | 'issuer' | 'realm'>

// Whether the session that a request’s cookies name was found to hold, so that it is looked for once in a request.
const known = new WeakMap<Asked['cookies'], boolean>()

/** Who is signed in at this realm in the browser that asks; undefined where nobody is, or may not be any more. */
export async function currentSession(context: Context, request: Asked): Promise<SignedIn | undefined> {
  const secret = readCookie(request, 'session')
  if (secret === undefined) return undefined
  const signedIn = await behind(context, request, secret)
  known.set(request.cookies, signedIn !== undefined)
  return signedIn
}

/**
 * What takes the cookie of a session that holds no more from the browser that still sends it, as a Set-Cookie; undefined
 * where there is nothing to take.
 */
export async function staleSessionCookie(context: Context, request: Asked): Promise<string | undefined> {
  if (readCookie(request, 'session') === undefined) return undefined
  const holds = known.get(request.cookies) ?? (await currentSession(context, request)) !== undefined
  return holds ? undefined : setCookie(request, 'session', '')
}

async function behind(
  { clock, crypto, read }: Context,
  { realm }: Asked,
  secret: string,
): Promise<SignedIn | undefined> {
  const session = await read.sessions.findBySecretHash(realm.id, crypto.digest(secret))
  if (!session || !isLiving(session, realm.policy, clock.now())) return undefined
  const user = await read.users.find(realm.directoryId, session.userId)
  return user?.status === 'active' ? { session, user } : undefined
}
