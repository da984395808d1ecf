// Goes on with a sign-in after a factor was proven: to a session, or to what else is needed. Every method ends here, so
// that none of them yields a session with less assurance than is demanded.
import type { Authenticator } from '../authenticator/authenticator.ts'
import { partyOf, passkeysAt } from '../authenticator/passkey.service.ts'
import type { Context, Unit } from '../context.ts'
import { missingFrom } from '../profile-attribute/profile-attribute.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import {
  type DeviceCookie,
  findDevice,
  rememberDevice,
  useDevice,
} from '../remembered-device/remembered-device.service.ts'
import { termsToAccept } from '../terms/terms-acceptance.service.ts'
import type { User } from '../user/user.ts'
import { assuranceOf, type SetUp } from './methods.ts'
import { type NextStep, nextStep } from './next-step.ts'
import { type BegunSession, openSession, type SignInPlace } from './open-session.ts'
import { isStillOf, type Proven } from './proven.ts'

/**
 * What a factor led to: a session, the page that comes next, or nothing, because nothing that the person could prove would
 * be enough.
 */
export type Advance =
  | ({
      readonly kind: 'signed_in'
      readonly user: User
      /** Whether the user signed in before, but had no session in this browser; undefined for a double click. */
      readonly isReturning?: boolean
      /** The cookie of a browser that is remembered, where it is another one from now on. */
      readonly device?: DeviceCookie | undefined
    } & BegunSession)
  | { readonly kind: 'more'; readonly next: 'second_factor' | 'enrolment' | 'details' }
  | { readonly kind: 'unreachable' }

const ADVANCES: readonly string[] = ['signed_in', 'more', 'unreachable'] satisfies Advance['kind'][]

/** Whether a factor was proven, so that the sign-in goes on or ends; else the form is shown again. */
export function isAdvance(outcome: { readonly kind: string }): outcome is Advance {
  return ADVANCES.includes(outcome.kind)
}

/**
 * Goes on inside a write. Without all that is demanded there is no session: what is proven is kept with the request.
 * @param proven the factors, with the one that was proven just now
 * @param answer what the form of a later step said, as a digest
 * @returns undefined if the user is not active any more, or has another password by now
 */
export async function proceed(
  context: Context,
  unit: Unit,
  proven: Proven,
  place: SignInPlace,
  answer?: string,
): Promise<Advance | undefined> {
  const realm = realmOf(context.scope)
  const user = await unit.users.lock(realm.directoryId, proven.userId)
  if (!isStillOf(proven, user)) return undefined
  const next = await nextFor(context, unit, user, proven, place)
  if (next === 'unreachable') return { kind: 'unreachable' }
  if (next !== 'session') {
    await place.keep(unit, proven)
    return { kind: 'more', next }
  }
  if (!(await unit.users.recordSignIn(user.id, context.clock.now()))) return undefined
  const isReturning = user.lastSignInAt !== null && (await place.previous(unit))?.userId !== user.id
  const device = await deviceFor(context, unit, user, proven, place)
  const begun = await openSession(context, unit, user, proven, place)
  if (answer !== undefined) await place.keep(unit, { ...proven, enrolment: undefined, answer })
  return { kind: 'signed_in', user, isReturning, device, ...begun }
}

/** The cookie of the browser, where it is remembered: from now on, or with another secret. */
async function deviceFor(
  context: Context,
  unit: Unit,
  user: User,
  { methods }: Proven,
  place: SignInPlace,
): Promise<DeviceCookie | undefined> {
  const isSecondProven = methods.length > 1 && assuranceOf(methods).aal > 1
  if (isSecondProven) return place.remember ? rememberDevice(context, unit, user) : undefined
  const device = user.secondFactors > 0 ? await findDevice(context, unit, user, place.device) : undefined
  return device && useDevice(context, unit, user, device)
}

/** What comes next for a user: before the session, what the realm still needs of the person. */
export async function nextFor(
  context: Pick<Context, 'actor' | 'clock' | 'crypto' | 'registry' | 'scope'>,
  stores: Pick<Unit, 'authenticators' | 'rememberedDevices' | 'termsAcceptances'>,
  user: User,
  { methods }: Pick<Proven, 'methods'>,
  { aal, device }: Pick<SignInPlace, 'aal' | 'device'>,
): Promise<NextStep> {
  const person = await setUpOf(context, stores, user)
  const { secondFactors } = user
  const isRemembered = secondFactors > 0 && (await findDevice(context, stores, user, device)) !== undefined
  const next = nextStep({ realm: realmOf(context.scope), aal, person, secondFactors, proven: methods, isRemembered })
  return next === 'session' && (await lacksDetails(context, stores, user)) ? 'details' : next
}

async function lacksDetails(
  context: Pick<Context, 'scope'>,
  stores: Pick<Unit, 'termsAcceptances'>,
  user: User,
): Promise<boolean> {
  return missingFrom(context.scope, user).length > 0 || (await termsToAccept(context, stores, user)) !== undefined
}

/** What a user has set up. A passkey for another host than the realm's does not count: no page here can ask for it. */
export async function setUpOf(
  context: Pick<Context, 'registry' | 'scope'>,
  { authenticators }: Pick<Unit, 'authenticators'>,
  user: User,
): Promise<SetUp> {
  return setUpAt(context, user, user.secondFactors === 0 ? [] : await authenticators.allOf(user.id))
}

/** What of a user's authenticators counts at the realm. */
export function setUpAt(
  context: Pick<Context, 'registry' | 'scope'>,
  user: User,
  all: readonly Authenticator[],
): SetUp {
  const others = all.filter(({ kind }) => kind !== 'passkey')
  const usable = [...others, ...passkeysAt(partyOf(context), all)]
  return { user, authenticators: new Set(usable.map(({ kind }) => kind)) }
}
