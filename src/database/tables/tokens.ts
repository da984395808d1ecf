// The tables of sessions, consents, tokens and authorizations under way.
import type { Generated } from 'kysely'
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

/** A browser in which a user is not asked for a second factor. */
export interface RememberedDeviceTable {
  id: string
  tenant_id: string
  realm_id: string
  user_id: string
  secret_hash: string
  ip: Optional<string>
  user_agent: Optional<string>
  created_at: Millis
  last_used_at: Optional<Millis>
  expires_at: Millis
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
  /** Authorization details (RFC 9396). */
  details: Json
  created_at: Millis
  updated_at: Millis
  revoked_at: Optional<Millis>
}

/** One access token. A row is never updated but in its partition. Ids are 16 bytes. */
export interface IssuedTokenTable {
  /** Also the token's `jti`. */
  id: Uint8Array
  profile: number
  /**
   * Its place in the tenant's chain of events. From 2^41 on it is a number of its writer instead, and the link with that
   * number says which place that is.
   */
  seq: number
  /** SHA-256 of the token. */
  hash: Uint8Array
  /** Milliseconds from the time in its id to when it was issued. */
  delay: number
  expires_at: Millis
  /** Four bytes for IPv4; otherwise text, padded with zero bytes to at least five. */
  ip: Uint8Array | null
  agent: number | null
  request_id: string | null
  user_id: Uint8Array | null
  session_id: Uint8Array | null
  /** What one authorization gave rise to: its code, refresh tokens and access tokens share it. */
  family_id: Uint8Array | null
  /** The token that it was exchanged for. */
  parent_id: Uint8Array | null
  /** The key that it is bound to (RFC 7800 §3.1). */
  confirmation: Json | null
  /** Who acts for the subject (RFC 8693 §4.1). */
  act: Json | null
  /** The partition of the indexes that its entries are in. */
  part: number
}

/** What many tokens have in common. A row is never updated. */
export interface TokenProfileTable {
  id: Generated<number>
  tenant_id: string
  realm_id: string
  client_id: string
  /** The client's identifier on the wire, and its label, as they were then. */
  client_name: string
  client_label: string
  grant_type: string
  audience: string
  scopes: string
  kid: string
  surface: string
  /** SHA-256 of all of the above. */
  digest: Uint8Array
}

/** The User-Agent headers that tokens were asked for with. */
export interface UserAgentTable {
  id: Generated<number>
  text: string
  /** SHA-256 of the text. */
  digest: Uint8Array
}

/** The tokens that one commit issued for a tenant: one link of the tenant's chain of events. */
export interface TokenLinkTable {
  tenant_id: string
  /** The place of the last token; the others are before it. */
  seq: number
  count: number
  /** The least and the greatest id. */
  first: Uint8Array
  last: Uint8Array
  /** Of the tokens' rows with what they refer to: 33 bytes, or 32 in links of earlier versions. */
  digest: Uint8Array
  /** HMAC-SHA256 over the link before it in the chain and this link, base64url. */
  hash: string
  /** The number that its writer gave to the last token; null where tokens got their places at once. */
  number: Optional<number>
}

/** The tokens that one commit issued for a tenant and that have no place in the tenant's chain yet. PostgreSQL only. */
export interface UnplacedLinkTable {
  tenant_id: string
  /** The number that its writer gave to the last token; the others are before it. */
  number: number
  count: number
  /** The least and the greatest id. */
  first: Uint8Array
  last: Uint8Array
  /** Of the tokens' rows with what they refer to: 33 bytes, or 32 in links of earlier versions. */
  digest: Uint8Array
  /** HMAC-SHA256 over this link, base64url. */
  mac: string
}

/** The tokens that were revoked. */
export interface RevokedTokenTable {
  id: Uint8Array
  revoked_at: Millis
}

/** The partitions that tokens are in. */
export interface TokenPartitionTable {
  part: number
  /** No id in it is greater. */
  newest: Uint8Array
}

/** An access token that was issued before the tables above were there. Such rows are read and revoked, never added. */
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
  /** The token that it was exchanged for. */
  parent_id: string | null
  grant_type: string
  audience: string
  scopes: string
  kid: string
  token_hash: string
  issued_at: Millis
  expires_at: Millis
  revoked_at: Millis | null
  /** The partition of the indexes that its entries are in; 0 for the compacted one. */
  block: number
}

/** The partitions that rows of `issuance` are in, except the compacted one. */
export interface IssuanceBlockTable {
  block: number
  /** The newest id in it. */
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
  details: Optional<Json>
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
  /** The key that its refresh tokens are bound to (RFC 7800 §3). */
  confirmation: Optional<Json>
  /** The claims that its authorization request asked for by name. */
  claims: Optional<Json>
  /** The organization that the person signed in for. */
  organization_id: Optional<string>
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
  details: Optional<Json>
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
  /** The organization that the request names, and the one that it was approved for. */
  organization: Optional<string>
  organization_id: Optional<string>
  created_at: Millis
  expires_at: Millis
  decided_at: Optional<Millis>
  consumed_at: Optional<Millis>
}

/** Requests for a person's approval elsewhere (OpenID Connect CIBA), until their time is over. */
export interface BackchannelAuthenticationTable {
  id: string
  tenant_id: string
  realm_id: string
  client_id: string
  user_id: string
  request_hash: string
  scopes: string
  resources: Json
  details: Optional<Json>
  granted_scopes: Optional<string>
  granted_details: Optional<Json>
  aal: number
  binding_message: Optional<string>
  /** poll, ping or push */
  delivery_mode: string
  /** Sealed: how the client is told, and what. */
  notification: Optional<string>
  ip: Optional<string>
  user_agent: Optional<string>
  /** Seconds. */
  poll_interval: number
  polled_at: Optional<Millis>
  /** pending → approved or denied */
  status: string
  session_id: Optional<string>
  family_id: Optional<string>
  organization_id: Optional<string>
  created_at: Millis
  expires_at: Millis
  decided_at: Optional<Millis>
  consumed_at: Optional<Millis>
  attempts: number
  response_status: Optional<number>
  error: Optional<string>
  attempted_at: Optional<Millis>
  next_attempt_at: Optional<Millis>
}
