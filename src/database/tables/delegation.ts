// The tables of who may act for whom, of the tokens that were issued for that, and of who is trusted to say who people are.
import type { Flag, Json, Millis, Optional, Versioned } from './column.ts'

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
  /** What the grants allow, also at resources that the token is not for; null for all. */
  scopes: Optional<Json>
  expires_at: Millis
}

/** An issuer whose assertions about users are accepted. */
export interface TrustedIssuerTable extends Versioned {
  id: string
  tenant_id: string
  realm_id: string
  name: string
  issuer: string
  jwks_uri: Optional<string>
  jwks: Optional<Json>
  audience: Optional<string>
  accepts: Json
  subject_source: string
  /** Seconds. */
  max_lifetime: number
  policies: Json
  enabled: Flag
}

/** Which user a subject of a trusted issuer is. */
export interface SubjectMappingTable {
  id: string
  tenant_id: string
  realm_id: string
  trusted_issuer_id: string
  subject: string
  user_id: string
  created_at: Millis
}

/** A resource that is behind another one, and the scopes that tokens for that one give there. */
export interface FrontingLinkTable extends Versioned {
  id: string
  tenant_id: string
  source_id: string
  target_id: string
  /** Lists of scopes of the target by the scope of the source. */
  scope_map: Json
  created_by: string
}
