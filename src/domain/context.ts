// The context of an operation, and the sets of stores.
import type * as z from 'zod'
import type { TokenDraft } from '#database/database.ts'
import type { EventDetail, EventType } from '#kernel/event.ts'
import type { Id } from '#kernel/id.ts'
import { operationsOver, type StreamOperation } from '#kernel/operation.ts'
import type { Actor, Scope } from './actor.ts'
import type { AgentStore } from './agent/agent.store.ts'
import type { AgentsAcrossTenants } from './agent/agent-across-tenants.store.ts'
import type { ApiKeyStore } from './api-key/api-key.store.ts'
import type { ApplicationStore } from './application/application.store.ts'
import type { ApplicationsAcrossTenants } from './application/application-across-tenants.store.ts'
import type { AuthenticatorStore } from './authenticator/authenticator.store.ts'
import type { BackchannelAuthenticationStore } from './backchannel-authentication/backchannel-authentication.store.ts'
import type { BrandingStore } from './branding/branding.store.ts'
import type { BrandingFileStore } from './branding/branding-file.store.ts'
import type { BrokerIssuanceStore } from './broker-issuance/broker-issuance.store.ts'
import type { BrokerProviderStore } from './broker-provider/broker-provider.store.ts'
import type { ClientStore } from './client/client.store.ts'
import type { DynamicClientStore } from './client/dynamic-client.store.ts'
import type { ConnectionStore } from './connection/connection.store.ts'
import type { CounterStore } from './counter/counter.store.ts'
import type { TenantFigures } from './dashboard/dashboard.store.ts'
import type { DecisionLog } from './decision/decision-log.ts'
import type { DelegationGrantStore } from './delegation-grant/delegation-grant.store.ts'
import type { DevInboxStore } from './dev-inbox/dev-inbox.store.ts'
import type { DeviceAuthorizationStore } from './device-authorization/device-authorization.store.ts'
import type { DirectoryStore } from './directory/directory.store.ts'
import type { EmailDomainStore } from './email-domain/email-domain.store.ts'
import type { EventStore } from './event/event.store.ts'
import type { EventsAcrossTenants } from './event/event-across-tenants.store.ts'
import type { EventPurgeStore } from './event/event-purge.store.ts'
import type { FlowStore } from './flow/flow.store.ts'
import type { FlowRunStore } from './flow/flow-run.store.ts'
import type { FrontingLinkStore } from './fronting-link/fronting-link.store.ts'
import type { GrantStore } from './grant/grant.store.ts'
import type { GroupStore } from './group/group.store.ts'
import type { GroupsAcrossTenants } from './group/group-across-tenants.store.ts'
import type { IdempotencyKeyStore } from './idempotency-key/idempotency-key.store.ts'
import type { IdentityProviderStore } from './identity-provider/identity-provider.store.ts'
import type { IdentityProvidersAcrossTenants } from './identity-provider/identity-provider-across-tenants.store.ts'
import type { InitialAccessTokenStore } from './initial-access-token/initial-access-token.store.ts'
import type { IssuanceStore } from './issuance/issuance.store.ts'
import type { LinkedAccountStore } from './linked-account/linked-account.store.ts'
import type { LogoutDeliveryStore } from './logout-delivery/logout-delivery.store.ts'
import type { MailStore } from './mail/mail.store.ts'
import type { MailDayStore } from './mail-settings/mail-day.store.ts'
import type { MailSettingsStore } from './mail-settings/mail-settings.store.ts'
import type { MailTemplateStore } from './mail-template/mail-template.store.ts'
import type { SealedStore } from './master-key/sealed.store.ts'
import type { OneTimeTokenStore } from './one-time-token/one-time-token.store.ts'
import type { InvitationStore } from './organization/invitation.store.ts'
import type { OrganizationStore } from './organization/organization.store.ts'
import type { Clock, Crypto, Host, Limiter, Network, Random } from './outside.ts'
import type { PartnerStore } from './partner/partner.store.ts'
import type { UniqueValueStore } from './profile-attribute/unique-value.store.ts'
import type { ProjectStore } from './project/project.store.ts'
import type { ProjectKeyStore } from './project/project-key.store.ts'
import type { RealmAttackStore } from './proof-of-work/realm-attack.store.ts'
import type { ProxyControl } from './proxy/proxy-control.ts'
import type { ProxyRuleStore } from './proxy-rule/proxy-rule.store.ts'
import type { ProxySiteStore } from './proxy-site/proxy-site.store.ts'
import type { PurgeStore } from './purge/purge.store.ts'
import type { RealmStore } from './realm/realm.store.ts'
import type { RefusalStore } from './refusal/refusal.store.ts'
import type { Registry } from './registry.ts'
import type { RememberedDeviceStore } from './remembered-device/remembered-device.store.ts'
import type { ResourceStore } from './resource/resource.store.ts'
import type { RevocationStore } from './revocation/revocation.store.ts'
import type { RoleStore } from './role/role.store.ts'
import type { RolePermissionStore } from './role-permission/role-permission.store.ts'
import type { SessionStore } from './session/session.store.ts'
import type { SessionsAcrossTenants } from './session/session-across-tenants.store.ts'
import type { SettingStore } from './setting/setting.store.ts'
import type { SigningKeyStore } from './signing-key/signing-key.store.ts'
import type { SmsSettingsStore } from './sms-settings/sms-settings.store.ts'
import type { SubjectMappingStore } from './subject-mapping/subject-mapping.store.ts'
import type { BoundTenantStore } from './tenant/bound-tenant.store.ts'
import type { TenantStore } from './tenant/tenant.store.ts'
import type { TermsAcceptanceStore } from './terms/terms-acceptance.store.ts'
import type { TokenFamilyStore } from './token-family/token-family.store.ts'
import type { TrustedIssuerStore } from './trusted-issuer/trusted-issuer.store.ts'
import type { UserStore } from './user/user.store.ts'
import type { UsersAcrossTenants } from './user/user-across-tenants.store.ts'
import type { DeliveryStore } from './webhook/delivery.store.ts'
import type { WebhookStore } from './webhook/webhook.store.ts'
import type { WebhookQueueStore } from './webhook/webhook-queue.store.ts'

