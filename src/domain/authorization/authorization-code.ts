/**
 * What an authorization code stands for (RFC 6749 §4.1.2): the payload of a one-time token of the kind
 * `authorization_code`, whose hash is the digest of the code.
 */
export interface AuthorizationCode {
  /** The client’s row id. */
  readonly clientId: string
  readonly redirectUri: string
  /** Whether the request named it, so that the token request must name it too (RFC 6749 §4.1.3). */
  readonly redirectUriGiven: boolean
  /** BASE64URL(SHA256(code_verifier)) (RFC 7636 §4.2). */
  readonly codeChallenge: string
  readonly scopes: readonly string[]
  /** Identifiers of resources (RFC 8707); empty for the realm itself. */
  readonly resources: readonly string[]
  readonly userId: string
  readonly sessionId: string
  readonly nonce: string | null
  readonly acr: string
  readonly amr: readonly string[]
  /** When the user signed in, in milliseconds since 1970. */
  readonly authenticatedAt: number
  /** The id of the token family that the code’s tokens will form. */
  readonly familyId: string
}
