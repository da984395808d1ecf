// What a proof of possession is, and what a method of proof must provide.
import type { Client } from '#domain/client/client.ts'
import type { Context, Unit } from '#domain/context.ts'
import type { Profile } from '#domain/realm/profile.ts'
import type { Confirmation } from '#domain/token-family/token-family.ts'
import type { RealmRequest } from '#web/realm-request.ts'

/** A key that the caller has proved to hold. */
export interface Proof {
  readonly confirmation: Confirmation
  /** The token type that goes with it (RFC 9449 §5, RFC 8705 §3). */
  readonly tokenType: 'DPoP' | 'Bearer'
  /**
   * Records inside a write that the proof was used. The record is in the database, so it survives a restart and every
   * process knows it.
   * @param now milliseconds since 1970
   * @returns false where the proof was used before
   */
  readonly consume: (unit: Pick<Unit, 'oneTimeTokens'>, now: number) => Promise<boolean>
}

/** One method of proof. */
export interface Binding {
  readonly name: string
  /** @returns undefined where the request carries no such proof @throws Failure `invalid_dpop_proof`, `use_dpop_nonce` */
  readonly read: (context: Context, request: RealmRequest, place: Place) => Proof | undefined
}

/** The endpoint that a proof is sent to. */
export interface Place {
  /** The addresses of the endpoint. */
  readonly addresses: readonly string[]
  readonly profile: Profile
  /** The client that asks, or that the access token was issued to. */
  readonly client?: Pick<Client, 'tlsClientCertificateBoundAccessTokens'>
  /** The access token that is sent with it, at a resource (RFC 9449 §7). */
  readonly accessToken?: string
}
