// The kinds and the fields of one-time tokens, and the key that a token is stored under.
import type { Clock, Crypto, Random } from '../outside.ts'

/** The kinds of one-time tokens. A token is only found under its own kind. */
export const ONE_TIME_KINDS = [
  'authorization_code',
  'authorization_request',
  'client_assertion',
  'issuer_assertion',
  'dpop_proof',
  'proof_of_work',
  'passkey_challenge',
  'external_sign_in',
  'connect',
  'flow_return',
  'pushed_request',
  'opened_request',
  'bootstrap',
  'invitation',
  'invitation_answer',
  'password_recovery',
  'email_verification',
  'user_registration',
  'email_sign_in',
  'console_sign_in',
  'proxy_code',
] as const
export type OneTimeKind = (typeof ONE_TIME_KINDS)[number]

/** The kinds that are deleted when they expire. */
export const WORTHLESS_WHEN_EXPIRED: readonly OneTimeKind[] = [
  'authorization_request',
  'client_assertion',
  'issuer_assertion',
  'dpop_proof',
  'proof_of_work',
  'passkey_challenge',
  'external_sign_in',
  'connect',
  'flow_return',
  'pushed_request',
  'opened_request',
  'invitation_answer',
  'password_recovery',
  'email_verification',
  'user_registration',
  'email_sign_in',
  'console_sign_in',
  'proxy_code',
]

/** For how long whoever used a link or sent a form gets the same answer again, after a second click. Milliseconds. */
export const ANSWER_GRACE = 60_000

/** A stored one-time token: the digest of its secret, and its payload. */
export interface OneTimeToken<Payload = unknown> {
  readonly payload: Payload
  readonly createdAt: number
  readonly expiresAt: number
  readonly consumedAt: number | null
}

const TIME_DIGITS = 8

/** No authorization code lives longer, and clocks of processes differ by less than the rest. Milliseconds. */
export const CODE_LIFETIME_MAX = 900_000

/**
 * A secret that begins with the time. Tokens that are issued together are then neighbours in the table, so that an insert
 * writes to the pages that the last one wrote to.
 */
export function timeOrderedSecret({ clock, random }: { readonly clock: Clock; readonly random: Random }): string {
  return `${timePrefix(clock.now())}.${random.secret()}`
}

/** How the secrets, and so the keys, of a time begin. @param time milliseconds since 1970 */
export function timePrefix(time: number): string {
  return time.toString(36).padStart(TIME_DIGITS, '0')
}

/** The key that the token of a secret is stored under: the secret's digest, after its time if it begins with one. */
export function oneTimeKey(crypto: Pick<Crypto, 'digest'>, secret: string): string {
  const time = secret[TIME_DIGITS] === '.' ? secret.slice(0, TIME_DIGITS) : ''
  return `${time}${crypto.digest(secret)}`
}
