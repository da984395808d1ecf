// The tables as Kysely sees them, the same on every database. Ids are UUID text, times are milliseconds since 1970,
// flags are 0 or 1, structured columns are JSON text. Every row but a partner's carries its tenant.

type Flag = 0 | 1
type Json = string
type Millis = number
/** A column that an insert may leave out. */
type Optional<T> = T | null

interface Versioned {
  version: number
  created_at: Millis
  updated_at: Millis
  deleted_at: Optional<Millis>
}

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
  settings: Json
  branding: Json
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
  custom_domain: Optional<string>
  algorithm: string
  policy: Json
  /** As the policy has it, for queries. Seconds. */
  session_idle_lifetime: number
  /** Which web origins' pages may call it; null for all. */
  allowed_origins: Optional<Json>
  /** Where its clients may send people; null for wherever each is registered with. */
  allowed_redirects: Optional<Json>
}

export interface UserTable extends Versioned {
  id: string
  tenant_id: string
  directory_id: string
  email: string
  /** The address after NFC and case folding; unique among a directory's living users. */
  email_key: string
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
  /** The user name after NFC and case folding; unique in a directory, and null once the user is deleted. */
  username_key: Optional<string>
  /** Title, department and the like; null where there is none of it. */
  profile: Optional<Json>
  /** What a directory elsewhere calls the user. */
  external_id: Optional<string>
}

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
}

export interface RefreshTokenTable {
  token_hash: string
  tenant_id: string
  family_id: string
  issued_at: Millis
  expires_at: Millis
  consumed_at: Optional<Millis>
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

export interface EventTable {
  id: string
  tenant_id: string
  /** 1, 2, 3 … within the tenant. */
  seq: number
  type: string
  occurred_at: Millis
  actor_kind: string
  actor_id: string
  actor_label: string | null
  subject_type: string
  subject_id: string
  realm_id: string | null
  result: string
  ip: string | null
  user_agent: string | null
  request_id: string | null
  surface: string
  data: Json
  /** HMAC-SHA256 over the row before it in the chain and this row, base64url. */
  hash: string
}

export interface EventHeadTable {
  tenant_id: string
  seq: number
  hash: string
  /** How many of them say that a token was issued. */
  tokens: number
}

/** Counts that are kept as things happen. */
export interface CounterTable {
  tenant_id: string
  name: string
  /** When the span begins that it counts, milliseconds since 1970; 0 for what is there now. */
  bucket: Millis
  /** The directory or realm that it counts in. */
  place: string
  value: number
}

export interface IdempotencyKeyTable {
  actor_id: string
  key: string
  fingerprint: string
  /** The reply, sealed; null until the request it belongs to was answered. */
  reply: Optional<string>
  created_at: Millis
}

export interface SettingTable {
  name: string
  value: string
}

export interface GroupTable extends Versioned {
  id: string
  tenant_id: string
  directory_id: string
  name: string
  /** The name after NFC and case folding; unique among a directory's living groups. */
  name_key: string
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
  /** The address after NFC and case folding; unique among an organization's unsettled invitations. */
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
  name: string
  description: Optional<string>
  permissions: Json
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

export interface WebhookTable extends Versioned {
  id: string
  tenant_id: string
  url: string
  description: Optional<string>
  events: Json
  active: Flag
  /** How deliveries look on the wire: body, headers and signature. */
  profile: string
  /** Sealed, for a signature is made with the secret itself. */
  secret: string
  /** The sealed secret before it, which signs too until its time is over. */
  previous_secret: Optional<string>
  previous_until: Optional<Millis>
}

/** Where a webhook is in its tenant’s events, and who is delivering. */
export interface WebhookQueueTable {
  webhook_id: string
  tenant_id: string
  /** The last event that has a delivery, or needs none. */
  seq: number
  /** The process that is delivering. */
  holder: Optional<string>
  /** Until when the holder has it; without one, when to go on; null where nothing is to do before the next event. */
  wake_at: Optional<Millis>
  /** How many deliveries were given up since the last that succeeded. */
  dead_in_row: number
}

export interface WebhookDeliveryTable {
  id: string
  tenant_id: string
  webhook_id: string
  event_id: string
  event_type: string
  /** Null for a test. */
  event_seq: Optional<number>
  /** event, replay or test */
  kind: string
  /** pending → delivered, or failed → … → delivered or dead */
  status: string
  attempts: number
  response_status: Optional<number>
  error: Optional<string>
  duration_ms: Optional<number>
  created_at: Millis
  attempted_at: Optional<Millis>
  /** When the next attempt is due; null once it is settled. */
  next_attempt_at: Optional<Millis>
  settled_at: Optional<Millis>
}

export interface MailTable {
  id: string
  tenant_id: string
  /** The realm it is sent for. */
  realm_id: string
  kind: string
  /** What it is about: an invitation. */
  about_id: Optional<string>
  recipient: string
  subject: string
  /** Sealed, for it holds a live link; null once nothing will be sent any more. */
  body: Optional<string>
  /** queued → sent, failed or withdrawn */
  status: string
  attempts: number
  /** Why the last try failed. */
  error: Optional<string>
  /** What the mail server answered to the last try. */
  response_code: Optional<number>
  /** When it is of no use any more. */
  expires_at: Millis
  created_at: Millis
  attempted_at: Optional<Millis>
  /** When the next try is due; for one under way, when it counts as lost; null once it is settled. */
  next_attempt_at: Optional<Millis>
  settled_at: Optional<Millis>
}

export interface IdentityProviderTable extends Versioned {
  id: string
  tenant_id: string
  realm_id: string
  /** oidc or saml */
  kind: string
  name: string
  /** The name after NFC and case folding, for searches. */
  name_key: string
  enabled: Flag
  /** What only providers of its kind have; nothing secret. */
  config: Json
  /** Sealed, for it is sent to the provider itself; gone once the row is deleted. */
  client_secret: Optional<string>
  attribute_mapping: Json
  jit_provisioning: Flag
  domains: Json
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

/** A pair of a key that anybody may see and one that nobody may. */
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

/** Every table by its name. */
export interface Schema {
  partner: PartnerTable
  tenant: TenantTable
  directory: DirectoryTable
  realm: RealmTable
  user: UserTable
  application: ApplicationTable
  client: ClientTable
  agent: AgentTable
  resource: ResourceTable
  signing_key: SigningKeyTable
  session: SessionTable
  consent_grant: ConsentGrantTable
  issuance: IssuanceTable
  token_family: TokenFamilyTable
  refresh_token: RefreshTokenTable
  one_time_token: OneTimeTokenTable
  device_authorization: DeviceAuthorizationTable
  api_key: ApiKeyTable
  event: EventTable
  event_head: EventHeadTable
  counter: CounterTable
  idempotency_key: IdempotencyKeyTable
  setting: SettingTable
  group: GroupTable
  group_member: GroupMemberTable
  group_nesting: GroupNestingTable
  organization: OrganizationTable
  organization_member: OrganizationMemberTable
  invitation: InvitationTable
  role: RoleTable
  role_permission: RolePermissionTable
  role_assignment: RoleAssignmentTable
  webhook: WebhookTable
  webhook_queue: WebhookQueueTable
  webhook_delivery: WebhookDeliveryTable
  identity_provider: IdentityProviderTable
  mail: MailTable
  project: ProjectTable
  project_api_key: ProjectApiKeyTable
}
