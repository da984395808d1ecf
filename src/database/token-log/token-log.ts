// The record of every access token that was issued: what it holds, how it is found, and how it is kept. Its callers know
// neither tables nor partitions.

/** One token as it was issued, and whether it was revoked. Times are milliseconds since 1970. */
export interface TokenRecord {
  /** Also the token's `jti`. */
  readonly id: string
  readonly realmId: string
  readonly clientId: string
  readonly userId: string | null
  readonly sessionId: string | null
  /** Shared by all tokens that one authorization gave rise to. */
  readonly familyId: string | null
  readonly grantType: string
  readonly audience: string
  readonly scopes: readonly string[]
  readonly kid: string
  /** SHA-256 of the token, base64url. */
  readonly tokenHash: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly revokedAt: number | null
  /** The token that it was exchanged for; null also where that is not kept. */
  readonly parentId: string | null
  /** The claims `cnf` (RFC 7800 §3.1) and `act` (RFC 8693 §4.1). */
  readonly confirmation: Readonly<Record<string, unknown>> | null
  readonly act: Readonly<Record<string, unknown>> | null
}

/** Enough of a token to decide whether one that is presented is valid. */
export interface PresentedToken
  extends Pick<
    TokenRecord,
    'id' | 'realmId' | 'clientId' | 'userId' | 'audience' | 'scopes' | 'tokenHash' | 'expiresAt' | 'revokedAt'
  > {
  /** Whether it was exchanged for another token. */
  readonly hasParent: boolean
}

/** A client as its tokens name it. */
export interface TokenClient {
  /** Its row's id. */
  readonly id: string
  /** Its `client_id` when it got the token. */
  readonly clientId: string
}

/** Which tokens of a realm to list, newest first. */
export interface TokenQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly realmId: string
  readonly clientId?: string | undefined
  readonly userId?: string | undefined
  readonly audience?: string | undefined
  /** Milliseconds since 1970. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

/**
 * What a set of tokens has in common that is revoked together. A session's and a family's tokens are found among their
 * user's, so that each token is entered into fewer indexes.
 */
export type TokenOwner =
  | { readonly realmId: string }
  | { readonly clientId: string }
  /** What the agents have that a user owns. */
  | { readonly agentsOf: string }
  | { readonly userId: string }
  | { readonly userId: string; readonly sessionId: string }
  | { readonly userId: string; readonly familyId: string }
  | { readonly userId: string; readonly clientId: string }

/** Which tokens of a tenant to revoke: an owner's, those for one resource in all realms, or all. */
export type TokenSelection = TokenOwner | { readonly audience: string } | { readonly tenant: true }

/** The tokens of one tenant. */
export interface TokenLog {
  find(id: string): Promise<TokenRecord | undefined>
  /** @param id the token's `jti` */
  findPresented(id: string): Promise<PresentedToken | undefined>
  /** Keeps a valid token from being revoked until the write ends. @returns whether it is valid */
  hold(id: string, now: number): Promise<boolean>
  /** How often a token was exchanged in a row until it was made. @param limit is not counted above */
  countAbove(id: string, limit: number): Promise<number>
  /** The clients that got the tokens which it was exchanged for. @param limit how far above */
  clientsAbove(id: string, limit: number): Promise<TokenClient[]>
  /** The newest tokens first, one more than a page where there are more. */
  list(query: TokenQuery): Promise<TokenRecord[]>
  /** Revokes a token with the tokens that it was exchanged for. @returns whether it was not revoked before */
  revoke(id: string, now: number): Promise<boolean>
  /** The same for a token that is valid. @returns how many valid tokens that were */
  revokeTree(id: string, now: number): Promise<number>
  /**
   * Revokes the valid tokens of a selection with the tokens that they were exchanged for.
   * @param oldest the least id that a token which has not expired can have
   * @returns how many that were
   */
  revokeWhere(which: TokenSelection, now: number, oldest: string): Promise<number>
  /** Revokes the tokens that were issued by a delegation grant, with what they were exchanged for. @returns how many that were */
  revokeUnder(grantId: string, now: number): Promise<number>
}

/** The tokens of one tenant that earlier versions issued. Few were exchanged, and all of them expire soon. */
export type PreviousLog = Omit<TokenLog, 'countAbove' | 'clientsAbove' | 'revokeUnder' | 'revokeTree'>
