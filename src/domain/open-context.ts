// Creates contexts: binds the stores to a tenant, and the events of a write to their actor.
import { LRUCache } from 'lru-cache'
import type { Connection, Database, EventDraft, WriteConnection } from '#database/database.ts'
import type { EventDetail, EventType } from '#kernel/event.ts'
import type { Actor, Scope } from './actor.ts'
import { agentStore } from './agent/agent.store.ts'
import { agentsAcrossTenants } from './agent/agent-across-tenants.store.ts'
import { apiKeyStore } from './api-key/api-key.store.ts'
import { applicationStore } from './application/application.store.ts'
import { applicationsAcrossTenants } from './application/application-across-tenants.store.ts'
import { authenticatorStore } from './authenticator/authenticator.store.ts'
import { backchannelAuthenticationStore } from './backchannel-authentication/backchannel-authentication.store.ts'
import { brandingStore } from './branding/branding.store.ts'
import { brandingFileStore } from './branding/branding-file.store.ts'
import { brokerIssuanceStore } from './broker-issuance/broker-issuance.store.ts'
import { brokerProviderStore } from './broker-provider/broker-provider.store.ts'
import { clientStore } from './client/client.store.ts'
import { dynamicClientStore } from './client/dynamic-client.store.ts'
import { connectionStore } from './connection/connection.store.ts'
import type { Context, Stores, StoresAcrossTenants, Unit } from './context.ts'
import { counterStore } from './counter/counter.store.ts'
import { tenantFigures } from './dashboard/dashboard.store.ts'
import type { DecisionLog } from './decision/decision-log.ts'
import { delegationGrantStore } from './delegation-grant/delegation-grant.store.ts'
import { devInboxStore } from './dev-inbox/dev-inbox.store.ts'
import { deviceAuthorizationStore } from './device-authorization/device-authorization.store.ts'
import { directoryStore } from './directory/directory.store.ts'
import { emailDomainStore } from './email-domain/email-domain.store.ts'
import { eventStore } from './event/event.store.ts'
import { eventsAcrossTenants } from './event/event-across-tenants.store.ts'
import { eventPurgeStore } from './event/event-purge.store.ts'
import { flowStore } from './flow/flow.store.ts'
import { flowRunStore } from './flow/flow-run.store.ts'
import { frontingLinkStore } from './fronting-link/fronting-link.store.ts'
import { grantStore } from './grant/grant.store.ts'
import { groupStore } from './group/group.store.ts'
import { groupsAcrossTenants } from './group/group-across-tenants.store.ts'
import { idempotencyKeyStore } from './idempotency-key/idempotency-key.store.ts'
import { identityProviderStore } from './identity-provider/identity-provider.store.ts'
import { identityProvidersAcrossTenants } from './identity-provider/identity-provider-across-tenants.store.ts'
import { initialAccessTokenStore } from './initial-access-token/initial-access-token.store.ts'
import { issuanceStore } from './issuance/issuance.store.ts'
import { linkedAccountStore } from './linked-account/linked-account.store.ts'
import { logoutDeliveryStore } from './logout-delivery/logout-delivery.store.ts'
import { mailStore } from './mail/mail.store.ts'
import { mailDayStore } from './mail-settings/mail-day.store.ts'
import { mailSettingsStore } from './mail-settings/mail-settings.store.ts'
import { mailTemplateStore } from './mail-template/mail-template.store.ts'
import { sealedStore } from './master-key/sealed.store.ts'
import { oneTimeTokenStore } from './one-time-token/one-time-token.store.ts'
import { invitationStore } from './organization/invitation.store.ts'
import { organizationStore } from './organization/organization.store.ts'
import type { Clock, Crypto, Host, Limiter, LogReads, Network, Random } from './outside.ts'
import { partnerStore } from './partner/partner.store.ts'
import { uniqueValueStore } from './profile-attribute/unique-value.store.ts'
import { projectStore } from './project/project.store.ts'
import { projectKeyStore } from './project/project-key.store.ts'
import { realmAttackStore } from './proof-of-work/realm-attack.store.ts'
import type { ProxyControl } from './proxy/proxy-control.ts'
import { proxyRuleStore } from './proxy-rule/proxy-rule.store.ts'
import { proxySiteStore } from './proxy-site/proxy-site.store.ts'
import { purgeStore } from './purge/purge.store.ts'
import { realmStore } from './realm/realm.store.ts'
import { refusalStore } from './refusal/refusal.store.ts'
import type { Registry } from './registry.ts'
import { rememberedDeviceStore } from './remembered-device/remembered-device.store.ts'
import { resourceStore } from './resource/resource.store.ts'
import { revocationStore } from './revocation/revocation.store.ts'
import { roleStore } from './role/role.store.ts'
import { rolePermissionStore } from './role-permission/role-permission.store.ts'
import { sessionStore } from './session/session.store.ts'
import { sessionsAcrossTenants } from './session/session-across-tenants.store.ts'
import { settingStore } from './setting/setting.store.ts'
import { signingKeyStore } from './signing-key/signing-key.store.ts'
import { smsSettingsStore } from './sms-settings/sms-settings.store.ts'
import { subjectMappingStore } from './subject-mapping/subject-mapping.store.ts'
import { boundTenantStore } from './tenant/bound-tenant.store.ts'
import { tenantStore } from './tenant/tenant.store.ts'
import { termsAcceptanceStore } from './terms/terms-acceptance.store.ts'
import { tokenFamilyStore } from './token-family/token-family.store.ts'
import { trustedIssuerStore } from './trusted-issuer/trusted-issuer.store.ts'
import { userStore } from './user/user.store.ts'
import { usersAcrossTenants } from './user/user-across-tenants.store.ts'
import { deliveryStore } from './webhook/delivery.store.ts'
import { webhookStore } from './webhook/webhook.store.ts'
import { webhookQueueStore } from './webhook/webhook-queue.store.ts'

