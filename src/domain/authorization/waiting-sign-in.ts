// Evaluates what a person signs in for: an authorization request or a page of the realm. Says where the sign-in takes place.
import type { Client } from '../client/client.ts'
import { methodsFor } from '../client/sign-in-demands.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { firstMethodsOf, levelFor, reachableAal } from '../sign-in/methods.ts'
import type { SignInPlace } from '../sign-in/open-session.ts'
import type { PageRequest } from '../sign-in/page-request.ts'
import { firstProven, isPending, type Proven } from '../sign-in/proven.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import { type Decision, decide } from './decision.ts'
import { review } from './review.ts'
import {
  isForClient,
  keepProven,
  provenFor,
  recordProgress,
  sessionOf,
  type Transaction,
  type WaitingRequest,
} from './transaction.ts'

/** A request that a person signs in for, and the next step. */
export interface WaitingSignIn {
  readonly transaction: Transaction<WaitingRequest>
  /** The client that asked; undefined for a page of the realm. */
  readonly client: Client | undefined
  readonly signedIn: SignedIn | undefined
  readonly decision: Decision
}

/**
 * Evaluates a waiting request against the current data.
 * @throws Failure as `review`
 */
export async function reviewSignIn(
  context: Context,
  signedIn: SignedIn | undefined,
  transaction: Transaction<WaitingRequest>,
): Promise<WaitingSignIn> {
  if (isForClient(transaction)) {
    const { client, decision } = await review(context, signedIn, transaction)
    return { transaction, client, signedIn, decision }
  }
  const { progress } = transaction
  const request = transaction.request as PageRequest
  const decision = decidePage(context, signedIn, request, progress)
  return { transaction, client: undefined, signedIn, decision }
}

function decidePage(
  { clock, scope }: Context,
  signedIn: SignedIn | undefined,
  request: PageRequest,
  progress: Transaction['progress'],
): Decision {
  const realm = realmOf(scope)
  return decide({
    request,
    progress,
    session: signedIn && { ...signedIn.session, aal: levelFor(signedIn.session, request) },
    consented: true,
    firstParty: true,
    organization: 'none',
    minAal: realm.minAal,
    reachableAal: reachableAal(methodsFor(realm, { signInMethods: request.signInMethods })),
    now: clock.now(),
  })
}

/**
 * Where the sign-in takes place: in the transaction of the request.
 * @param browser the cookie of a browser that is remembered, and whether the person chose that it is
 */
export function placeOf(
  context: Context,
  { transaction, client, signedIn }: WaitingSignIn,
  browser: Pick<SignInPlace, 'device' | 'remember'>,
): SignInPlace {
  return {
    ...browser,
    aal: Math.max(transaction.request.aal, client?.minAal ?? 1),
    signInMethods: (client ?? (transaction.request as PageRequest)).signInMethods ?? null,
    previous: async () => signedIn?.session,
    begun: (unit) => sessionOf(context, unit, transaction),
    proven: (unit) => provenFor(unit, transaction),
    keep: (unit, proven) => keepProven(context, unit, transaction, proven),
    also: (unit, user, begun) =>
      recordProgress(context, unit, transaction, { signedIn: user.id, switching: false }, begun),
  }
}

/**
 * What the person has proven and still counts: for this request, or, where only more assurance is asked for, by the
 * session, whose sign-in is recent then.
 */
export function provenSoFar(
  { clock }: Pick<Context, 'clock'>,
  { transaction, signedIn, decision }: WaitingSignIn,
): Proven | undefined {
  const now = clock.now()
  const { proven } = transaction
  if (proven) return isPending(proven, now) ? proven : undefined
  if (decision !== 'step_up' || !signedIn) return undefined
  const { amr, authenticatedAt } = signedIn.session
  const methods = firstMethodsOf(amr)
  const since = methods.includes('external') ? authenticatedAt : undefined
  return methods.length === 0 ? undefined : firstProven(signedIn.user, methods, now, since)
}
