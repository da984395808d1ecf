// The fields of token families.

import type { AuthorizationDetail } from '../authorization/authorization-detail.ts'
import type { RequestedClaims } from '../authorization/requested-claims.ts'

/** A token family: one authorization by a user, and the refresh tokens that follow from it. */
export interface TokenFamily {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly clientId: string
  readonly userId: string
  readonly sessionId: string | null
  readonly scopes: readonly string[]
  /**
   * The identifiers of the resources for which access tokens may be requested (RFC 8707); empty for the realm itself.
   */
  readonly resources: readonly string[]
  /** What `authorization_details` asked for (RFC 9396). */
  readonly details: readonly AuthorizationDetail[]
  readonly nonce: string | null
  /** What the `claims` parameter asked for; null where there was none. */
  readonly claims: RequestedClaims | null
  /** The organization that the person signed in for; null for none. */
  readonly organizationId: string | null
  readonly acr: string
  readonly amr: readonly string[]
  readonly authenticatedAt: number
  readonly createdAt: number
  readonly expiresAt: number
  readonly revokedAt: number | null
  readonly refresh: RefreshState | null
  /** The key that its refresh tokens are bound to; null if client authentication is enough. */
  readonly confirmation: Confirmation | null
}

/** The `cnf` claim (RFC 7800 §3): the thumbprint of a DPoP key (RFC 9449 §6.1) or of a certificate (RFC 8705 §3.1). */
export type Confirmation = { readonly jkt: string } | { readonly 'x5t#S256': string }

/** The state of a family’s refresh tokens. Clients without the grant `refresh_token` have none. */
export interface RefreshState {
  /** The generation of the token that is valid now. */
  readonly generation: number
  /** When the valid token was issued, which is when the previous one was spent. */
  readonly refreshedAt: number
  readonly expiresAt: number
}
