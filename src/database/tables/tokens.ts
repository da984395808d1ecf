// What was granted and issued, and what is under way.
import type { Json, Millis, Optional } from './column.ts'

export interface SessionTable {
  id: string
  tenant_id: string
  realm_id: string
  user_id: string
  secret_hash: string
  amr: Json
  aal: number
  ip: Optional<string>
  user_agent: Optional<string>
  authenticated_at: Millis
  created_at: Millis
  last_seen_at: Millis
  expires_at: Millis
  ended_at: Optional<Millis>
}

export interface ConsentGrantTable {
  id: string
  tenant_id: string
  realm_id: string
  user_id: string
  client_id: string
  /** The resource's identifier; the empty string for the realm itself. */
  resource: string
  scopes: Json
  created_at: Millis
  updated_at: Millis
  revoked_at: Optional<Millis>
}

export interface IssuanceTable {
  /** Also the token's `jti`. */
  id: string
  tenant_id: string
  realm_id: string
  client_id: string
  user_id: string | null
  session_id: string | null
  /** What one authorization gave rise to: its code, refresh tokens and access tokens share it. */
  family_id: string | null
  grant_type: string
  audience: string
  scopes: string
  kid: string
  token_hash: string
  issued_at: Millis
  expires_at: Millis
  revoked_at: Millis | null
  /** Which part of the indexes its entries are in; 0 where they belong. */
  block: number
}

/** The blocks that issuances are in, but for the settled one. */
export interface IssuanceBlockTable {
  block: number
  /** The newest id that was put there. */
  newest: string
}

export interface TokenFamilyTable {
  id: string
  tenant_id: string
  realm_id: string
  client_id: string
  user_id: string
  session_id: Optional<string>
  scopes: string
  resources: Json
  nonce: Optional<string>
  acr: string
  amr: Json
  authenticated_at: Millis
  created_at: Millis
  expires_at: Millis
  revoked_at: Optional<Millis>
  /** Of the refresh token that is good now; 0 where there is none. */
  generation: number
  /** When that one was given out, which is when the one before it was spent. */
  refreshed_at: Optional<Millis>
  refresh_expires_at: Optional<Millis>
}

export interface OneTimeTokenTable {
  /** What it may be used for; a token of one kind is nothing to another. */
  kind: string
  tenant_id: string
  hash: string
  payload: Json
  created_at: Millis
  expires_at: Millis
  consumed_at: Optional<Millis>
}

export interface DeviceAuthorizationTable {
  id: string
  tenant_id: string
  realm_id: string
  client_id: string
  device_code_hash: string
  user_code_hash: string
  /** Sealed, to be shown beside what it stands for. */
  user_code: string
  scopes: string
  resources: Json
  ip: Optional<string>
  user_agent: Optional<string>
  /** Seconds. */
  poll_interval: number
  polled_at: Optional<Millis>
  /** pending → approved or denied */
  status: string
  user_id: Optional<string>
  session_id: Optional<string>
  family_id: Optional<string>
  created_at: Millis
  expires_at: Millis
  decided_at: Optional<Millis>
  consumed_at: Optional<Millis>
}
