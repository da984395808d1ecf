// The tables of providers whose tokens are kept for users, of the tokens that are kept, and of those that were given out.
import type { Flag, Json, Millis, Optional, Versioned } from './column.ts'

/** A provider whose tokens are kept for users. */
export interface BrokerProviderTable extends Versioned {
  id: string
  tenant_id: string
  realm_id: string
  slug: string
  name: string
  /** oauth, api_key or service_account */
  protocol: string
  template: Optional<string>
  client_id: Optional<string>
  /** Sealed: the client secret, or the private key of a service account. */
  client_secret: Optional<string>
  /** The name of an environment variable that has it instead. */
  client_secret_ref: Optional<string>
  authorize_url: Optional<string>
  token_url: Optional<string>
  revoke_url: Optional<string>
  accounts_url: Optional<string>
  api_url: Optional<string>
  scopes: Json
  token_endpoint_auth_method: string
  response_format: string
  extra_auth_params: Json
  header_name: string
  header_prefix: string
  issuance_instructions_url: Optional<string>
  sa_email: Optional<string>
  sa_algorithm: string
  token_ttl_seconds: number
  icon_url: Optional<string>
  active: Flag
}

/** What a provider gave for one user. */
export interface ConnectionTable {
  id: string
  tenant_id: string
  realm_id: string
  provider_id: string
  user_id: string
  /** Sealed: the tokens, with whom they are of. Null once it is revoked. */
  credential: Optional<string>
  scopes: Json
  metadata: Optional<Json>
  expires_at: Optional<Millis>
  needs_reauth: Flag
  refreshed_at: Optional<Millis>
  /** Until when one process refreshes it. */
  leased_until: Optional<Millis>
  version: number
  created_at: Millis
  updated_at: Millis
  revoked_at: Optional<Millis>
}

/** One token of a provider that was given to a client. A row is never updated. */
export interface BrokerIssuanceTable {
  id: string
  tenant_id: string
  realm_id: string
  client_id: string
  user_id: Optional<string>
  /** Null for a service account. */
  connection_id: Optional<string>
  provider_id: string
  /** The token that it was exchanged for. */
  parent_id: Optional<string>
  grant_type: string
  audience: string
  scopes: string
  issued_at: Millis
  /** Null where the provider does not say. */
  expires_at: Optional<Millis>
}
