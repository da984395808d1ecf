import type * as z from 'zod'
import type { IssuanceDraft } from '#database/database.ts'
import type { EventDetail, EventType } from '#kernel/event.ts'
import type { Id } from '#kernel/id.ts'
import { operationsOver, type StreamOperation } from '#kernel/operation.ts'
import type { AgentStore } from './agent/agent.store.ts'
import type { ApiKeyStore } from './api-key/api-key.store.ts'
import type { ApplicationStore } from './application/application.store.ts'
import type { ClientStore } from './client/client.store.ts'
import type { CounterStore } from './counter/counter.store.ts'
import type { DeviceAuthorizationStore } from './device-authorization/device-authorization.store.ts'
import type { DirectoryStore } from './directory/directory.store.ts'
import type { EventStore } from './event/event.store.ts'
import type { GrantStore } from './grant/grant.store.ts'
import type { GroupStore } from './group/group.store.ts'
import type { IdempotencyKeyStore } from './idempotency-key/idempotency-key.store.ts'
import type { IdentityProviderStore } from './identity-provider/identity-provider.store.ts'
import type { IssuanceStore } from './issuance/issuance.store.ts'
import type { MailStore } from './mail/mail.store.ts'
import type { OneTimeTokenStore } from './one-time-token/one-time-token.store.ts'
import type { InvitationStore } from './organization/invitation.store.ts'
import type { OrganizationStore } from './organization/organization.store.ts'
import type { Clock, Crypto, Limiter, Network, Random } from './outside.ts'
import type { PartnerStore } from './partner/partner.store.ts'
import type { ProjectStore } from './project/project.store.ts'
import type { ProjectKeyStore } from './project/project-key.store.ts'
import type { RealmStore } from './realm/realm.store.ts'
import type { Realm } from './realm/realm.ts'
import type { Registry } from './registry.ts'
import type { ResourceStore } from './resource/resource.store.ts'
import type { RoleStore } from './role/role.store.ts'
import type { SessionStore } from './session/session.store.ts'
import type { SettingStore } from './setting/setting.store.ts'
import type { SigningKeyStore } from './signing-key/signing-key.store.ts'
import type { TenantStore } from './tenant/tenant.store.ts'
import type { TokenFamilyStore } from './token-family/token-family.store.ts'
import type { UserStore } from './user/user.store.ts'
import type { DeliveryStore } from './webhook/delivery.store.ts'
import type { WebhookStore } from './webhook/webhook.store.ts'
import type { WebhookQueueStore } from './webhook/webhook-queue.store.ts'

/** What an operation may touch. Everything impure arrives here, so nothing in this room reaches for a global. */
export interface Context {
  readonly actor: Actor
  readonly scope: Scope
  readonly clock: Clock
  readonly random: Random
  readonly crypto: Crypto
  readonly network: Network
  readonly limiter: Limiter
  /** What the issuing path knows without asking the database. */
  readonly registry: Registry
  /** Committed state, of the scope's tenant. */
  readonly read: Stores
  /**
   * One transaction. What it wrote, and the events it emitted, are on disk when this resolves; or neither is. The work may
   * be run again from its start, where one that shared the transaction failed: it changes nothing but through its unit.
   */
  readonly write: <T>(work: (unit: Unit) => Promise<T> | T) => Promise<T>
}

/** Who calls: a key, a person, a client or the server itself. */
export interface Actor {
  readonly kind: 'api_key' | 'user' | 'client' | 'system' | 'anonymous'
  readonly id: string
  /** What a person would call it, for the event log. */
  readonly label: string
  readonly reach: Reach
  readonly permissions: ReadonlySet<string>
  /** Whose admin realm let it in, where one did. */
  readonly tenantId?: Id
  readonly origin: Origin
}

/** How far an actor's hand goes. */
export type Reach =
  | { readonly kind: 'platform' }
  | { readonly kind: 'partner'; readonly partnerId: Id }
  | { readonly kind: 'tenant'; readonly tenantId: Id }
  | { readonly kind: 'realm'; readonly tenantId: Id; readonly realmId: Id }
  | { readonly kind: 'none' }

const WIDTHS = { platform: 4, partner: 3, tenant: 2, realm: 1, none: 0 } as const

/** Whether a hand reaches at least as far as what an operation is for. */
export function reachesFar(held: Reach['kind'], needed: Reach['kind']): boolean {
  return WIDTHS[held] >= WIDTHS[needed]
}

/** Where a request came from, for the event log. */
export interface Origin {
  readonly ip: string | null
  readonly userAgent: string | null
  readonly requestId: string
  readonly surface: string
}

/** What a request is about: always one tenant, and one of its realms where the path names it. */
export interface Scope {
  readonly tenantId: Id
  readonly realm?: Realm
}

/** Everything that is kept, one store for each noun, all bound to one tenant. */
export interface Stores {
  readonly partners: PartnerStore
  readonly tenants: TenantStore
  readonly directories: DirectoryStore
  readonly realms: RealmStore
  readonly projects: ProjectStore
  readonly projectKeys: ProjectKeyStore
  readonly users: UserStore
  readonly groups: GroupStore
  readonly organizations: OrganizationStore
  readonly invitations: InvitationStore
  readonly roles: RoleStore
  readonly applications: ApplicationStore
  readonly clients: ClientStore
  readonly agents: AgentStore
  readonly identityProviders: IdentityProviderStore
  readonly resources: ResourceStore
  readonly signingKeys: SigningKeyStore
  readonly sessions: SessionStore
  readonly grants: GrantStore
  readonly issuances: IssuanceStore
  readonly tokenFamilies: TokenFamilyStore
  readonly oneTimeTokens: OneTimeTokenStore
  readonly deviceAuthorizations: DeviceAuthorizationStore
  readonly apiKeys: ApiKeyStore
  readonly webhooks: WebhookStore
  readonly webhookQueues: WebhookQueueStore
  readonly webhookDeliveries: DeliveryStore
  readonly mails: MailStore
  readonly events: EventStore
  readonly counters: CounterStore
  readonly settings: SettingStore
  readonly idempotencyKeys: IdempotencyKeyStore
}

/** The stores inside one transaction. Events exist only here: none is told without its rows, no rows change untold. */
export interface Unit extends Stores {
  /** The same transaction, for another tenant: for what is done to a tenant from above. */
  readonly within: (tenantId: Id) => Unit
  readonly emit: (type: EventType, detail: EventDetail) => void
  /** Records a token that is about to be handed out. */
  readonly issue: (issuance: IssuanceDraft) => void
}

export const operation = operationsOver<Context>()

/** Checks an operation that streams, as {@link operation} does one that answers once. */
export const streamOperation = <In extends z.ZodType, Out extends z.ZodType>(
  stream: StreamOperation<Context, In, Out>,
): StreamOperation<Context, In, Out> => stream
