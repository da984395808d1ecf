// The tables as Kysely sees them. Every row but a partner's carries its tenant.
import type {
  ApiKeyTable,
  DirectoryTable,
  IdempotencyKeyTable,
  PartnerTable,
  ProjectApiKeyTable,
  ProjectTable,
  RealmTable,
  SettingTable,
  TenantTable,
} from './tables/accounts.ts'
import type {
  AgentTable,
  ApplicationTable,
  ClientTable,
  ResourceTable,
  SigningKeyTable,
} from './tables/applications.ts'
import type {
  CounterTable,
  EventHeadTable,
  EventTable,
  MailTable,
  WebhookDeliveryTable,
  WebhookQueueTable,
  WebhookTable,
} from './tables/log.ts'
import type {
  GroupMemberTable,
  GroupNestingTable,
  GroupTable,
  IdentityProviderTable,
  InvitationTable,
  OrganizationMemberTable,
  OrganizationTable,
  RoleAssignmentTable,
  RolePermissionTable,
  RoleTable,
  UserTable,
} from './tables/people.ts'
import type {
  ConsentGrantTable,
  DeviceAuthorizationTable,
  IssuanceBlockTable,
  IssuanceTable,
  OneTimeTokenTable,
  SessionTable,
  TokenFamilyTable,
} from './tables/tokens.ts'

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
  issuance_block: IssuanceBlockTable
  token_family: TokenFamilyTable
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
