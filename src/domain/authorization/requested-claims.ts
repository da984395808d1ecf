// The claims that an authorization request asks for by name.

/** The claims that a request asks for by name (OpenID Connect Core §5.5). */
export interface RequestedClaims {
  readonly userinfo: readonly string[]
  readonly idToken: readonly string[]
  /** The scopes that these claims belong to: the person is asked about them. */
  readonly scopes: readonly string[]
}
