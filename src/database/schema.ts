// Every table by its name, as Kysely types it. Every row but a partner's names its tenant.
import type {
  ApiKeyTable,
  BrandingFileTable,
  BrandingTable,
  DirectoryTable,
  IdempotencyKeyTable,
  PartnerTable,
  ProjectApiKeyTable,
  ProjectTable,
  RealmAttackTable,
  RealmTable,
  SettingTable,
  TenantTable,
} from './tables/accounts.ts'
import type {
  AgentTable,
  ApplicationTable,
  ClientTable,
  InitialAccessTokenTable,
  ResourceTable,
  SigningKeyTable,
} from './tables/applications.ts'
import type { BrokerIssuanceTable, BrokerProviderTable, ConnectionTable } from './tables/broker.ts'
import type {
  DelegatedTokenTable,
  DelegationGrantTable,
  FrontingLinkTable,
  SubjectMappingTable,
  TrustedIssuerTable,
} from './tables/delegation.ts'
import type { FlowRunTable, FlowTable } from './tables/flows.ts'
import type {
  CounterTable,
  EventCheckpointTable,
  EventHeadTable,
  EventTable,
  LogoutDeliveryTable,
  MailDayTable,
  MailSettingsTable,
  MailTable,
  MailTemplateTable,
  RefusalTable,
  SmsSettingsTable,
  WebhookDeliveryTable,
  WebhookQueueTable,
  WebhookTable,
} from './tables/log.ts'
import type {
  AuthenticatorTable,
  EmailDomainTable,
  GroupMemberTable,
  GroupNestingTable,
  GroupTable,
  IdentityProviderTable,
  InvitationTable,
  KnownPermissionTable,
  LinkedAccountTable,
  MarkedNameTable,
  OrganizationMemberTable,
  OrganizationTable,
  RoleAssignmentTable,
  RolePermissionTable,
  RoleTable,
  TermsAcceptanceTable,
  UniqueValueTable,
  UserTable,
} from './tables/people.ts'
import type { ProxyRuleTable, ProxySiteTable } from './tables/proxy.ts'
import type {
  BackchannelAuthenticationTable,
  ConsentGrantTable,
  DeviceAuthorizationTable,
  IssuanceBlockTable,
  IssuanceTable,
  IssuedTokenTable,
  OneTimeTokenTable,
  RememberedDeviceTable,
  RevokedTokenTable,
  SessionTable,
  TokenFamilyTable,
  TokenLinkTable,
  TokenPartitionTable,
  TokenProfileTable,
  UnplacedLinkTable,
  UserAgentTable,
} from './tables/tokens.ts'

/** Every table by its name. */
export interface Schema {
  partner: PartnerTable
  tenant: TenantTable
  branding: BrandingTable
  branding_file: BrandingFileTable
  directory: DirectoryTable
  realm: RealmTable
  user: UserTable
  authenticator: AuthenticatorTable
  linked_account: LinkedAccountTable
  remembered_device: RememberedDeviceTable
  unique_value: UniqueValueTable
  terms_acceptance: TermsAcceptanceTable
  application: ApplicationTable
  client: ClientTable
  initial_access_token: InitialAccessTokenTable
  delegation_grant: DelegationGrantTable
  delegated_token: DelegatedTokenTable
  broker_provider: BrokerProviderTable
  connection: ConnectionTable
  broker_issuance: BrokerIssuanceTable
  trusted_issuer: TrustedIssuerTable
  proxy_site: ProxySiteTable
  proxy_rule: ProxyRuleTable
  subject_mapping: SubjectMappingTable
  fronting_link: FrontingLinkTable
  agent: AgentTable
  resource: ResourceTable
  signing_key: SigningKeyTable
  session: SessionTable
  consent_grant: ConsentGrantTable
  issued_token: IssuedTokenTable
  token_profile: TokenProfileTable
  user_agent: UserAgentTable
  token_link: TokenLinkTable
  unplaced_link: UnplacedLinkTable
  revoked_token: RevokedTokenTable
  token_partition: TokenPartitionTable
  issuance: IssuanceTable
  issuance_block: IssuanceBlockTable
  token_family: TokenFamilyTable
  one_time_token: OneTimeTokenTable
  device_authorization: DeviceAuthorizationTable
  backchannel_authentication: BackchannelAuthenticationTable
  api_key: ApiKeyTable
  event: EventTable
  event_head: EventHeadTable
  event_checkpoint: EventCheckpointTable
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
  marked_name: MarkedNameTable
  role_permission: RolePermissionTable
  known_permission: KnownPermissionTable
  role_assignment: RoleAssignmentTable
  webhook: WebhookTable
  webhook_queue: WebhookQueueTable
  webhook_delivery: WebhookDeliveryTable
  identity_provider: IdentityProviderTable
  flow: FlowTable
  flow_run: FlowRunTable
  email_domain: EmailDomainTable
  mail: MailTable
  mail_day: MailDayTable
  realm_attack: RealmAttackTable
  mail_settings: MailSettingsTable
  mail_template: MailTemplateTable
  sms_settings: SmsSettingsTable
  logout_delivery: LogoutDeliveryTable
  refusal: RefusalTable
  project: ProjectTable
  project_api_key: ProjectApiKeyTable
}
