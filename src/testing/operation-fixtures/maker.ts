// Owns what the inputs of operations refer to.
import { agentCreate } from '#domain/agent/agent.operations.ts'
import { applicationCreate } from '#domain/application/application.operations.ts'
import type { ApplicationView } from '#domain/application/application.ts'
import type { Authenticator } from '#domain/authenticator/authenticator.ts'
import { clientCreate } from '#domain/client/client.operations.ts'
import { groupAddMembers, groupCreate } from '#domain/group/group.operations.ts'
import type { LinkedAccount } from '#domain/linked-account/linked-account.ts'
import { organizationAddMember, organizationCreate } from '#domain/organization/organization.operations.ts'
import { realmCreate } from '#domain/realm/realm.operations.ts'
import type { RememberedDevice } from '#domain/remembered-device/remembered-device.ts'
import { roleAssign, roleCreate } from '#domain/role/role.operations.ts'
import { tenantCreate } from '#domain/tenant/tenant.operations.ts'
import { userCreate } from '#domain/user/user.operations.ts'
import { webhookCreate } from '#domain/webhook/webhook.operations.ts'
import type { AnyOperation } from '#kernel/operation.ts'
import { createAccess } from '../access.ts'
import { setUpTotp } from '../authenticator.ts'
import { anotherRealm, callOperation } from '../domain-fixtures.ts'
import { linkAccountOf } from '../linked-account.ts'
import type { ContextOptions, TestServices } from '../services.ts'

/** One call of an operation: what it is given, and where and by whom it is called. */
export interface Call {
  readonly input: object
  readonly at?: ContextOptions
}

/** Makes what an operation needs and says how it is called. Each time it is run, all that it makes is new. */
export type Fixture = (maker: Maker) => Promise<Call> | Call

/** Fixtures of operations, by their names; several where an operation has several ways. */
export type Fixtures = Readonly<Record<string, Fixture | readonly Fixture[]>>

export const PASSWORD = 'correct horse battery staple'

/** The fixture of an operation that is told an id. @param besides what else it is told */
export function byId(
  make: (maker: Maker) => Promise<{ readonly id: string }>,
  at?: ContextOptions,
  besides: object = {},
): Fixture {
  return async (maker) => ({ input: { ...besides, id: (await make(maker)).id }, ...(at && { at }) })
}

/** Makes things in a services, each with a name of its own, and with what depends on it. */
export class Maker {
  readonly services: TestServices
  #made = 0

  constructor(services: TestServices) {
    this.services = services
  }

  /** A word that nothing is named by yet. */
  word(): string {
    this.#made += 1
    return `thing-${this.#made}`
  }

  /** An address that nobody has yet. */
  email(): string {
    return `${this.word()}@example.com`
  }

  /** Runs an operation as everything-may. */
  run<Op extends AnyOperation>(
    operation: Op,
    input: object = {},
    at?: ContextOptions,
  ): ReturnType<typeof callOperation<Op>> {
    return callOperation(operation, this.services.contextFor(at), input)
  }

  /** A user with a password. */
  user(given: object = {}) {
    return this.run(userCreate, { email: this.email(), name: this.word(), password: PASSWORD, ...given })
  }

  /** An authenticator app of a user, who has recovery codes too. */
  async authenticator(): Promise<Authenticator> {
    const { services } = this
    const { id: userId } = await this.user()
    return (await setUpTotp(services.contextFor(), userId)).authenticator
  }

  /** An account at an identity provider, linked to a user who is signed in. */
  async linkedAccount(): Promise<LinkedAccount> {
    const { id } = await this.user()
    await this.access({ id })
    return linkAccountOf(this.services.contextFor(), id)
  }

  /** A browser of a user that is remembered. */
  async rememberedDevice(): Promise<RememberedDevice> {
    const { clock, random, realm, tenantId } = this.services
    const { id: userId } = await this.user()
    const [id, createdAt] = [random.id(), clock.now()]
    const device: RememberedDevice = {
      ...{ id, tenantId, realmId: realm.id, userId, secretHash: random.secret(), ip: null, userAgent: null },
      ...{ createdAt, lastUsedAt: null, expiresAt: createdAt + 86_400_000 },
    }
    await this.services.contextFor().write((unit) => unit.rememberedDevices.insert(device))
    return device
  }

  /** A user who is signed in, has tokens, has consented, and belongs to a group and to an organization in a role. */
  async busyUser() {
    const user = await this.user()
    await this.access(user)
    const group = await this.group()
    await this.run(groupAddMembers, { id: group.id, userIds: [user.id] })
    const organization = await this.organization()
    await this.run(organizationAddMember, { id: organization.id, userId: user.id })
    await this.run(roleAssign, { id: (await this.role()).id, userId: user.id })
    return user
  }

  /** Gives a user a session, tokens and a consent. @returns the client’s id */
  async access(user: { readonly id: string }, clientId?: string): Promise<string> {
    const { services } = this
    const client = clientId ?? (await this.client()).id
    const place = { realmId: services.realm.id, clientId: client }
    const now = services.clock.now()
    await createAccess(services.database, { id: user.id, tenantId: services.tenantId }, place, now)
    const context = services.contextFor()
    const [session] = await context.read.sessions.openOf(user.id, now, 1)
    if (!session) throw new Error('the session was not made')
    const { id, expiresAt } = session
    await context.write((unit) =>
      unit.emit('session.started', { subject: { type: 'session', id }, data: { renewed: false, expiresAt } }),
    )
    return client
  }

  /** A group of one user. */
  async group() {
    const group = await this.run(groupCreate, { name: this.word() })
    await this.run(groupAddMembers, { id: group.id, userIds: [(await this.user()).id] })
    return group
  }

  /** An organization of one admin. */
  async organization() {
    const made = await this.run(organizationCreate, { name: this.word(), slug: this.word() })
    const member = await this.user()
    await this.run(organizationAddMember, { id: made.id, userId: member.id, role: 'admin' })
    return { ...made, member: member.id }
  }

  /** A role that a user has. */
  async role() {
    const role = await this.run(roleCreate, { name: this.word(), permissions: ['docs:read', 'docs:write'] })
    await this.run(roleAssign, { id: role.id, userId: (await this.user()).id })
    return role
  }

  /** An application. */
  application(): Promise<ApplicationView> {
    return this.run(applicationCreate, { name: this.word() })
  }

  /** A client with a secret. */
  client(given: object = {}) {
    return this.run(clientCreate, { label: this.word(), grantTypes: ['client_credentials'], ...given })
  }

  /** A client that a user has let in. */
  async busyClient() {
    const client = await this.client()
    await this.access(await this.user(), client.id)
    return client
  }

  /** An agent. */
  agent() {
    return this.run(agentCreate, { name: this.word() })
  }

  /** Where another realm of the first tenant is. */
  async anotherRealm(): Promise<ContextOptions> {
    return { realm: await anotherRealm(this.services) }
  }

  /** A tenant with a webhook and a second realm. */
  async tenant() {
    const tenant = await this.run(tenantCreate, { name: this.word(), slug: this.word() }, { realm: null })
    const at = { realm: null, tenantId: tenant.id }
    await this.run(realmCreate, { name: this.word() }, at)
    await this.run(webhookCreate, { url: 'https://hooks.example.com/', events: ['user.*'] }, at)
    return tenant
  }
}
