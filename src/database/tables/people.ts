// The tables of users, groups, organizations, roles and identity providers.
import type { Flag, Json, Millis, Optional, Versioned } from './column.ts'

export interface UserTable extends Versioned {
  id: string
  tenant_id: string
  directory_id: string
  email: string
  /** The form of the address for comparison; unique among a directory's living users. */
  email_key: string
  /** What the address looks like; null where that is its key. No two living users of a directory look alike. */
  email_lookalike: Optional<string>
  email_verified: Flag
  name: Optional<string>
  given_name: Optional<string>
  family_name: Optional<string>
  /** What people call the user, folded as the address is, for searches. */
  name_key: Optional<string>
  status: string
  /** A role in the administration of tenants; only users of an admin realm's directory have one. */
  admin_role: Optional<string>
  /** The partner whose tenants a partner_admin administers. */
  admin_partner_id: Optional<string>
  password_hash: Optional<string>
  password_set_at: Optional<Millis>
  attributes: Json
  last_sign_in_at: Optional<Millis>
  username: Optional<string>
  /** The form of the user name for comparison; unique in a directory, and null once the user is deleted. */
  username_key: Optional<string>
  /** What the user name looks like; null where that is its key. */
  username_lookalike: Optional<string>
  /** Title, department and the like; null where there is none of it. */
  profile: Optional<Json>
  /** What a directory elsewhere calls the user. */
  external_id: Optional<string>
  /** How many authenticators are second factors; the writes that add and remove them count. */
  second_factors: number
  /** The trigger of the flow that the next sign-in at a realm has to pass first, and the realm’s id. */
  due_trigger: Optional<string>
  /** When all that is personal was removed from a deleted user. */
  erased_at: Optional<Millis>
}

export interface AuthenticatorTable {
  id: string
  tenant_id: string
  user_id: string
  /** totp, passkey or recovery_code */
  kind: string
  name: string
  /** A sealed secret, a public key, or the digests of codes. */
  secret: string
  /** What a later use has to exceed: the time step of the last code, or a signature counter. */
  counter: Optional<number>
  /** Identifies a passkey in its tenant: the digest of its directory and its credential id. */
  credential_key: Optional<string>
  /** What is known of a passkey besides its public key. */
  credential: Optional<Json>
  created_at: Millis
  last_used_at: Optional<Millis>
}

/** An account at an identity provider with which a user signs in. */
export interface LinkedAccountTable {
  id: string
  tenant_id: string
  user_id: string
  provider_id: string
  /** The issuer of the subject. */
  issuer: string
  /** What the provider calls the person; with provider and issuer unique. */
  subject: string
  /** What people know the account by, when it was linked: an address or a user name. */
  label: Optional<string>
  /** The groups and roles that the mapping of the provider gave. */
  given: Json
  created_at: Millis
  last_used_at: Optional<Millis>
}

/** A version of the terms of a realm that a user accepted. */
export interface TermsAcceptanceTable {
  id: string
  tenant_id: string
  realm_id: string
  user_id: string
  version: string
  accepted_at: Millis
}

/** A value of an attribute that no other user of the directory has. */
export interface UniqueValueTable {
  directory_id: string
  /** Of the attribute. */
  name: string
  /** Of the attribute and the value. */
  digest: string
  tenant_id: string
  user_id: string
}

export interface GroupTable extends Versioned {
  id: string
  tenant_id: string
  directory_id: string
  name: string
  /** The form of the name for comparison; unique among a directory's living groups. */
  name_key: string
  /** What the name looks like; null where that is its key. */
  name_lookalike: Optional<string>
  description: Optional<string>
  group_type: string
  /** How many users are direct members. */
  member_count: number
  /** What a directory elsewhere calls the group. */
  external_id: Optional<string>
}

export interface GroupMemberTable {
  group_id: string
  user_id: string
  tenant_id: string
  created_at: Millis
}

/** The members of the child are members of the parent. */
export interface GroupNestingTable {
  child_id: string
  parent_id: string
  tenant_id: string
  created_at: Millis
}

export interface OrganizationTable extends Versioned {
  id: string
  tenant_id: string
  directory_id: string
  name: string
  slug: string
  logo_url: Optional<string>
  settings: Json
}

export interface OrganizationMemberTable {
  organization_id: string
  user_id: string
  tenant_id: string
  role: string
  permissions: Json
  joined_at: Millis
}

export interface InvitationTable {
  id: string
  tenant_id: string
  organization_id: string
  email: string
  /** The form of the address for comparison; unique among an organization's unsettled invitations. */
  email_key: string
  role: string
  permissions: Json
  /** Which one-time token accepts it. */
  token_hash: string
  /** pending → accepted, revoked or expired */
  status: string
  expires_at: Millis
  created_at: Millis
  settled_at: Optional<Millis>
}

export interface RoleTable extends Versioned {
  id: string
  tenant_id: string
  realm_id: string
  /** The organization that the role belongs to; null for a role of the realm. */
  organization_id: Optional<string>
  name: string
  /** The form of the name for comparison; unique among the living roles of a realm, or of an organization. */
  name_key: string
  /** What the name looks like; null where that is its key. */
  name_lookalike: Optional<string>
  description: Optional<string>
  permissions: Json
}

/** A permission that a realm knows, whether or not a role has it. */
export interface KnownPermissionTable {
  tenant_id: string
  realm_id: string
  permission: string
  created_at: Millis
}

export interface RolePermissionTable {
  role_id: string
  permission: string
  tenant_id: string
}

export interface RoleAssignmentTable {
  /** A user or a group. */
  subject_id: string
  /** Where a user has the role: an organization, or the empty string for everywhere. */
  organization_id: string
  role_id: string
  /** user, group or organization_member */
  subject_type: string
  tenant_id: string
  created_at: Millis
}

export interface IdentityProviderTable extends Versioned {
  id: string
  tenant_id: string
  realm_id: string
  /** oidc, oauth2 or saml */
  kind: string
  name: string
  /** The form of the name for comparison, for searches. */
  name_key: string
  enabled: Flag
  /** What only providers of its kind have; nothing secret. */
  config: Json
  /** Sealed, for it is sent to the provider itself; gone once the row is deleted. */
  client_secret: Optional<string>
  attribute_mapping: Json
  /** The rules that give groups and roles. */
  group_mapping: Json
  jit_provisioning: Flag
  domains: Json
  /** Whether its domains work that nobody has verified. */
  trust_domains: Flag
  organization_id: Optional<string>
  /** The role that members of the organization get. */
  member_role: string
}

/** A domain of e-mail addresses, and whether DNS says that its owner owns it. */
export interface EmailDomainTable {
  id: string
  tenant_id: string
  realm_id: string
  organization_id: Optional<string>
  domain: string
  /** What its TXT record has. */
  token: string
  verified_at: Optional<Millis>
  missing_since: Optional<Millis>
  /** Of a verified one. */
  next_check_at: Optional<Millis>
  created_at: Millis
}

/** A row with the name of another row, or a name that looks the same, from the time when names were not unique. */
export interface MarkedNameTable {
  id: string
  /** The table of the row. */
  kind: string
  tenant_id: string
  /** The row that keeps the name. */
  kept_id: string
  /** The key that the row has instead. */
  key: string
}
