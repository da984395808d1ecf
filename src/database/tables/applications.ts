// The tables of applications, clients, agents, resources and signing keys.
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
  /** The encrypted secret of a client that makes HMACs with it. */
  sealed_secret: Optional<string>
  federated_credentials: Json
  /** The authorization servers to which it can take identity assertions. */
  identity_assertions: Json
  tls_client_auth_subject_dn: Optional<string>
  tls_client_auth_san_dns: Optional<string>
  tls_client_auth_san_uri: Optional<string>
  tls_client_auth_san_ip: Optional<string>
  tls_client_auth_san_email: Optional<string>
  tls_client_certificate_bound_access_tokens: Flag
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
  impersonation_allowed: Flag
  /** public or pairwise. */
  subject_type: string
  sector_identifier_uri: Optional<string>
  /** Null for the algorithm of the realm. */
  id_token_signed_response_alg: Optional<string>
  id_token_encrypted_response_alg: Optional<string>
  id_token_encrypted_response_enc: Optional<string>
  /** Null for JSON. */
  userinfo_signed_response_alg: Optional<string>
  userinfo_encrypted_response_alg: Optional<string>
  userinfo_encrypted_response_enc: Optional<string>
  introspection_signed_response_alg: Optional<string>
  introspection_encrypted_response_alg: Optional<string>
  introspection_encrypted_response_enc: Optional<string>
  authorization_signed_response_alg: Optional<string>
  authorization_encrypted_response_alg: Optional<string>
  authorization_encrypted_response_enc: Optional<string>
  backchannel_logout_uri: Optional<string>
  id_token_profile_claims: Flag
  pkce_required: Flag
  introspect_all_tokens: Flag
  profile: Optional<string>
  dpop_bound_access_tokens: Flag
  frontchannel_logout_uri: Optional<string>
  frontchannel_logout_session_required: Flag
  backchannel_token_delivery_mode: string
  backchannel_client_notification_endpoint: Optional<string>
  backchannel_authentication_request_signing_alg: Optional<string>
  request_object_signing_alg: Optional<string>
  request_object_encryption_alg: Optional<string>
  request_object_encryption_enc: Optional<string>
  require_signed_request_object: Flag
  authorization_details_types: Json
  mapped_claims: Json
  require_pushed_authorization_requests: Flag
  /** Null for native if the client has no credentials. */
  application_type: Optional<string>
  /** none, allowed or required */
  organization_usage: string
  /** Null for those of the realm. */
  sign_in_methods: Optional<Json>
  /** Null for that of the realm. */
  min_aal: Optional<number>
  /** administrator or dynamic. */
  registered_by: string
  /** When a person last approved a client of a metadata document; null for other clients. */
  last_used_at: Optional<Millis>
  /** What a client that registered itself says about itself. */
  about: Optional<Json>
  /** SHA-256 of the registration access token of a client that registered itself. */
  registration_token_hash: Optional<string>
  /** When a client that registered itself is deleted unless somebody used it. */
  unused_until: Optional<number>
  status: string
}

/** A token with which clients may be registered. */
export interface InitialAccessTokenTable {
  id: string
  tenant_id: string
  realm_id: string
  name: string
  secret_hash: string
  /** Null for any number. */
  uses_left: Optional<number>
  created_at: Millis
  expires_at: Optional<Millis>
  revoked_at: Optional<Millis>
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
  expires_at: Optional<Millis>
  /** The thumbprint of its key (RFC 7638). */
  dpop_jkt: Optional<string>
}

export interface ResourceTable extends Versioned {
  id: string
  tenant_id: string
  identifier: string
  slug: string
  name: string
  backend: string
  /** Null for the algorithm of the realm. */
  signing_algorithm: Optional<string>
  scopes: Json
  /** With their words and schemas (RFC 9396). */
  authorization_details_types: Json
  mapped_claims: Json
  /** Ids of clients; empty for what the clients themselves allow. */
  exchange_clients: Json
  /** Ids of the clients that are the resource. */
  runtime_clients: Json
  /** The provider of a broker resource; null for all others. */
  broker_provider_id: Optional<string>
  /** How a broker resource gives access: token or leashed; null for all others. */
  vending: Optional<string>
  return_urls: Json
  proxy_url: Optional<string>
  proxy_rules: Json
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
