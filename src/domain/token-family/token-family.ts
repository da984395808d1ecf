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
  readonly refresh: RefreshState | null
}

/** How far a family’s refresh tokens have come; a client without that grant gets none. */
export interface RefreshState {
  /** Of the one that is good now. */
  readonly generation: number
  /** When that one was given out, which is when the one before it was spent. */
  readonly refreshedAt: number
  readonly expiresAt: number
}
