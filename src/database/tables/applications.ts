// What asks for tokens, and what they are for.
import type { Flag, Json, Millis, Optional, Versioned } from './column.ts'

export interface ApplicationTable extends Versioned {
  id: string
  tenant_id: string
  realm_id: string
  name: string
  description: Optional<string>
  terms_url: Optional<string>
  privacy_url: Optional<string>
  /** tenant, partner or global: to whom it is offered. */
  level: string
  /** Whose tenants it is offered to; of an application at a partner's level only. */
  partner_id: Optional<string>
  /** What kind of program it is, where it was registered with its one client. */
  type: Optional<string>
}

export interface ClientTable extends Versioned {
  id: string
  tenant_id: string
  realm_id: string
  application_id: string
  client_id: string
  label: string
  auth_method: string
  secret_hash: Optional<string>
  jwks_uri: Optional<string>
  jwks: Optional<Json>
  grant_types: Json
  scopes: Json
  audiences: Json
  redirect_uris: Json
  post_logout_redirect_uris: Json
  first_party: Flag
  access_token_lifetime: Optional<number>
  /** Whose pages may use it; any where there are none. */
  allowed_origins: Json
  refresh_token_lifetime: Optional<number>
  token_exchange_allowed: Flag
  status: string
}

/** What an agent is besides its client, whose row has its name, scopes, secret and status. */
export interface AgentTable {
  id: string
  tenant_id: string
  realm_id: string
  client_id: string
  type: string
  description: Optional<string>
  /** Null for any. */
  allowed_tools: Optional<Json>
  rate_limit_rpm: Optional<number>
  owner_id: Optional<string>
}

export interface ResourceTable extends Versioned {
  id: string
  tenant_id: string
  identifier: string
  slug: string
  name: string
  backend: string
  scopes: Json
  status: string
}

export interface SigningKeyTable {
  id: string
  tenant_id: string
  realm_id: string
  kid: string
  algorithm: string
  /** next → active → retiring → retired */
  state: string
  public_jwk: Json
  /** What the key store gave to keep: a sealed private key, or a reference into a store outside. */
  private_key: string
  published_at: Millis
  /** When a scheduled `next` key starts to sign. */
  activates_at: Optional<Millis>
  activated_at: Optional<Millis>
  /** When a retiring key leaves the JWKS. */
  retires_at: Optional<Millis>
}
