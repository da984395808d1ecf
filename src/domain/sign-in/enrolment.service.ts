// Sets up an authenticator app in the middle of a sign-in that demands a second factor. Nothing is set up before the person
// has shown a code of the app and has been shown the recovery codes: until then all is kept, encrypted, with the request.
import { Failure } from '#kernel/error.ts'
import { tellOfAuthenticator } from '../account/authenticator-notice.ts'
import { addAuthenticator, replaceRecoverySet } from '../authenticator/authenticator.service.ts'
import { newTotp } from '../authenticator/new-authenticator.ts'
import { newRecoveryCodes } from '../authenticator/recovery-codes.ts'
import { newTotpKey, stepOfCode, totpUri } from '../authenticator/totp.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { User } from '../user/user.ts'
import { repeatedSession, type SignInPlace } from './open-session.ts'
import { type Advance, nextFor, proceed } from './proceed.ts'
import { isPending, isStillOf, type Proven } from './proven.ts'

/** What an app that is being set up is encrypted for. */
const SEALED = 'enrolment'
/** The answer of the form that ends it. */
const FINISHED = 'enrolled'

/** An authenticator app that is being set up. */
export interface Enrolment {
  /** Base32. */
  readonly key: string
  /** The recovery codes and the time step of the code, once the person has shown one. */
  readonly confirmed?: { readonly step: number; readonly codes: readonly string[] }
}

/** The enrolment, and the address that the app reads from a QR code. */
export interface ShownEnrolment extends Enrolment {
  readonly uri: string
}

/**
 * The app that the user sets up; a new one unless it began already. A user who has a second factor sets up none here.
 * @param proven what is proven, where the place does not keep it yet
 * @throws Failure `expired` if the first factor does not count any more, `forbidden` if the user has a second factor
 */
export function beginEnrolment(
  context: Context,
  user: User,
  place: SignInPlace,
  proven?: Proven,
): Promise<ShownEnrolment> {
  return context.write(async (unit) => {
    const kept = await pendingIn(context, unit, user, place, proven)
    const known = kept.enrolment === undefined ? undefined : open(context, kept.enrolment)
    const enrolment = known ?? { key: newTotpKey(context.random) }
    if (!known) await place.keep(unit, { ...kept, enrolment: seal(context, enrolment) })
    return { ...enrolment, uri: totpUri(enrolment.key, realmOf(context.scope).name, user.email) }
  })
}

/**
 * Checks the first code of the app, and makes the recovery codes.
 * @returns whether the code is right
 * @throws Failure `expired`, `forbidden` as {@link beginEnrolment}
 */
export function confirmEnrolment(context: Context, user: User, code: string, place: SignInPlace): Promise<boolean> {
  return context.write(async (unit) => {
    const kept = await pendingIn(context, unit, user, place)
    if (kept.enrolment === undefined) throw new Failure('expired')
    const { key, confirmed } = open(context, kept.enrolment)
    const step = stepOfCode(key, code, context.clock.now())
    if (step === undefined) return false
    // A second click must not change the codes that the person is looking at.
    if (confirmed) return true
    const enrolment = seal(context, { key, confirmed: { step, codes: newRecoveryCodes(context.random) } })
    await place.keep(unit, { ...kept, enrolment })
    return true
  })
}

/**
 * Adds the app and the recovery codes, and goes on with the sign-in.
 * @param context in which the user acts
 * @throws Failure `expired`, `forbidden` as {@link beginEnrolment}
 */
export function finishEnrolment(context: Context, user: User, place: SignInPlace): Promise<Advance> {
  return context.write(async (unit) => {
    await unit.users.lock(user.directoryId, user.id)
    if ((await place.proven(unit))?.answer === FINISHED) {
      const repeated = await repeatedSession(context, unit, user.id, place)
      if (repeated) return { kind: 'signed_in', user, ...repeated }
    }
    const before = await place.proven(unit)
    if (before?.ledToFlow === FINISHED && isPending(before, context.clock.now())) return { kind: 'more', next: 'flow' }
    const kept = await pendingIn(context, unit, user, place)
    const { key, confirmed } = kept.enrolment === undefined ? { key: '' } : open(context, kept.enrolment)
    if (!confirmed) throw new Failure('expired')
    await replaceRecoverySet(context, unit, user, confirmed.codes)
    const app = newTotp(context, user.id, { key, step: confirmed.step })
    await addAuthenticator(unit, user, app)
    await tellOfAuthenticator(context, unit, user, 'app_added', app.name)
    const proven: Proven = { ...kept, methods: [...kept.methods, 'totp'], enrolment: undefined }
    const advance = await proceed(context, unit, proven, place, FINISHED)
    if (!advance) throw new Failure('expired')
    return advance
  })
}

/** What is proven by a user who must set up a second factor now, and whose row is locked. */
async function pendingIn(
  context: Context,
  unit: Unit,
  { id, directoryId }: User,
  place: SignInPlace,
  proven?: Proven,
): Promise<Proven> {
  const user = await unit.users.lock(directoryId, id)
  const kept = (await place.proven(unit)) ?? proven
  if (!kept || !isPending(kept, context.clock.now()) || !isStillOf(kept, user)) throw new Failure('expired')
  const next = await nextFor(context, unit, user, kept, place)
  if (next !== 'enrolment') throw new Failure('forbidden', 'A second factor is set up already.')
  return kept
}

function seal({ crypto }: Pick<Context, 'crypto'>, enrolment: Enrolment): string {
  return crypto.seal(SEALED, JSON.stringify(enrolment))
}

/** The app that is being set up. */
export function open({ crypto }: Pick<Context, 'crypto'>, sealed: string): Enrolment {
  return JSON.parse(crypto.open(SEALED, sealed))
}
