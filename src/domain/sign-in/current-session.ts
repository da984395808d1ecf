import type { Context } from '../context.ts'
import type { RealmRequest } from '../realm-request.ts'
import { isLiving, type Session } from '../session/session.ts'
import type { User } from '../user/user.ts'
import { readCookie } from './browser.ts'

/** Who is signed in, and by which session. */
export interface SignedIn {
  readonly session: Session
  readonly user: User
}

/** Who is signed in at this realm in the browser that asks; undefined where nobody is, or may not be any more. */
export async function currentSession(
  { clock, crypto, read }: Context,
  request: Pick<RealmRequest, 'cookies' | 'issuer' | 'realm'>,
): Promise<SignedIn | undefined> {
  const secret = readCookie(request, 'session')
  if (secret === undefined) return undefined
  const { realm } = request
  const session = await read.sessions.findBySecretHash(realm.id, crypto.digest(secret))
  if (!session || !isLiving(session, realm.policy, clock.now())) return undefined
  const user = await read.users.find(realm.directoryId, session.userId)
  return user?.status === 'active' ? { session, user } : undefined
}