/**
 * Everything impure that an operation may use: time, randomness, cryptography, network, stores. This room uses no
 * globals.
 */
export interface Context {
  readonly actor: Actor
  readonly scope: Scope
  readonly clock: Clock
  readonly random: Random
  readonly crypto: Crypto
  readonly network: Network
  readonly limiter: Limiter
  /** The bounded cache from which tokens are issued. */
  readonly registry: Registry
  /** What only this process knows and runs. */
  readonly process: ProcessParts
  /** The stores of the scope's tenant, which read committed state. */
  readonly read: Stores
  /**
   * Runs work in one transaction. When the promise resolves, the rows and the events are on disk; when it rejects, none
   * of them are. The work may run a second time if another write in the same transaction failed, so it must change
   * nothing except through its unit.
   */
  readonly write: <T>(work: (unit: Unit) => Promise<T> | T) => Promise<T>
}

/** What a process of the server has for itself. */
export interface ProcessParts {
  readonly host: Host
  /** Why it refused requests lately. */
  readonly decisions: Pick<DecisionLog, 'find'>
  /** Its reverse proxy; absent where that was off when the process started. */
  readonly proxy?: ProxyControl | undefined
}

/** All stores, one for each noun, bound to one tenant. */
export interface Stores {
  /** The stores that are not bound to the tenant. */
  readonly acrossTenants: StoresAcrossTenants
  readonly tenant: BoundTenantStore
  readonly directories: DirectoryStore
  readonly realms: RealmStore
  readonly realmAttacks: RealmAttackStore
  readonly brandings: BrandingStore
  readonly brandingFiles: BrandingFileStore
  readonly projects: ProjectStore
  readonly projectKeys: ProjectKeyStore
  readonly users: UserStore
  readonly authenticators: AuthenticatorStore
  readonly linkedAccounts: LinkedAccountStore
  readonly rememberedDevices: RememberedDeviceStore
  readonly uniqueValues: UniqueValueStore
  readonly termsAcceptances: TermsAcceptanceStore
  readonly groups: GroupStore
  readonly organizations: OrganizationStore
  readonly invitations: InvitationStore
  readonly roles: RoleStore
  readonly rolePermissions: RolePermissionStore
  readonly applications: ApplicationStore
  readonly clients: ClientStore
  readonly dynamicClients: DynamicClientStore
  readonly initialAccessTokens: InitialAccessTokenStore
  readonly agents: AgentStore
  readonly identityProviders: IdentityProviderStore
  readonly flows: FlowStore
  readonly flowRuns: FlowRunStore
  readonly emailDomains: EmailDomainStore
  readonly resources: ResourceStore
  readonly frontingLinks: FrontingLinkStore
  readonly signingKeys: SigningKeyStore
  readonly sessions: SessionStore
  readonly grants: GrantStore
  readonly delegationGrants: DelegationGrantStore
  readonly brokerProviders: BrokerProviderStore
  readonly brokerIssuances: BrokerIssuanceStore
  readonly connections: ConnectionStore
  readonly trustedIssuers: TrustedIssuerStore
  readonly subjectMappings: SubjectMappingStore
  readonly proxySites: ProxySiteStore
  readonly proxyRules: ProxyRuleStore
  readonly issuances: IssuanceStore
  readonly tokenFamilies: TokenFamilyStore
  readonly revocations: RevocationStore
  readonly oneTimeTokens: OneTimeTokenStore
  readonly deviceAuthorizations: DeviceAuthorizationStore
  readonly backchannelAuthentications: BackchannelAuthenticationStore
  readonly apiKeys: ApiKeyStore
  readonly webhooks: WebhookStore
  readonly webhookQueues: WebhookQueueStore
  readonly webhookDeliveries: DeliveryStore
  readonly mails: MailStore
  readonly devInbox: DevInboxStore
  readonly mailTemplates: MailTemplateStore
  readonly mailSettings: MailSettingsStore
  readonly mailDays: MailDayStore
  readonly smsSettings: SmsSettingsStore
  readonly logoutDeliveries: LogoutDeliveryStore
  readonly refusals: RefusalStore
  readonly events: EventStore
  readonly eventPurges: EventPurgeStore
  readonly settings: SettingStore
  readonly tenantFigures: TenantFigures
  readonly idempotencyKeys: IdempotencyKeyStore
}

