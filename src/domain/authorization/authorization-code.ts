// The data behind an authorization code.
import type { Confirmation } from '../token-family/token-family.ts'
import type { AuthorizationDetail } from './authorization-detail.ts'
import type { RequestedClaims } from './requested-claims.ts'

/**
 * The data of an authorization code (RFC 6749 §4.1.2): the payload of a one-time token of the kind
 * `authorization_code`, which is stored under the digest of the code.
 */
export interface AuthorizationCode {
  /** The client’s row id. */
  readonly clientId: string
  readonly redirectUri: string
  /**
   * Whether the authorization request contained the redirect URI, so that the token request must contain it too (RFC
   * 6749 §4.1.3).
   */
  readonly redirectUriGiven: boolean
  /** BASE64URL(SHA256(code_verifier)) (RFC 7636 §4.2). */
  readonly codeChallenge: string
  readonly scopes: readonly string[]
  /** Identifiers of resources (RFC 8707); empty for the realm itself. */
  readonly resources: readonly string[]
  /** What `authorization_details` asked for. */
  readonly details?: readonly AuthorizationDetail[]
  readonly userId: string
  readonly sessionId: string
  readonly nonce: string | null
  /** What the `claims` parameter asked for. */
  readonly claims?: RequestedClaims
  readonly acr: string
  readonly amr: readonly string[]
  /** When the user signed in, in milliseconds since 1970. */
  readonly authenticatedAt: number
  /** The id of the token family that the code’s tokens will belong to. */
  readonly familyId: string
  /** The organization that the user signed in for. */
  readonly organizationId?: string
  /** The key that the client must prove when it exchanges the code (RFC 9449 §10). */
  readonly boundTo?: Confirmation
}
