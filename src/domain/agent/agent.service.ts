// Decides about agents: creates, changes and deletes them together with their clients.
import { changeBetween } from '#kernel/change.ts'
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { applicationNamed } from '../application/application.service.ts'
import { AGENT_APPLICATION } from '../application/application.ts'
import {
  addClient,
  changeClient,
  changeStatus,
  prepareClient,
  removeClient,
  rotateClientSecret,
  touchClient,
} from '../client/client.service.ts'
import { type Client, ClientFields } from '../client/client.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { resourceIdentifiers } from '../resource/resource.service.ts'
import { endAll } from '../revocation/end-all.ts'
import { checkTenantFilter } from '../tenant/tenant-filter.service.ts'
import { definedOnly } from '../update.ts'
import {
  AGENT_TOLD,
  type Agent,
  type AgentPatch,
  type AgentQuery,
  type AgentView,
  type AgentWithSecret,
  type NewAgent,
  viewAgent,
} from './agent.ts'
import { thumbprintOfKey } from './agent-key.service.ts'

/** The level of an agent's client is always `tenant`. */
const OWNERSHIP = { level: 'tenant', partnerId: null, type: null } as const

/**
 * Creates an agent with its client. Only this response contains the secret.
 * @throws Failure `not_found` for an unknown owner, `invalid_target`, `invalid_input` for scopes that agents cannot
 *   have
 */
export async function createAgent(context: Context, input: NewAgent): Promise<AgentWithSecret> {
  const { name, allowedScopes, audiences, publicJwk, ...given } = input
  const dpopJkt = publicJwk === undefined ? null : thumbprintOfKey(context, publicJwk)
  const own = { ...given, dpopJkt }
  const { client: prepared, secret } = prepareClient(context, {
    ...ClientFields.initial,
    label: name,
    grantTypes: ['client_credentials'],
    scopes: allowedScopes,
    audiences,
  })
  const id = context.random.id()
  return context.write(async (unit) => {
    await checkOwner(context, unit, own.ownerId)
    const application = await applicationNamed(unit, context, AGENT_APPLICATION, { limited: false })
    const client = await addClient(context, unit, prepared, application)
    await unit.agents.insert({ ...own, id, client })
    const agent: Agent = { ...own, id, client, lastUsedAt: null }
    emitEvent(unit, 'agent.created', agent)
    return { ...viewAgent(agent), ...(secret !== undefined && { clientSecret: secret }) }
  })
}

/**
 * One page of the realm's agents; of those at every tenant's own realm within reach where the request names no realm.
 * @throws Failure `access_denied` for a tenant or partner beyond the reach
 */
export async function listAgents(context: Context, query: AgentQuery): Promise<Page<AgentView>> {
  const { read, actor, scope } = context
  await checkTenantFilter(context, query)
  const page = scope.realm
    ? await read.agents.list(scope.realm.id, query)
    : await read.acrossTenants.agents.list(actor.reach, query)
  return mapPage(page, viewAgent)
}

/** @throws Failure `not_found` */
export async function getAgent(context: Context, { id }: { id: string }): Promise<AgentView> {
  return viewAgent(await requireAgent(context, context.read, id))
}

/**
 * Changes an agent and its client in one write. Suspension revokes the agent's tokens.
 * @throws Failure `not_found`, `invalid_target`, `invalid_input`, `precondition_failed`
 */
export async function updateAgent(
  context: Context,
  { id, ifVersion, name, allowedScopes, audiences, status, ...patch }: AgentPatch,
): Promise<AgentView> {
  const { id: realmId } = realmOf(context.scope)
  return context.write(async (unit) => {
    await unit.agents.lock(realmId, id)
    const before = await requireAgent(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.client.version) throw new Failure('precondition_failed')
    const changes = definedOnly(patch)
    await checkOwner(context, unit, changes.ownerId ?? null)
    const change: Partial<Client> = {
      ...definedOnly({ label: name, scopes: allowedScopes }),
      ...(audiences && { audiences: await resourceIdentifiers(unit, audiences, context.registry.settings) }),
    }
    const difference = changeBetween(
      AGENT_TOLD,
      viewAgent(before),
      viewAgent({ ...before, ...changes, client: { ...before.client, ...change } }),
    )
    let agent: Agent = before
    if (difference) {
      const changed = await changeClient(context, unit, { client: before.client, ownership: OWNERSHIP }, change)
      // The agent has the version of its client.
      const client = changed === before.client ? await touchClient(context, unit, changed) : changed
      agent = { ...before, ...changes, client }
      await unit.agents.update(agent)
      emitEvent(unit, 'agent.updated', agent, { ...difference })
    }
    return viewAgent(status === undefined ? agent : await withStatus(context, unit, agent, status))
  })
}

/** Gives an agent a new secret; the old one stops working at once. @throws Failure `not_found` */
export async function rotateAgentSecret(context: Context, { id }: { id: string }): Promise<AgentWithSecret> {
  const { client } = await requireAgent(context, context.read, id)
  const { clientSecret } = await rotateClientSecret(context, { id: client.id })
  return { ...(await getAgent(context, { id })), ...(clientSecret !== undefined && { clientSecret }) }
}

/** Deletes an agent with its client, and revokes its tokens. @throws Failure `not_found` */
export async function deleteAgent(context: Context, { id }: { id: string }): Promise<void> {
  await context.write(async (unit) => {
    const agent = await requireAgent(context, unit, id)
    await removeClient(context, unit, agent.client)
  })
}

/** Suspends an agent inside a write, and revokes its tokens. @returns the number of tokens; undefined if it was suspended */
export async function suspendAgent(context: Context, unit: Unit, agent: Agent): Promise<number | undefined> {
  if (agent.client.status === 'suspended') return undefined
  const tokens = await endAll(unit, [{ clientId: agent.client.id }], context.clock.now())
  await withStatus(context, unit, agent, 'suspended')
  return tokens
}

async function withStatus(context: Context, unit: Unit, before: Agent, status: Client['status']): Promise<Agent> {
  if (before.client.status === status) return before
  const agent = { ...before, client: await changeStatus(context, unit, before.client, status) }
  if (status === 'suspended') {
    await endAll(unit, [{ clientId: agent.client.id }], context.clock.now())
  }
  emitEvent(unit, status === 'active' ? 'agent.reactivated' : 'agent.suspended', agent, {
    before: { status: before.client.status },
    after: { status },
  })
  return agent
}

// The owner is held: who suspends or deletes them at the same time waits, and stops the agent too.
async function checkOwner({ scope }: Pick<Context, 'scope'>, { users }: Unit, ownerId: string | null): Promise<void> {
  if (ownerId === null) return
  const { directoryId } = realmOf(scope)
  if (!(await users.lockAll(directoryId, [ownerId])).has(ownerId)) {
    throw new Failure('not_found', 'The user does not exist.')
  }
  if (await users.isActive(directoryId, ownerId)) return
  throw new Failure('conflict', 'The owner is suspended.')
}

async function requireAgent({ scope }: Pick<Context, 'scope'>, { agents }: Stores, id: string): Promise<Agent> {
  const agent = await agents.find(realmOf(scope).id, id)
  if (!agent) throw new Failure('not_found')
  return agent
}

function emitEvent(unit: Unit, type: EventType, { id, client }: Agent, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'agent', id, label: client.label },
    realmId: client.realmId,
    data: { clientId: client.clientId, name: client.label, ...data },
  })
}
