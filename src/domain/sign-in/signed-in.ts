// Finds the user and the session of a session secret.
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { isSessionValid, type Session } from '../session/session.ts'
import type { User } from '../user/user.ts'

/** The user who is signed in, and the session. */
export interface SignedIn {
  readonly session: Session
  readonly user: User
}

/**
 * The user and the session of a secret, in the context's realm.
 * @param secret the secret from the session cookie
 * @returns undefined if the session has ended or expired, or the user is not active
 */
export async function signedInBy(context: Context, secret: string): Promise<SignedIn | undefined> {
  const { crypto, read, scope } = context
  const session = await read.sessions.findBySecretHash(realmOf(scope).id, crypto.digest(secret))
  return session && signedInWith(context, session)
}

/** The user who is signed in by a session of the context's realm. @returns undefined where {@link signedInBy} finds nobody */
export async function signedInWith(
  { clock, read, scope }: Pick<Context, 'clock' | 'read' | 'scope'>,
  session: Session,
): Promise<SignedIn | undefined> {
  const realm = realmOf(scope)
  if (!isSessionValid(session, realm.policy, clock.now())) return undefined
  const user = await read.users.find(realm.directoryId, session.userId)
  return user?.status === 'active' ? { session, user } : undefined
}
