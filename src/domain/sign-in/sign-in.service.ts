import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { endSession } from '../session/session.service.ts'
import type { Session } from '../session/session.ts'
import { type VerifiedPassword, verifyPassword } from '../user/user.service.ts'
import { emailKey, type User } from '../user/user.ts'
import { readKnownBrowser } from './known-browser.ts'
import { type Attempt, forgetFailures, takeAttempt } from './sign-in-limits.ts'

/** The assurance level that a password reaches, the highest here (SemAuth: a passkey reaches 3, all else 1). */
export const REACHABLE_AAL = 1

/** What a person typed, and what is known of the browser they typed it in. */
export interface Credentials {
  readonly email: string
  readonly password: string
  /** The cookie that {@link knownBrowserOf} made there. */
  readonly known: string | undefined
  /** The session of that browser, if it has one. */
  readonly previous: Session | undefined
}

/** A session, and the secret that its cookie carries. */
interface Opened {
  readonly session: Session
  readonly user: User
  readonly secret: string
}

export type SignInOutcome =
  | ({ readonly kind: 'signed_in' } & Opened)
  | { readonly kind: 'incorrect' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfter: number }

/**
 * Signs a person in with a password. An account that does not exist, a wrong password and a user who may not sign in
 * are answered alike, after the same work. The session gets another secret each time (session fixation); a session of
 * somebody else in that browser ends.
 * @param also what is to be written with it
 */
export async function signInWithPassword(
  context: Context,
  credentials: Credentials,
  also: (unit: Unit, user: User) => Promise<void>,
): Promise<SignInOutcome> {
  const { directoryId } = realmOf(context.scope)
  const key = emailKey(credentials.email)
  const knownBrowser = readKnownBrowser(context, credentials.known, { directoryId, emailKey: key })
  const attempt: Attempt = { directoryId, emailKey: key, ip: context.actor.origin.ip, knownBrowser }
  const retryAfter = await takeAttempt(context, attempt)
  if (retryAfter > 0) return { kind: 'too_many_attempts', retryAfter }
  const verified = await verifyPassword(context, directoryId, credentials)
  const opened = verified && (await openSession(context, verified, credentials.previous, also))
  if (!opened) {
    await tellFailure(context, directoryId, key)
    return { kind: 'incorrect' }
  }
  await forgetFailures(context, attempt)
  return { kind: 'signed_in', ...opened }
}

async function openSession(
  context: Context,
  { user, password }: VerifiedPassword,
  previous: Session | undefined,
  also: (unit: Unit, user: User) => Promise<void>,
): Promise<Opened | undefined> {
  const { crypto, random } = context
  const secret = random.secret()
  const session = newSession(context, user, crypto.digest(secret))
  return context.write(async (unit) => {
    if (!(await unit.users.recordSignIn(user.id, session.authenticatedAt, password))) return undefined
    const { kept, previousExpiresAt } = await replace(context, unit, previous, session)
    await also(unit, user)
    const renewed = previousExpiresAt !== undefined
    const { amr, aal, expiresAt } = kept
    unit.emit('session.started', {
      subject: { type: 'session', id: kept.id },
      actor: { kind: 'user', id: user.id, label: user.email },
      data: { userId: user.id, amr, aal, renewed, expiresAt, ...(renewed && { previousExpiresAt }) },
    })
    return { session: kept, user, secret }
  })
}

// Whoever signs in again goes on with the session, so that the tokens that came from it stay.
async function replace(
  context: Context,
  unit: Unit,
  previous: Session | undefined,
  session: Session,
): Promise<{ readonly kept: Session; readonly previousExpiresAt?: number }> {
  if (previous?.userId === session.userId) {
    const kept: Session = { ...session, id: previous.id, createdAt: previous.createdAt }
    const previousExpiresAt = await unit.sessions.renew(kept)
    if (previousExpiresAt !== undefined) return { kept, previousExpiresAt }
  } else if (previous) {
    await endSession(context, unit, previous, 'replaced')
  }
  await unit.sessions.insert(session)
  return { kept: session }
}

function newSession({ actor, clock, random, scope }: Context, user: User, secretHash: string): Session {
  const realm = realmOf(scope)
  const now = clock.now()
  return {
    id: random.id(),
    tenantId: realm.tenantId,
    realmId: realm.id,
    userId: user.id,
    secretHash,
    amr: ['pwd'],
    aal: REACHABLE_AAL,
    ip: actor.origin.ip,
    userAgent: actor.origin.userAgent,
    authenticatedAt: now,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + realm.policy.sessionLifetime * 1000,
    endedAt: null,
  }
}

// What was typed as an address stays out of the log where it is nobody's: people type passwords there.
async function tellFailure(context: Context, directoryId: string, key: string): Promise<void> {
  const found = await context.read.users.findForSignIn(directoryId, key)
  await context.write((unit) => {
    unit.emit('sign_in.failed', {
      subject: { type: 'user', id: found?.user.id ?? 'unknown' },
      result: 'failure',
      data: { method: 'pwd' },
    })
  })
}
