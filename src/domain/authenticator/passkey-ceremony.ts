// Ceremonies of passkeys: challenges that the browser carries, encrypted, and that work once (WebAuthn Level 3 §13.4.3).
import { Failure } from '#kernel/error.ts'
import { carry, readCarried } from '../authorization/carried-request.ts'
import type { Context, Unit } from '../context.ts'

const KIND = 'passkey_ceremony'
/** For how long a challenge can be answered, in milliseconds. */
export const CHALLENGE_LIFETIME = 300_000

/** What a challenge is for. An answer to one purpose is none to another. */
export interface Ceremony {
  readonly purpose: 'sign_in' | 'second_factor' | 'enrolment'
  /** The only user whose passkey is meant; null for any. */
  readonly userId: string | null
  /** The request that it belongs to, or null. */
  readonly request: string | null
}

/** A ceremony as a form carries it. */
export interface CarriedCeremony {
  /** The encrypted ceremony. */
  readonly id: string
  /** 32 random bytes, base64url. */
  readonly challenge: string
}

/** A ceremony that a browser answers. */
export interface AnsweredCeremony extends CarriedCeremony, Ceremony {
  readonly createdAt: number
}

/**
 * Begins a ceremony. Nothing is stored: whoever asks for a page makes no row.
 * @param browserSecret of the only browser that can answer it
 */
export function beginCeremony(
  context: Pick<Context, 'clock' | 'crypto' | 'random' | 'scope'>,
  ceremony: Ceremony,
  browserSecret: string,
): CarriedCeremony {
  const { id, key } = carry(context, KIND, ceremony, browserSecret)
  return { id, challenge: key }
}

/**
 * Reads the ceremony of a form.
 * @throws Failure `expired` if it is older than five minutes or for another purpose, `forbidden` for another browser
 */
export function readCeremony(
  context: Pick<Context, 'clock' | 'crypto' | 'scope'>,
  id: string | undefined,
  browserSecret: string | undefined,
  meant: Pick<Ceremony, 'purpose' | 'request'>,
): AnsweredCeremony {
  const { request, key, createdAt } = readCarried<Ceremony>(context, KIND, id, browserSecret)
  const isMeant = request.purpose === meant.purpose && request.request === meant.request
  if (!isMeant || context.clock.now() >= createdAt + CHALLENGE_LIFETIME) throw new Failure('expired')
  return { ...request, id: id ?? '', challenge: key, createdAt }
}

/**
 * Uses up the challenge, inside a write of its own before anything is verified. Of several concurrent answers only one
 * goes on.
 * @throws Failure `expired` if it was used before
 */
export async function consumeChallenge(unit: Unit, { challenge, createdAt }: AnsweredCeremony): Promise<void> {
  const expiresAt = createdAt + CHALLENGE_LIFETIME
  const isFirst = await unit.oneTimeTokens.insert('passkey_challenge', challenge, {
    payload: null,
    createdAt,
    expiresAt,
  })
  if (!isFirst) throw new Failure('expired')
}