/** The parts that all contexts of a server share. */
export interface Services {
  readonly database: Database
  readonly clock: Clock
  readonly random: Random
  readonly crypto: Crypto
  readonly network: Network
  readonly limiter: Limiter
  readonly host: Host
  readonly registry: Registry
  readonly decisions: DecisionLog
  /** The reverse proxy of this process; absent where it is off. */
  readonly proxy?: ProxyControl | undefined
  /** Where there is none, reads of logs run as all other operations do. */
  readonly logReads?: LogReads
}

/** A context for one request of one actor, with a scope. */
export function openContext(services: Services, actor: Actor, scope: Scope): Context {
  const { database, clock, random, crypto, network, limiter, registry } = services
  return {
    actor,
    scope,
    clock,
    random,
    crypto,
    network,
    limiter,
    registry,
    process: services,
    read: readStores(database.read, scope.tenantId),
    write: (work) => database.write((connection) => work(new WriteSet(connection, services, actor, scope))),
  }
}

/** Tenants whose stores are kept, for each connection. */
const KEPT_TENANTS = 1000

// Stores have no state but their connection and their tenant, so that requests of a tenant share them.
const keptStores = new WeakMap<Connection, LRUCache<string, StoreSet>>()

function readStores(connection: Connection, tenantId: string): StoreSet {
  let tenants = keptStores.get(connection)
  if (tenants === undefined) {
    tenants = new LRUCache<string, StoreSet>({ max: KEPT_TENANTS })
    keptStores.set(connection, tenants)
  }
  const kept = tenants.get(tenantId)
  if (kept !== undefined) return kept
  const stores = new StoreSet(connection, tenantId)
  tenants.set(tenantId, stores)
  return stores
}

// A store is created when it is first used, because most requests use two or three.
class StoreSet implements Stores {
  protected readonly connection: Connection
  protected readonly tenantId: string
  readonly #made: Partial<Record<keyof Stores, unknown>> = {}

  constructor(connection: Connection, tenantId: string) {
    this.connection = connection
    this.tenantId = tenantId
  }

