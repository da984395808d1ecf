// The tables of partners, tenants, directories, realms, projects, keys and settings.
import type { Flag, Json, Millis, Optional, Versioned } from './column.ts'

export interface PartnerTable extends Versioned {
  id: string
  name: string
  slug: string
  status: string
  contact_email: Optional<string>
  max_tenants: Optional<number>
  max_users_per_tenant: Optional<number>
  max_applications_per_tenant: Optional<number>
}

export interface TenantTable extends Versioned {
  id: string
  partner_id: string
  name: string
  slug: string
  status: string
  contact_email: Optional<string>
  /** As its admin realm has it. */
  admin_min_aal: number
  settings: Json
  branding: Json
}

/** A branding; that of a tenant is in its own row. */
export interface BrandingTable {
  /** The realm, the organization or the client. */
  owner_id: string
  kind: string
  tenant_id: string
  realm_id: Optional<string>
  given: Json
  /** The files that it refers to. */
  logo: Optional<string>
  favicon: Optional<string>
  font: Optional<string>
  version: number
  updated_at: Millis
}

/** A file of the brandings of a tenant. */
export interface BrandingFileTable {
  tenant_id: string
  /** The SHA-256 of the content, and its format. */
  file: string
  content: Uint8Array
  size: number
  created_at: Millis
  /** Since when no branding refers to it; null while one does. */
  unused_since: Optional<Millis>
}

export interface DirectoryTable {
  id: string
  tenant_id: string
  name: string
  created_at: Millis
}

export interface RealmTable extends Versioned {
  id: string
  tenant_id: string
  directory_id: string
  issuer_id: string
  kind: string
  name: string
  enabled: Flag
  magic_link_enabled: Flag
  passkey_enabled: Flag
  min_aal: number
  /** The tag of a language. */
  default_language: string
  /** server, smtp or http */
  mail_sender: string
  custom_domain: Optional<string>
  /** When its CNAME was first seen to lead elsewhere; null where it leads here. */
  domain_failing_since: Optional<number>
  algorithm: string
  policy: Json
  /** As the policy has it, for queries. Seconds. */
  session_idle_lifetime: number
  /** As the policy has it, for queries. Null where keys are not rotated by themselves. */
  key_rotation_days: Optional<number>
  /** Names of attributes, as the policy has them; null for none. */
  unique_attributes: Optional<Json>
  /** Which web origins' pages may call it; null for all. */
  allowed_origins: Optional<Json>
  /** Where its clients may send people; null for wherever each is registered with. */
  allowed_redirects: Optional<Json>
}

/** What makes a realm a project; all else about it is in the realm's row. */
export interface ProjectTable {
  id: string
  tenant_id: string
  realm_id: string
  slug: string
  /** development or production */
  environment: string
  settings: Json
  created_at: Millis
  deleted_at: Optional<Millis>
}

/** A pair of a publishable key and a secret key. */
export interface ProjectApiKeyTable {
  id: string
  tenant_id: string
  project_id: string
  name: string
  publishable_key: string
  secret_hash: string
  /** The secret's first and last characters, for people to know it by. */
  secret_prefix: string
  secret_last4: string
  created_at: Millis
  expires_at: Optional<Millis>
  last_used_at: Optional<Millis>
  revoked_at: Optional<Millis>
}

export interface ApiKeyTable {
  id: string
  tenant_id: string
  /** platform, tenant or realm */
  reach: string
  realm_id: Optional<string>
  name: string
  /** The key's first characters, for people to know it by. */
  prefix: string
  secret_hash: string
  permissions: Json
  created_at: Millis
  expires_at: Optional<Millis>
  last_used_at: Optional<Millis>
  revoked_at: Optional<Millis>
}

export interface SettingTable {
  name: string
  value: string
}

export interface IdempotencyKeyTable {
  actor_id: string
  key: string
  fingerprint: string
  /** The reply, sealed; null until the request it belongs to was answered. */
  reply: Optional<string>
  created_at: Millis
}

/** A realm that is under attack, so that its forms ask for proofs of work. */
export interface RealmAttackTable {
  realm_id: string
  tenant_id: string
  since: Millis
  /** When it is over, unless it goes on. */
  until: Millis
}
