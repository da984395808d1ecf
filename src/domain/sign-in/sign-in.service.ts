// Signs users in by password, and opens their sessions.

import { emailKey } from '#kernel/identity-text.ts'
import { userActor } from '../actor.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { endSession } from '../session/session.service.ts'
import type { Session } from '../session/session.ts'
import { type VerifiedPassword, verifyPassword } from '../user/user.service.ts'
import type { User } from '../user/user.ts'
import { REACHABLE_AAL } from './assurance.ts'
import { readKnownBrowser } from './known-browser.ts'
import { type Attempt, forgetFailures, takeAttempt } from './sign-in-limits.ts'
import { isUsual, siteOf } from './usual-network.ts'

/** The typed credentials, and what is known of the browser. */
export interface Credentials {
  readonly email: string
  readonly password: string
  /** The cookie that {@link knownBrowserOf} created in the browser. */
  readonly known: string | undefined
}

/** What belongs to the same write as the session. */
export interface SignInWrite {
  /** The session of that browser, if it has one. */
  readonly previous: (unit: Unit) => Promise<Session | undefined>
  /** What the first click of a double click began. Its session is kept, with its secret, for a minute. */
  readonly begun?: (unit: Unit) => Promise<BegunSession | undefined>
  /** What else is written. */
  readonly also?: (unit: Unit, user: User, begun: BegunSession) => Promise<void>
}

/** A session, and the secret for its cookie. */
export interface BegunSession {
  readonly session: Session
  readonly secret: string
}

/** How many events about users that do not exist are written in a directory. */
const UNKNOWN_EVENTS = { limit: 600, windowSeconds: 3600 }

/** For how long a form begins no other session than it has begun. Milliseconds. */
const REPEATED_FOR = 60_000

interface Opened extends BegunSession {
  readonly user: User
}

export type SignInOutcome =
  | ({ readonly kind: 'signed_in' } & Opened)
  | { readonly kind: 'incorrect' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfter: number }

/**
 * Signs a user in with a password. The response and the time are the same for an unknown account, a wrong password and
 * a user who may not sign in. Each sign-in gets a new session secret, against session fixation. A session of another
 * user in the browser ends.
 */
export async function signInWithPassword(
  context: Context,
  credentials: Credentials,
  write: SignInWrite,
): Promise<SignInOutcome> {
  const { directoryId } = realmOf(context.scope)
  const key = emailKey(credentials.email)
  const account = { directoryId, emailKey: key }
  const { ip } = context.actor.origin
  const knownBrowser = readKnownBrowser(context, credentials.known, account)
  const attempt: Attempt = { ...account, ip, knownBrowser }
  const site = siteOf(ip)
  const { retryAfter, isForSite } = await takeAttempt(context, attempt, site)
  const tooMany = { kind: 'too_many_attempts', retryAfter } as const
  if (retryAfter > 0 && !isForSite) return tooMany
  const verified = await verifyPassword(context, directoryId, credentials)
  // Who does not know the password must not learn where the account signed in, so the site decides after the password.
  const isAllowed = !isForSite || (site !== undefined && (await isUsual(context, account, site)))
  const opened = isAllowed && verified && (await openSession(context, verified, write))
  if (!opened) {
    await emitFailure(context, directoryId, key, isAllowed)
    return isForSite ? tooMany : { kind: 'incorrect' }
  }
  await forgetFailures(context, attempt, isForSite ? site : undefined)
  return { kind: 'signed_in', ...opened }
}

async function openSession(
  context: Context,
  { user, password }: VerifiedPassword,
  { previous, begun, also }: SignInWrite,
): Promise<Opened | undefined> {
  const { crypto, random } = context
  const secret = random.secret()
  const prepared = newSession(context, user, crypto.digest(secret))
  return context.write(async (unit) => {
    if (!(await unit.users.recordSignIn(user.id, prepared.authenticatedAt, password))) return undefined
    const first = await begun?.(unit)
    const isRepeated =
      first?.session.userId === user.id && first.session.authenticatedAt + REPEATED_FOR > context.clock.now()
    if (first && isRepeated) {
      await also?.(unit, user, first)
      return { ...first, user }
    }
    const { session, previousExpiresAt } = await replace(context, unit, await previous(unit), prepared)
    await also?.(unit, user, { session, secret })
    const renewed = previousExpiresAt !== undefined
    const { amr, aal, expiresAt } = session
    unit.emit('session.started', {
      subject: { type: 'session', id: session.id },
      actor: userActor(user),
      data: { userId: user.id, amr, aal, renewed, expiresAt, ...(renewed && { previousExpiresAt }) },
    })
    return { session, user, secret }
  })
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

// An unknown address is not written to the log, because people sometimes type their password there. Known accounts are
// few, and each has a budget of attempts; events about unknown ones have a budget in all, from however many networks.
async function emitFailure(context: Context, directoryId: string, key: string, isAllowed: boolean): Promise<void> {
  const user = await context.read.users.findForSignIn(directoryId, key)
  const { limit, windowSeconds } = UNKNOWN_EVENTS
  const isTold =
    isAllowed &&
    (user !== undefined || (await context.limiter.take(`unknown-users ${directoryId}`, limit, windowSeconds)) === 0)
  await context.write((unit) => {
    if (!isTold) return
    unit.emit('sign_in.failed', {
      subject: { type: 'user', id: user?.user.id ?? 'unknown', label: user?.user.email ?? null },
      result: 'failure',
      data: { method: 'pwd', reason: failureReason(user) },
    })
  })
}

/** Why a sign-in failed, for the operator: the person does not learn it. */
function failureReason(found: { readonly user: User; readonly passwordHash: string | null } | undefined): string {
  if (!found) return 'unknown_user'
  if (found.user.status !== 'active') return 'suspended'
  return found.passwordHash === null ? 'no_password' : 'wrong_password'
}
