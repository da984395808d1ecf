// Checks second factors: codes of authenticator apps and of text messages, and recovery codes.
import { userActor } from '../actor.ts'
import { totpKeyOf } from '../authenticator/new-authenticator.ts'
import { recoveryDigest } from '../authenticator/recovery-codes.ts'
import { stepOfCode } from '../authenticator/totp.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { User } from '../user/user.ts'
import { knownAccountOf, readKnownBrowser } from './known-browser.ts'
import type { MethodName } from './methods.ts'
import { secondMethodsOf } from './next-step.ts'
import { repeatedSession, type SignInPlace } from './open-session.ts'
import { type Advance, proceed } from './proceed.ts'
import { isPending, isStillOf, type Proven } from './proven.ts'
import { askedOf, setUpOf } from './set-up.ts'
import { type Attempt, forgetFailures, takeAttempt } from './sign-in-limits.ts'
import { spendSms } from './sms-code.service.ts'
import { isUsual, siteOf } from './usual-network.ts'

/** The methods that a code is typed for. */
export const CODE_METHODS = ['totp', 'sms', 'recovery_code'] as const satisfies readonly MethodName[]
export type CodeMethod = (typeof CODE_METHODS)[number]

/** The form of a second factor. */
export interface SecondFactor {
  readonly method: CodeMethod
  readonly code: string
  /** The cookie that `knownBrowserOf` created in the browser. */
  readonly known: string | undefined
}

/** What came of the form. `over`: the first factor does not count any more, so all begins again. */
export type SecondFactorOutcome =
  | Advance
  | { readonly kind: 'incorrect' }
  | { readonly kind: 'over' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfter: number }

type Checked = Advance | { readonly kind: 'over' } | { readonly kind: 'incorrect'; readonly reason: string }

/**
 * Goes on with a sign-in by a second factor. Failed attempts are counted for the account, in all browsers together: a new
 * sign-in gives no more of them. A browser in which the account reached level 2, and a network from which it did, have
 * attempts of their own, so that who knows the password cannot lock out the owner.
 * @param user who has proven the first factor
 * @param proven what is proven, where the place does not keep it yet
 */
export async function proveSecondFactor(
  context: Context,
  user: User,
  form: SecondFactor,
  place: SignInPlace,
  proven?: Proven,
): Promise<SecondFactorOutcome> {
  const account = knownAccountOf(user)
  const { ip } = context.actor.origin
  const knownBrowser = readKnownBrowser(context, form.known, account, 2)
  const attempt: Attempt = { ...account, ip, knownBrowser, factor: 'second' }
  const site = siteOf(ip)
  const usual = site !== undefined && (await isUsual(context, account, site, { least: 2 })) ? site : undefined
  const { retryAfter, isForSite } = await takeAttempt(context, attempt, usual)
  if (retryAfter > 0 && !isForSite) return { kind: 'too_many_attempts', retryAfter }
  const checked = await context.write((unit) => check(context, unit, { user, form, place, proven }))
  if (checked.kind === 'incorrect') {
    await emitFailure(context, user, form.method, checked.reason)
    return { kind: 'incorrect' }
  }
  // Nothing was proven, so the failures stay.
  if (checked.kind === 'over') return checked
  await forgetFailures(context, attempt, isForSite ? usual : undefined)
  return checked
}

interface Check {
  readonly user: User
  readonly form: SecondFactor
  readonly place: SignInPlace
  readonly proven: Proven | undefined
}

async function check(context: Context, unit: Unit, { user: { id }, form, place, proven }: Check): Promise<Checked> {
  const { clock, crypto, scope } = context
  const realm = realmOf(scope)
  const user = await unit.users.lock(realm.directoryId, id)
  const kept = (await place.proven(unit)) ?? proven
  const answer = crypto.mac('second-factor-answer', JSON.stringify([form.method, form.code]))
  if (user && kept?.answer === answer) {
    const repeated = await repeatedSession(context, unit, id, place)
    if (repeated) return { kind: 'signed_in', user, ...repeated }
  }
  if (!kept || !isPending(kept, clock.now()) || !isStillOf(kept, user)) return { kind: 'over' }
  if (kept.ledToFlow === answer) return { kind: 'more', next: 'flow' }
  const methods = secondMethodsOf(
    { ...realm, signInMethods: place.signInMethods },
    askedOf(kept.flows).of(await setUpOf(context, unit, user)),
  )
  if (!methods.includes(form.method)) return { kind: 'incorrect', reason: 'not_set_up' }
  const wrong = await spend(context, unit, user, form, kept)
  if (wrong !== undefined) return { kind: 'incorrect', reason: wrong }
  const advance = await proceed(
    context,
    unit,
    { ...kept, sms: undefined, methods: [...kept.methods, form.method] },
    place,
    answer,
  )
  return advance ?? { kind: 'over' }
}

/** Spends a code. @returns why it is refused */
function spend(context: Context, unit: Unit, user: User, { method, code }: SecondFactor, kept: Proven) {
  if (method === 'sms') return spendSms(context, unit, user, code, kept)
  return method === 'totp' ? spendTotp(context, unit, user, code) : spendRecovery(context, unit, user, code)
}

/** Spends the code of an app, which works once (RFC 6238 §5.2). @returns why it is refused */
async function spendTotp(
  { clock, crypto }: Context,
  unit: Unit,
  user: User,
  code: string,
): Promise<string | undefined> {
  const now = clock.now()
  let isReplayed = false
  for (const authenticator of await unit.authenticators.allOf(user.id)) {
    if (authenticator.kind !== 'totp') continue
    const step = stepOfCode(totpKeyOf({ crypto }, authenticator), code, now)
    if (step === undefined) continue
    if (await unit.authenticators.advance(authenticator, step, now)) return undefined
    isReplayed = true
  }
  return isReplayed ? 'used_code' : 'wrong_code'
}

async function spendRecovery(
  { clock, crypto }: Context,
  unit: Unit,
  user: User,
  code: string,
): Promise<string | undefined> {
  const spent = await unit.authenticators.spendCode(user.id, recoveryDigest(crypto, user.id, code), clock.now())
  if (!spent) return 'wrong_code'
  unit.emit('authenticator.code_used', {
    subject: { type: 'authenticator', id: spent.id, label: 'Recovery codes' },
    actor: userActor(user),
    data: { userId: user.id, codesLeft: spent.left },
  })
  return undefined
}

async function emitFailure(context: Context, user: User, method: CodeMethod, reason: string): Promise<void> {
  await context.write((unit) =>
    unit.emit('sign_in.failed', {
      subject: { type: 'user', id: user.id, label: user.email },
      result: 'failure',
      data: { method, reason },
    }),
  )
}
