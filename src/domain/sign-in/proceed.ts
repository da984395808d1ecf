// Goes on with a sign-in after a factor was proven: to a session, or to what else is needed. Every method ends here, so
// that none of them yields a session with less assurance than is demanded.
import type { Context, Unit } from '../context.ts'
import { finishJoining } from '../external-sign-in/joining.ts'
import { dueFlow } from '../flow/due-flow.ts'
import { recordFinished } from '../flow/record-run.ts'
import { FLOWS_ANSWER, secondFactorOf } from '../flow/run-state.ts'
import { dueOf } from '../flow/trigger.ts'
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
import { assuranceOf } from './methods.ts'
import { type NextStep, nextStep } from './next-step.ts'
import { type BegunSession, openSession, type SignInPlace } from './open-session.ts'
import { isStillOf, type Proven } from './proven.ts'
import { askedOf, setUpOf } from './set-up.ts'

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
      /** What was proven, for flows that are only watched; undefined for a double click. */
      readonly proven?: Proven
    } & BegunSession)
  | { readonly kind: 'more'; readonly next: Exclude<NextPage, 'session' | 'unreachable'> }
  | { readonly kind: 'unreachable' }

/** What comes next, with the page of a flow, which comes when the realm demands nothing more. */
export type NextPage = NextStep | 'flow'

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
  if (next === 'sign_in') return { kind: 'more', next }
  if (next !== 'session' && next !== 'flow') {
    await place.keep(unit, proven)
    return { kind: 'more', next }
  }
  const flows = await dueFlow(context, unit, user, proven)
  if (flows.run) {
    const ledToFlow = answer === FLOWS_ANSWER ? proven.ledToFlow : answer
    await place.keep(unit, { ...proven, flows, ledToFlow })
    return { kind: 'more', next: 'flow' }
  }
  if (!(await unit.users.recordSignIn(user.id, context.clock.now()))) return undefined
  if (proven.joining) await finishJoining(context, unit, user, proven.joining)
  const isReturning = user.lastSignInAt !== null && (await place.previous(unit))?.userId !== user.id
  const device = await deviceFor(context, unit, user, proven, place)
  const begun = await openSession(context, unit, user, proven, place)
  if (dueOf(user, realm.id) !== undefined) await unit.users.setDue(user.id, null)
  await recordFinished(context, unit, user, flows, begun.session)
  if (answer !== undefined) await place.keep(unit, { ...proven, enrolment: undefined, flows: undefined, answer })
  return { kind: 'signed_in', user, isReturning, device, proven, ...begun }
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

/**
 * What comes next for a user: before the session, what the realm still needs of the person. A flow that waits for a second
 * factor demands one as a level of the realm would, and comes once the realm demands nothing more.
 */
export async function nextFor(
  context: Pick<Context, 'actor' | 'clock' | 'crypto' | 'registry' | 'scope'>,
  stores: Pick<Unit, 'authenticators' | 'rememberedDevices' | 'termsAcceptances'>,
  user: User,
  { methods, flows }: Pick<Proven, 'methods' | 'flows'>,
  { aal, signInMethods, device }: Pick<SignInPlace, 'aal' | 'signInMethods' | 'device'>,
): Promise<NextPage> {
  const asked = askedOf(flows)
  const person = asked.of(await setUpOf(context, stores, user))
  const { secondFactors } = user
  const isRemembered = secondFactors > 0 && (await findDevice(context, stores, user, device)) !== undefined
  const next = nextStep({
    realm: { ...realmOf(context.scope), signInMethods },
    aal: secondFactorOf(flows) ? Math.max(aal, 2) : aal,
    person,
    secondFactors,
    proven: asked.counting(methods),
    isRemembered,
  })
  if (next !== 'session') return next
  if (await lacksDetails(context, stores, user)) return 'details'
  return flows?.run ? 'flow' : next
}

async function lacksDetails(
  context: Pick<Context, 'scope'>,
  stores: Pick<Unit, 'termsAcceptances'>,
  user: User,
): Promise<boolean> {
  return missingFrom(context.scope, user).length > 0 || (await termsToAccept(context, stores, user)) !== undefined
}
