// Signs users in by passkey: alone, or after another factor.
import { Failure } from '#kernel/error.ts'
import { userActor } from '../actor.ts'
import {
  namedPasskey,
  type Passkey,
  recordUse,
  type VerifiedPasskey,
  verifyPasskey,
} from '../authenticator/passkey.service.ts'
import { type Ceremony, readCeremony } from '../authenticator/passkey-ceremony.ts'
import { readAssertion } from '../authenticator/passkey-response.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { User } from '../user/user.ts'
import type { MethodName } from './methods.ts'
import type { SignInPlace } from './open-session.ts'
import { type Advance, isAdvance, proceed } from './proceed.ts'
import { firstProven, isPending, isStillOf, type Proven } from './proven.ts'
import { networkOf } from './sign-in-limits.ts'

/** What a browser posts. */
export interface PasskeyForm {
  readonly ceremony: string | undefined
  /** The JSON of the answer. */
  readonly answer: string | undefined
  readonly browserSecret: string | undefined
  /** What the ceremony has to be for. */
  readonly meant: Pick<Ceremony, 'purpose' | 'request'>
}

/** The first factor that a passkey comes after. */
export interface FirstFactor {
  readonly user: User
  /** What is proven, where the place does not keep it yet. */
  readonly proven: Proven
}

/** What came of the form. `stale`: the challenge is too old, or was used; `over`: the first factor does not count any more. */
export type PasskeyOutcome =
  | Advance
  | { readonly kind: 'incorrect' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'over' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfter: number }

type Refused = { readonly reason: string; readonly user?: User | undefined }

/**
 * Signs a user in by an answer of a passkey. Only the network has a budget of attempts: a passkey cannot be guessed, so that
 * failures in the name of an account stand in nobody's way. The response is the same whatever is not right.
 * @param first the factor that came before; undefined if the passkey is the first
 * @throws Failure `forbidden` for a form of another browser
 */
export async function signInWithPasskey(
  context: Context,
  form: PasskeyForm,
  place: SignInPlace,
  first?: FirstFactor,
): Promise<PasskeyOutcome> {
  const { limiter, registry, actor } = context
  const { limit, windowSeconds } = registry.settings.signInLimits.network
  const network = `passkey network ${networkOf(actor.origin.ip)}`
  const retryAfter = await limiter.take(network, limit, windowSeconds)
  if (retryAfter > 0) return { kind: 'too_many_attempts', retryAfter }
  let outcome: PasskeyOutcome | Refused
  try {
    outcome = await answer(context, form, place, first)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.code === 'expired') return { kind: 'stale' }
    if (error.code === 'invalid_request') return { kind: 'incorrect' }
    throw error
  }
  if ('reason' in outcome) {
    await emitFailure(context, outcome)
    return { kind: 'incorrect' }
  }
  if (isAdvance(outcome)) await limiter.giveBack(network)
  return outcome
}

async function answer(
  context: Context,
  form: PasskeyForm,
  place: SignInPlace,
  first: FirstFactor | undefined,
): Promise<PasskeyOutcome | Refused> {
  const ceremony = readCeremony(context, form.ceremony, form.browserSecret, form.meant)
  const response = readAssertion(form.answer)
  const passkey = await namedPasskey(context, response)
  // Nobody knows the id of a passkey but who has seen it. Without one nothing is written, not even an event.
  if (!passkey) return { kind: 'incorrect' }
  const verified = await verifyPasskey(context, ceremony, passkey, response)
  if (!verified) return { reason: 'wrong_answer', user: await ownerOf(context, passkey) }
  return context.write((unit) => use(context, unit, { verified, place, first, challenge: ceremony.challenge }))
}

interface Use {
  readonly verified: VerifiedPasskey
  readonly place: SignInPlace
  readonly first: FirstFactor | undefined
  readonly challenge: string
}

async function use(
  context: Context,
  unit: Unit,
  { verified, place, first, challenge }: Use,
): Promise<PasskeyOutcome | Refused> {
  const { clock, crypto, scope } = context
  const { passkey, signCount } = verified
  const user = await unit.users.lock(realmOf(scope).directoryId, passkey.userId)
  if (user?.status !== 'active') return { reason: 'suspended', user }
  const before = first ? ((await place.proven(unit)) ?? first.proven) : firstProven(user, [], clock.now())
  if (!isPending(before, clock.now()) || !isStillOf(before, user)) return { kind: 'over' }
  if (!(await recordUse(context, unit, verified))) {
    unit.emit('authenticator.counter_fell', {
      subject: { type: 'authenticator', id: passkey.id, label: passkey.name },
      actor: userActor(user),
      result: 'failure',
      data: { userId: user.id, before: passkey.counter, after: signCount },
    })
    return { reason: 'counter_fell', user }
  }
  const proven: Proven = { ...before, methods: [...before.methods, methodOf(passkey)] }
  const digest = first && crypto.mac('second-factor-answer', challenge)
  return (await proceed(context, unit, proven, place, digest)) ?? { kind: 'over' }
}

function methodOf({ credential }: Passkey): MethodName {
  return credential.backupEligible ? 'passkey' : 'device_passkey'
}

function ownerOf({ read, scope }: Context, { userId }: Passkey): Promise<User | undefined> {
  return read.users.find(realmOf(scope).directoryId, userId)
}

async function emitFailure(context: Context, { reason, user }: Refused): Promise<void> {
  await context.write((unit) =>
    unit.emit('sign_in.failed', {
      subject: { type: 'user', id: user?.id ?? 'unknown', label: user?.email ?? null },
      result: 'failure',
      data: { method: 'passkey', reason },
    }),
  )
}
