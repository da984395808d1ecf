/** What a one-time token may be. One of a kind is nothing to a reader of another. */
export const ONE_TIME_KINDS = [
  'authorization_code',
  'authorization_request',
  'sign_out_request',
  'client_assertion',
  'bootstrap',
  'invitation',
] as const
export type OneTimeKind = (typeof ONE_TIME_KINDS)[number]

/** A one-time token as it is stored: the digest of its secret, and what it stands for. */
export interface OneTimeToken<Payload = unknown> {
  readonly payload: Payload
  readonly createdAt: number
  readonly expiresAt: number
  readonly consumedAt: number | null
}