  #of<Name extends keyof Stores>(name: Name, make: (connection: Connection, tenantId: string) => Stores[Name]) {
    this.#made[name] ??= make(this.connection, this.tenantId)
    return this.#made[name] as Stores[Name]
  }

  get acrossTenants() {
    return this.#of('acrossTenants', (connection) => new AcrossTenants(connection))
  }
  get tenant() {
    return this.#of('tenant', boundTenantStore)
  }
  get directories() {
    return this.#of('directories', directoryStore)
  }
  get realms() {
    return this.#of('realms', realmStore)
  }
  get realmAttacks() {
    return this.#of('realmAttacks', realmAttackStore)
  }
  get brandings() {
    return this.#of('brandings', brandingStore)
  }
  get brandingFiles() {
    return this.#of('brandingFiles', brandingFileStore)
  }
  get projects() {
    return this.#of('projects', projectStore)
  }
  get projectKeys() {
    return this.#of('projectKeys', projectKeyStore)
  }
  get users() {
    return this.#of('users', userStore)
  }
  get authenticators() {
    return this.#of('authenticators', authenticatorStore)
  }
  get linkedAccounts() {
    return this.#of('linkedAccounts', linkedAccountStore)
  }
  get devInbox() {
    return this.#of('devInbox', devInboxStore)
  }
  get mailDays() {
    return this.#of('mailDays', mailDayStore)
  }
  get mailSettings() {
    return this.#of('mailSettings', mailSettingsStore)
  }
  get smsSettings() {
    return this.#of('smsSettings', smsSettingsStore)
  }
  get mailTemplates() {
    return this.#of('mailTemplates', mailTemplateStore)
  }
  get rememberedDevices() {
    return this.#of('rememberedDevices', rememberedDeviceStore)
  }
  get termsAcceptances() {
    return this.#of('termsAcceptances', termsAcceptanceStore)
  }
  get uniqueValues() {
    return this.#of('uniqueValues', uniqueValueStore)
  }
  get groups() {
    return this.#of('groups', groupStore)
  }
  get organizations() {
    return this.#of('organizations', organizationStore)
  }
  get invitations() {
    return this.#of('invitations', invitationStore)
  }
  get roles() {
    return this.#of('roles', roleStore)
  }
  get rolePermissions() {
    return this.#of('rolePermissions', rolePermissionStore)
  }
  get applications() {
    return this.#of('applications', applicationStore)
  }
  get clients() {
    return this.#of('clients', clientStore)
  }
  get dynamicClients() {
    return this.#of('dynamicClients', dynamicClientStore)
  }
  get emailDomains() {
    return this.#of('emailDomains', emailDomainStore)
  }

  get initialAccessTokens() {
    return this.#of('initialAccessTokens', initialAccessTokenStore)
  }
  get agents() {
    return this.#of('agents', agentStore)
  }
  get identityProviders() {
    return this.#of('identityProviders', identityProviderStore)
  }
  get flows() {
    return this.#of('flows', flowStore)
  }
  get flowRuns() {
    return this.#of('flowRuns', flowRunStore)
  }
  get resources() {
    return this.#of('resources', resourceStore)
  }
  get signingKeys() {
    return this.#of('signingKeys', signingKeyStore)
  }
  get sessions() {
    return this.#of('sessions', sessionStore)
  }
  get grants() {
    return this.#of('grants', grantStore)
  }
  get delegationGrants() {
    return this.#of('delegationGrants', delegationGrantStore)
  }
  get brokerProviders() {
    return this.#of('brokerProviders', brokerProviderStore)
  }
  get brokerIssuances() {
    return this.#of('brokerIssuances', brokerIssuanceStore)
  }
  get connections() {
    return this.#of('connections', connectionStore)
  }
  get trustedIssuers() {
    return this.#of('trustedIssuers', trustedIssuerStore)
  }
  get frontingLinks() {
    return this.#of('frontingLinks', frontingLinkStore)
  }
  get subjectMappings() {
    return this.#of('subjectMappings', subjectMappingStore)
  }
  get proxySites() {
    return this.#of('proxySites', proxySiteStore)
  }
  get proxyRules() {
    return this.#of('proxyRules', proxyRuleStore)
  }
  get issuances() {
    return this.#of('issuances', issuanceStore)
  }
  get tokenFamilies() {
    return this.#of('tokenFamilies', tokenFamilyStore)
  }
  get revocations() {
    return this.#of('revocations', revocationStore)
  }
  get oneTimeTokens() {
    return this.#of('oneTimeTokens', oneTimeTokenStore)
  }
  get deviceAuthorizations() {
    return this.#of('deviceAuthorizations', deviceAuthorizationStore)
  }
  get backchannelAuthentications() {
    return this.#of('backchannelAuthentications', backchannelAuthenticationStore)
  }
  get apiKeys() {
    return this.#of('apiKeys', apiKeyStore)
  }
  get webhooks() {
    return this.#of('webhooks', webhookStore)
  }
  get webhookQueues() {
    return this.#of('webhookQueues', webhookQueueStore)
  }
  get webhookDeliveries() {
    return this.#of('webhookDeliveries', deliveryStore)
  }
  get logoutDeliveries() {
    return this.#of('logoutDeliveries', logoutDeliveryStore)
  }
  get mails() {
    return this.#of('mails', mailStore)
  }
  get eventPurges() {
    return this.#of('eventPurges', eventPurgeStore)
  }
  get refusals() {
    return this.#of('refusals', refusalStore)
  }
  get events() {
    return this.#of('events', eventStore)
  }
  get tenantFigures() {
    return this.#of('tenantFigures', tenantFigures)
  }
  get settings() {
    return this.#of('settings', settingStore)
  }
  get idempotencyKeys() {
    return this.#of('idempotencyKeys', idempotencyKeyStore)
  }
}

