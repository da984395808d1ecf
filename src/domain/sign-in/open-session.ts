// Opens sessions of users who have proven who they are.
import { userActor } from '../actor.ts'
import type { Context, Unit } from '../context.ts'
import { ANSWER_GRACE } from '../one-time-token/one-time-token.ts'
import { realmOf } from '../realm/realm.service.ts'
import { endSession } from '../session/session.service.ts'
import type { Session } from '../session/session.ts'
import type { User } from '../user/user.ts'
import { assuranceOf, type SignInMethod } from './methods.ts'
import type { Proven } from './proven.ts'

/** A session, and the secret for its cookie. */
export interface BegunSession {
  readonly session: Session
  readonly secret: string
}

/**
 * Where a sign-in takes place: a request that waits in one browser. It keeps what is proven until all of it is, and what
 * belongs to the same write as the session.
 */
export interface SignInPlace {
  /** The level that the request and its client ask for, besides that of the realm. */
  readonly aal: number
  /** The methods that the client takes; null for all of the realm. */
  readonly signInMethods: readonly SignInMethod[] | null
  /** The cookie of a browser that is remembered. */
  readonly device: string | undefined
  /** Whether the person chose that this browser is remembered. */
  readonly remember: boolean
  /** The session of that browser, if it has one. */
  readonly previous: (unit: Unit) => Promise<Session | undefined>
  /** What the first click of a double click began. Its session is kept, with its secret, for a minute. */
  readonly begun: (unit: Unit) => Promise<BegunSession | undefined>
  /** What is proven so far. */
  readonly proven: (unit: Unit) => Promise<Proven | undefined>
  /** Keeps what is proven so far. */
  readonly keep: (unit: Unit, proven: Proven) => Promise<void>
  /** What else is written with the session. */
  readonly also: (unit: Unit, user: User, begun: BegunSession) => Promise<void>
}

/** The session that the first click of a double click began for a user; undefined if there was none a minute ago. */
export async function repeatedSession(
  { clock }: Pick<Context, 'clock'>,
  unit: Unit,
  userId: string,
  place: SignInPlace,
): Promise<BegunSession | undefined> {
  const first = await place.begun(unit)
  if (first?.session.userId !== userId) return undefined
  return first.session.lastSeenAt + ANSWER_GRACE > clock.now() ? first : undefined
}

/**
 * Opens a session inside a write. It gets a new secret, against session fixation; a session of another user in the
 * browser ends.
 * @param proven what the user has proven, and when, if that was at an identity provider
 */
export async function openSession(
  context: Context,
  unit: Unit,
  user: User,
  proven: Pick<Proven, 'methods' | 'authenticatedAt'>,
  place: SignInPlace,
): Promise<BegunSession> {
  const secret = context.random.secret()
  const prepared = newSession(context, user, proven, context.crypto.digest(secret))
  const { session, previousExpiresAt } = await replace(context, unit, await place.previous(unit), prepared)
  await place.also(unit, user, { session, secret })
  const renewed = previousExpiresAt !== undefined
  const { amr, aal, expiresAt } = session
  unit.emit('session.started', {
    subject: { type: 'session', id: session.id },
    actor: userActor(user),
    data: { userId: user.id, amr, aal, renewed, expiresAt, ...(renewed && { previousExpiresAt }) },
  })
  return { session, secret }
}

// A user who signs in again keeps the session, so that its tokens stay valid.
async function replace(
  context: Context,
  unit: Unit,
  previous: Session | undefined,
  prepared: Session,
): Promise<{ readonly session: Session; readonly previousExpiresAt?: number }> {
  if (previous?.userId === prepared.userId) {
    const session: Session = { ...prepared, id: previous.id, createdAt: previous.createdAt }
    const previousExpiresAt = await unit.sessions.renew(session)
    if (previousExpiresAt !== undefined) return { session, previousExpiresAt }
  } else if (previous) {
    await endSession(context, unit, previous, { why: 'replaced' })
  }
  await unit.sessions.insert(prepared)
  return { session: prepared }
}

function newSession(
  { actor, clock, random, scope }: Context,
  user: User,
  { methods, authenticatedAt }: Pick<Proven, 'methods' | 'authenticatedAt'>,
  secretHash: string,
): Session {
  const realm = realmOf(scope)
  const now = clock.now()
  return {
    id: random.id(),
    tenantId: realm.tenantId,
    realmId: realm.id,
    userId: user.id,
    secretHash,
    ...assuranceOf(methods),
    ip: actor.origin.ip,
    userAgent: actor.origin.userAgent,
    authenticatedAt: Math.min(authenticatedAt ?? now, now),
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + realm.policy.sessionLifetime * 1000,
    endedAt: null,
  }
}
