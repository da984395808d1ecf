/** What one authorization by a user gave rise to: the refresh tokens that follow from it share it. */
export interface TokenFamily {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly clientId: string
  readonly userId: string
  readonly sessionId: string | null
  readonly scopes: readonly string[]
  /** The identifiers of the resources that access tokens may be asked for (RFC 8707); empty for the realm itself. */
  readonly resources: readonly string[]
  readonly nonce: string | null
  readonly acr: string
  readonly amr: readonly string[]
  readonly authenticatedAt: number
  readonly createdAt: number
  readonly expiresAt: number
  readonly revokedAt: number | null
}

/** One refresh token, known by its digest. */
export interface RefreshToken {
  readonly hash: string
  readonly familyId: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly consumedAt: number | null
}