// No tenant is known here, so that a store of this set can be bound only by a reach.
class AcrossTenants implements StoresAcrossTenants {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get partners() {
    return partnerStore(this.#connection)
  }
  get tenants() {
    return tenantStore(this.#connection)
  }
  get users() {
    return usersAcrossTenants(this.#connection)
  }
  get groups() {
    return groupsAcrossTenants(this.#connection)
  }
  get applications() {
    return applicationsAcrossTenants(this.#connection)
  }
  get agents() {
    return agentsAcrossTenants(this.#connection)
  }
  get identityProviders() {
    return identityProvidersAcrossTenants(this.#connection)
  }
  get sessions() {
    return sessionsAcrossTenants(this.#connection)
  }
  get events() {
    return eventsAcrossTenants(this.#connection)
  }
  get counters() {
    return counterStore(this.#connection)
  }
  get purges() {
    return purgeStore(this.#connection)
  }

  get sealedTexts() {
    return sealedStore(this.#connection)
  }
}

class WriteSet extends StoreSet implements Unit {
  readonly #services: Services
  readonly #actor: Actor
  readonly #scope: Scope
  readonly #connection: WriteConnection

  constructor(connection: WriteConnection, services: Services, actor: Actor, scope: Scope) {
    super(connection, scope.tenantId)
    this.#connection = connection
    this.#services = services
    this.#actor = actor
    this.#scope = scope
  }

  within = (tenantId: string): Unit => new WriteSet(this.#connection, this.#services, this.#actor, { tenantId })

  emit = (type: EventType, detail: EventDetail): void => {
    const actor = detail.actor ?? this.#actor
    const { origin } = this.#actor
    const draft: EventDraft = {
      id: this.#services.random.id(),
      tenant_id: detail.tenantId ?? this.tenantId,
      type,
      occurred_at: this.#services.clock.now(),
      actor_kind: actor.kind,
      actor_id: actor.id,
      actor_label: actor.label ?? null,
      subject_type: detail.subject.type,
      subject_id: detail.subject.id,
      subject_label: detail.subject.label ?? null,
      realm_id: detail.realmId ?? this.#scope.realm?.id ?? null,
      result: detail.result ?? 'success',
      ip: origin.ip,
      user_agent: origin.userAgent,
      request_id: origin.requestId,
      surface: origin.surface,
      data: detail.data ? JSON.stringify(detail.data) : '{}',
    }
    this.#connection.appendEvent(draft)
  }

  issue: Unit['issue'] = (issuance) => {
    const { ip, userAgent, requestId, surface } = this.#actor.origin
    this.#connection.appendToken({ ...issuance, ip, user_agent: userAgent, request_id: requestId, surface })
  }
}