/** Stores whose rows may be of several tenants. Every method takes the caller's reach, which bounds what it sees. */
export interface StoresAcrossTenants {
  readonly partners: PartnerStore
  readonly tenants: TenantStore
  readonly users: UsersAcrossTenants
  readonly groups: GroupsAcrossTenants
  readonly applications: ApplicationsAcrossTenants
  readonly agents: AgentsAcrossTenants
  readonly identityProviders: IdentityProvidersAcrossTenants
  readonly sessions: SessionsAcrossTenants
  readonly events: EventsAcrossTenants
  readonly counters: CounterStore
  readonly purges: PurgeStore
  readonly sealedTexts: SealedStore
}

/**
 * The stores inside one transaction. Events can only be emitted here, so rows and events are always written together.
 */
export interface Unit extends Stores {
  /** The same transaction for another tenant, for operations on tenants. */
  readonly within: (tenantId: Id) => Unit
  readonly emit: (type: EventType, detail: EventDetail) => void
  /** Records a token that is about to be issued. The record is the event `token.issued` too. */
  readonly issue: (issuance: Omit<TokenDraft, 'ip' | 'user_agent' | 'request_id' | 'surface'>) => void
}

export const operation = operationsOver<Context>()

/** Checks the types of an operation with a stream response, as {@link operation} does for other operations. */
export const streamOperation = <In extends z.ZodType, Out extends z.ZodType>(
  stream: StreamOperation<Context, In, Out>,
): StreamOperation<Context, In, Out> => stream
