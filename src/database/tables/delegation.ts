// The tables of who may act for whom, and of the tokens that were issued for that.
import type { Json, Millis, Optional } from './column.ts'

/** Who may act for whom, and how far. */
export interface DelegationGrantTable {
  id: string
  tenant_id: string
  realm_id: string
  /** One of both is set. */
  from_user_id: Optional<string>
  from_client_id: Optional<string>
  to_client_id: string
  /** How many actors in a row may act by it. */
  hops: number
  /** Null for all of the token. */
  scopes: Optional<Json>
  /** Identifiers; null for all of the token. */
  resources: Optional<Json>
  /** Null for any number. */
  token_budget: Optional<number>
  tokens_issued: number
  created_at: Millis
  expires_at: Optional<Millis>
  revoked_at: Optional<Millis>
}

/** A token that was issued by grants, while it is valid: what it passes on to tokens that it is exchanged for. */
export interface DelegatedTokenTable {
  /** The token's `jti`: 16 bytes. */
  id: Uint8Array
  tenant_id: string
  /** Null where only the tokens above it were issued by a grant. */
  grant_id: Optional<string>
  /** How many more actors may follow. */
  hops_left: number
  resources: Optional<Json>
  expires_at: Millis
}
