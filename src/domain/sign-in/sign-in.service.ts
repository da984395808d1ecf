// Signs users in by password.

import { emailKey } from '#kernel/identity-text.ts'
import type { Context } from '../context.ts'
import { signInByDirectory } from '../external-sign-in/directory-sign-in.service.ts'
import { sealMeasure } from '../flow/facts.ts'
import { noteSignOfAttack } from '../proof-of-work/proof-of-work.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { type VerifiedPassword, verifyPassword } from '../user/user.service.ts'
import type { User } from '../user/user.ts'
import { namedAccount } from './identifier.ts'
import { type KnownAccount, readKnownBrowser } from './known-browser.ts'
import { repeatedSession, type SignInPlace } from './open-session.ts'
import { type Advance, proceed } from './proceed.ts'
import { firstProven } from './proven.ts'
import { type Attempt, forgetFailures, takeAttempt } from './sign-in-limits.ts'
import { isUsual, siteOf } from './usual-network.ts'

/** The typed credentials, and what is known of the browser. */
export interface Credentials {
  /** An address, or another identifier that the realm takes. */
  readonly email: string
  readonly password: string
  /** The cookie that {@link knownBrowserOf} created in the browser. */
  readonly known: string | undefined
  /** The context in which a new user of a directory acts. Without it, directories are not asked. */
  readonly newPerson?: (email: string) => Context
}

/** How many events about users that do not exist are written in a directory. */
const UNKNOWN_EVENTS = { limit: 600, windowSeconds: 3600 }

/** What came of a form. */
export type SignInOutcome =
  | Advance
  | { readonly kind: 'incorrect' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfter: number }

/**
 * Signs a user in with a password. The response and the time are the same for an unknown account, a wrong password and
 * a user who may not sign in. Whom the password is not of here, the directories of the realm are asked. Where more is demanded, there is no session yet: the password is kept as proven.
 * @param place where the sign-in takes place
 */
export async function signInWithPassword(
  context: Context,
  credentials: Credentials,
  place: SignInPlace,
): Promise<SignInOutcome> {
  const { directoryId } = realmOf(context.scope)
  const { email, attemptKey } = await namedAccount(context, credentials.email)
  const key = emailKey(email)
  const account = { directoryId, emailKey: key }
  const { ip } = context.actor.origin
  const knownBrowser = await knownBrowserFor(context, credentials.known, account)
  const attempt: Attempt = { directoryId, emailKey: attemptKey, ip, knownBrowser }
  const site = siteOf(ip)
  const { retryAfter, isForSite } = await takeAttempt(context, attempt, site)
  const tooMany = { kind: 'too_many_attempts', retryAfter } as const
  if (retryAfter > 0 && !isForSite) {
    await noteSignOfAttack(context)
    return tooMany
  }
  const verified = await verifyPassword(context, directoryId, { email, password: credentials.password })
  // Who does not know the password must not learn where the account signed in, so the site decides after the password.
  const isAllowed = !isForSite || (site !== undefined && (await isUsual(context, account, site)))
  const advance =
    isAllowed &&
    (await (verified
      ? proveFirst(context, verified, place, credentials.password)
      : byDirectory(context, credentials, place, {
          ...attempt,
          knownBrowser: knownBrowser ?? (isForSite ? site : undefined),
        })))
  if (!advance) {
    await noteSignOfAttack(context)
    await emitFailure(context, directoryId, key, isAllowed)
    return isForSite ? tooMany : { kind: 'incorrect' }
  }
  await forgetFailures(context, attempt, isForSite ? site : undefined)
  return advance
}

/**
 * Whether a browser is one in which the account signed in before, whatever was typed as its name. Such a browser has a
 * budget of attempts of its own.
 * @param cookie the cookie that {@link knownBrowserOf} created in the browser
 */
export async function isKnownBrowser(context: Context, typed: string, cookie: string | undefined): Promise<boolean> {
  if (cookie === undefined) return false
  const { email } = await namedAccount(context, typed)
  const account = { directoryId: realmOf(context.scope).directoryId, emailKey: emailKey(email) }
  return (await knownBrowserFor(context, cookie, account)) !== undefined
}

function byDirectory(
  context: Context,
  { email: identifier, password, newPerson }: Credentials,
  place: SignInPlace,
  attempt: Attempt,
): Promise<Advance | undefined> {
  if (!newPerson) return Promise.resolve(undefined)
  return signInByDirectory(context, { identifier, password, newPerson, attempt }, place)
}

// Whoever has a cookie has the account looked up, whether or not it exists and the cookie is of it.
async function knownBrowserFor(
  context: Context,
  cookie: string | undefined,
  account: Omit<KnownAccount, 'passwordSetAt'>,
): Promise<string | undefined> {
  if (cookie === undefined) return undefined
  const found = await context.read.users.findForSignIn(account.directoryId, account.emailKey)
  return readKnownBrowser(context, cookie, { ...account, passwordSetAt: found?.user.passwordSetAt ?? null })
}

function proveFirst(
  context: Context,
  { user, password }: VerifiedPassword,
  place: SignInPlace,
  typed: string,
): Promise<Advance | undefined> {
  const measure = sealMeasure(context, typed)
  return context.write(async (unit) => {
    if (!(await unit.users.keepPassword(user.id, password))) return undefined
    const repeated = await repeatedSession(context, unit, user.id, place)
    if (repeated) {
      await place.also(unit, user, repeated)
      return { kind: 'signed_in', user, ...repeated }
    }
    return proceed(context, unit, { ...firstProven(user, ['password'], context.clock.now()), typed: measure }, place)
  })
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
