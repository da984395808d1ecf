// Makes contexts: binds the stores to a tenant, and a write's events to who caused them.
import type { Connection, Database, EventDraft, WriteConnection } from '#database/database.ts'
import type { EventDetail, EventType } from '#kernel/event.ts'
import { agentStore } from './agent/agent.store.ts'
import { apiKeyStore } from './api-key/api-key.store.ts'
import { applicationStore } from './application/application.store.ts'
import { clientStore } from './client/client.store.ts'
import type { Actor, Context, Scope, Stores, Unit } from './context.ts'
import { counterStore } from './counter/counter.store.ts'
import { deviceAuthorizationStore } from './device-authorization/device-authorization.store.ts'
import { directoryStore } from './directory/directory.store.ts'
import { eventStore } from './event/event.store.ts'
import { grantStore } from './grant/grant.store.ts'
import { groupStore } from './group/group.store.ts'
import { idempotencyKeyStore } from './idempotency-key/idempotency-key.store.ts'
import { identityProviderStore } from './identity-provider/identity-provider.store.ts'
import { issuanceStore } from './issuance/issuance.store.ts'
import { mailStore } from './mail/mail.store.ts'
import { oneTimeTokenStore } from './one-time-token/one-time-token.store.ts'
import { invitationStore } from './organization/invitation.store.ts'
import { organizationStore } from './organization/organization.store.ts'
import type { Clock, Crypto, Limiter, Network, Random } from './outside.ts'
import { partnerStore } from './partner/partner.store.ts'
import { projectStore } from './project/project.store.ts'
import { projectKeyStore } from './project/project-key.store.ts'
import { realmStore } from './realm/realm.store.ts'
import type { Registry } from './registry.ts'
import { resourceStore } from './resource/resource.store.ts'
import { roleStore } from './role/role.store.ts'
import { sessionStore } from './session/session.store.ts'
import { settingStore } from './setting/setting.store.ts'
import { signingKeyStore } from './signing-key/signing-key.store.ts'
import { tenantStore } from './tenant/tenant.store.ts'
import { tokenFamilyStore } from './token-family/token-family.store.ts'
import { userStore } from './user/user.store.ts'
import { deliveryStore } from './webhook/delivery.store.ts'
import { webhookStore } from './webhook/webhook.store.ts'
import { webhookQueueStore } from './webhook/webhook-queue.store.ts'

/** What all contexts of a server share. */
export interface House {
  readonly database: Database
  readonly clock: Clock
  readonly random: Random
  readonly crypto: Crypto
  readonly network: Network
  readonly limiter: Limiter
  readonly registry: Registry
}

/** A context for one request of one actor about one tenant. */
export function openContext(house: House, actor: Actor, scope: Scope): Context {
  const { database, clock, random, crypto, network, limiter, registry } = house
  return {
    actor,
    scope,
    clock,
    random,
    crypto,
    network,
    limiter,
    registry,
    read: new StoreSet(database.read, scope.tenantId),
    write: (work) => database.write((connection) => work(new WriteSet(connection, house, actor, scope))),
  }
}

// Each store is made when it is first asked for: most requests touch two or three.
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

  get partners() {
    return this.#of('partners', partnerStore)
  }
  get tenants() {
    return this.#of('tenants', tenantStore)
  }
  get directories() {
    return this.#of('directories', directoryStore)
  }
  get realms() {
    return this.#of('realms', realmStore)
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
  get applications() {
    return this.#of('applications', applicationStore)
  }
  get clients() {
    return this.#of('clients', clientStore)
  }
  get agents() {
    return this.#of('agents', agentStore)
  }
  get identityProviders() {
    return this.#of('identityProviders', identityProviderStore)
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
  get issuances() {
    return this.#of('issuances', issuanceStore)
  }
  get tokenFamilies() {
    return this.#of('tokenFamilies', tokenFamilyStore)
  }
  get oneTimeTokens() {
    return this.#of('oneTimeTokens', oneTimeTokenStore)
  }
  get deviceAuthorizations() {
    return this.#of('deviceAuthorizations', deviceAuthorizationStore)
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
  get mails() {
    return this.#of('mails', mailStore)
  }
  get events() {
    return this.#of('events', eventStore)
  }
  get counters() {
    return this.#of('counters', counterStore)
  }
  get settings() {
    return this.#of('settings', settingStore)
  }
  get idempotencyKeys() {
    return this.#of('idempotencyKeys', idempotencyKeyStore)
  }
}

class WriteSet extends StoreSet implements Unit {
  readonly #house: House
  readonly #actor: Actor
  readonly #scope: Scope
  readonly #connection: WriteConnection

  constructor(connection: WriteConnection, house: House, actor: Actor, scope: Scope) {
    super(connection, scope.tenantId)
    this.#connection = connection
    this.#house = house
    this.#actor = actor
    this.#scope = scope
  }

  within = (tenantId: string): Unit => new WriteSet(this.#connection, this.#house, this.#actor, { tenantId })

  emit = (type: EventType, detail: EventDetail): void => {
    const actor = detail.actor ?? this.#actor
    const { origin } = this.#actor
    const draft: EventDraft = {
      id: this.#house.random.id(),
      tenant_id: detail.tenantId ?? this.tenantId,
      type,
      occurred_at: this.#house.clock.now(),
      actor_kind: actor.kind,
      actor_id: actor.id,
      actor_label: actor.label ?? null,
      subject_type: detail.subject.type,
      subject_id: detail.subject.id,
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

  issue: Unit['issue'] = (issuance) => this.#connection.appendIssuance(issuance)
}
