// Sign-ins that wait for an identity provider: the state of the authorization request, bound to one browser, provider and
// use. It is one row that expires; its PKCE verifier and its nonce follow from the state and are not stored.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { networkOf } from '../sign-in/sign-in-limits.ts'

const KIND = 'external_sign_in'
/** How long a person may take at the provider. Milliseconds. */
const LIFETIME = 900_000
/** How many sign-ins one network may begin. */
const BEGUN = { limit: 300, windowSeconds: 300 }

/** What a sign-in at a provider is for. */
export type Purpose =
  | { readonly kind: 'sign_in'; readonly transaction: string }
  /** The provider's account is linked to the user of the session that asked. */
  | { readonly kind: 'link'; readonly userId: string; readonly sessionId: string }

/** A sign-in that waits for a provider. */
export interface Pending {
  readonly realmId: string
  readonly providerId: string
  readonly browserHash: string
  readonly purpose: Purpose
  /** The oldest sign-in at the provider that counts, in seconds before it was asked for; null for any. */
  readonly maxAge: number | null
  /** Milliseconds since 1970. */
  readonly askedAt: number
}

/** The values of one authorization request that only this server and the browser know. */
export interface RequestSecrets {
  readonly state: string
  readonly nonce: string
  /** The PKCE code verifier (RFC 7636 §4.1). */
  readonly verifier: string
}

/** A pending sign-in whose answer is in the browser. */
export interface Answered extends Pending, RequestSecrets {
  /** Whether it was answered before. */
  readonly isSpent: boolean
}

/**
 * Keeps that a browser goes to a provider.
 * @throws Failure `too_many_requests` for too many from one network
 */
export async function beginPending(
  context: Context,
  pending: Omit<Pending, 'realmId' | 'browserHash' | 'askedAt'>,
  browserSecret: string,
): Promise<RequestSecrets> {
  const { actor, clock, crypto, limiter, random, scope } = context
  const { limit, windowSeconds } = BEGUN
  const retryAfter = await limiter.take(`external-sign-in ${networkOf(actor.origin.ip)}`, limit, windowSeconds)
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
  const state = random.secret()
  const now = clock.now()
  const bound = { realmId: realmOf(scope).id, browserHash: crypto.digest(browserSecret), askedAt: now }
  const payload: Pending = { ...pending, ...bound }
  await context.write((unit) =>
    unit.oneTimeTokens.insert(KIND, crypto.digest(state), { payload, createdAt: now, expiresAt: now + LIFETIME }),
  )
  return secretsOf(context, state)
}

/**
 * The sign-in that a provider answers. It is used up by this: of several answers only one goes on.
 * @param providerId whose redirect URI got the answer
 * @throws Failure `expired` for an unknown state, or one of another provider; `forbidden` for another browser
 */
export async function takePending(
  context: Context,
  { state, providerId, browserSecret }: Readonly<Record<'state' | 'providerId' | 'browserSecret', string | undefined>>,
): Promise<Answered> {
  const { clock, crypto, scope } = context
  const hash = crypto.digest(state ?? '')
  const found = await context.read.oneTimeTokens.find<Pending>(KIND, hash)
  const pending = found?.payload
  if (state === undefined || pending?.realmId !== realmOf(scope).id || pending.providerId !== providerId) {
    throw new Failure('expired')
  }
  if (browserSecret === undefined || !crypto.equal(crypto.digest(browserSecret), pending.browserHash)) {
    throw new Failure('forbidden', 'This sign-in was started in another browser.')
  }
  const taken = await context.write((unit) => unit.oneTimeTokens.consume<Pending>(KIND, hash, clock.now()))
  return { ...pending, ...secretsOf(context, state), isSpent: taken === undefined }
}

function secretsOf({ crypto }: Pick<Context, 'crypto'>, state: string): RequestSecrets {
  return {
    state,
    nonce: crypto.mac('external-sign-in-nonce', state),
    verifier: crypto.mac('external-sign-in-verifier', state),
  }
}
