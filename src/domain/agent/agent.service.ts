import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { applicationNamed } from '../application/application.service.ts'
import { AGENT_APPLICATION } from '../application/application.ts'
import {
  addClient,
  changeClient,
  changeStatus,
  prepareClient,
  removeClient,
  rotateClientSecret,
} from '../client/client.service.ts'
import type { Client } from '../client/client.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { resourceIdentifiers } from '../resource/resource.service.ts'
import { checkAmong } from '../tenant/among.ts'
import { givenOnly } from '../update.ts'
import {
  type Agent,
  type AgentPatch,
  type AgentSurvey,
  type AgentView,
  type AgentWithSecret,
  type NewAgent,
  viewAgent,
} from './agent.ts'

/** How a client of an agent stands: whatever else is in the realm, an agent is its tenant’s. */
const STANDING = { level: 'tenant', partnerId: null, type: null } as const

/**
 * Creates an agent with its client. The secret is in this answer and never again.
 * @throws Failure `not_found` for an unknown owner, `invalid_target`, `invalid_input` for scopes that no agent may have
 */
export async function createAgent(context: Context, input: NewAgent): Promise<AgentWithSecret> {
  const { name, allowedScopes, audiences, ...own } = input
  const { client: prepared, secret } = prepareClient(context, {
    label: name,
    authMethod: 'client_secret',
    grantTypes: ['client_credentials'],
    scopes: allowedScopes,
    audiences,
    redirectUris: [],
    postLogoutRedirectUris: [],
    jwksUri: null,
    jwks: null,
    firstParty: false,
    accessTokenLifetime: null,
    refreshTokenLifetime: null,
    allowedOrigins: [],
    tokenExchangeAllowed: false,
  })
  const id = context.random.id()
  return context.write(async (unit) => {
    await checkOwner(context, unit, own.ownerId)
    const application = await applicationNamed(unit, context, AGENT_APPLICATION, { limited: false })
    const client = await addClient(context, unit, prepared, application)
    await unit.agents.insert({ ...own, id, client })
    const agent: Agent = { ...own, id, client, lastUsedAt: null }
    tell(unit, 'agent.created', agent)
    return { ...viewAgent(agent), ...(secret !== undefined && { clientSecret: secret }) }
  })
}

/** One numbered page of the agents within reach, oldest first. @throws Failure `access_denied` for a filter out of reach */
export async function surveyAgents(
  context: Context,
  query: AgentSurvey,
): Promise<{ data: AgentView[]; total: number }> {
  await checkAmong(context, query)
  const { data, total } = await context.read.agents.survey(context.actor.reach, query)
  return { data: data.map(viewAgent), total }
}

/** @throws Failure `not_found` */
export async function getAgent(context: Context, { id }: { id: string }): Promise<AgentView> {
  return viewAgent(await found(context, context.read, id))
}

/**
 * Changes an agent and its client, both or neither. Suspending it revokes what it was issued.
 * @throws Failure `not_found`, `invalid_target`, `invalid_input`, `precondition_failed`
 */
export async function updateAgent(
  context: Context,
  { id, ifVersion, name, allowedScopes, audiences, status, ...patch }: AgentPatch,
): Promise<AgentView> {
  const { id: realmId } = realmOf(context.scope)
  return context.write(async (unit) => {
    await unit.agents.lock(realmId, id)
    const before = await found(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.client.version) throw new Failure('precondition_failed')
    const given = givenOnly(patch)
    await checkOwner(context, unit, given.ownerId ?? null)
    const change: Partial<Client> = {
      ...givenOnly({ label: name, scopes: allowedScopes }),
      ...(audiences && { audiences: await resourceIdentifiers(unit, audiences, context.registry.settings) }),
    }
    const client = await changeClient(context, unit, { client: before.client, standing: STANDING }, change)
    const agent: Agent = { ...before, ...given, client }
    await unit.agents.update(agent)
    const changed = [...Object.keys(change), ...Object.keys(given)]
    if (changed.length > 0) tell(unit, 'agent.updated', agent, { changed })
    return viewAgent(status === undefined ? agent : await withStatus(context, unit, agent, status))
  })
}

/** Gives an agent a new secret; the old one stops working at once. @throws Failure `not_found` */
export async function rotateAgentSecret(context: Context, { id }: { id: string }): Promise<AgentWithSecret> {
  const { client } = await found(context, context.read, id)
  const { clientSecret } = await rotateClientSecret(context, { id: client.id })
  return { ...(await getAgent(context, { id })), ...(clientSecret !== undefined && { clientSecret }) }
}

/** Deletes an agent with its client, and revokes what it was issued. @throws Failure `not_found` */
export async function deleteAgent(context: Context, { id }: { id: string }): Promise<void> {
  await context.write(async (unit) => {
    const agent = await found(context, unit, id)
    await removeClient(context, unit, agent.client)
  })
}

async function withStatus(context: Context, unit: Unit, before: Agent, status: Client['status']): Promise<Agent> {
  if (before.client.status === status) return before
  const agent = { ...before, client: await changeStatus(context, unit, before.client, status) }
  if (status === 'suspended') {
    // The families first: a refresh that is under way ends before that, and its token is there to be revoked.
    const now = context.clock.now()
    await unit.tokenFamilies.revokeWhere({ clientId: agent.client.id }, now)
    await unit.issuances.revokeWhere({ clientId: agent.client.id }, now)
  }
  tell(unit, status === 'active' ? 'agent.reactivated' : 'agent.suspended', agent)
  return agent
}

async function checkOwner({ scope }: Pick<Context, 'scope'>, { users }: Stores, ownerId: string | null): Promise<void> {
  if (ownerId === null || (await users.find(realmOf(scope).directoryId, ownerId))) return
  throw new Failure('not_found', 'There is no such user.')
}

async function found({ scope }: Pick<Context, 'scope'>, { agents }: Stores, id: string): Promise<Agent> {
  const agent = await agents.find(realmOf(scope).id, id)
  if (!agent) throw new Failure('not_found')
  return agent
}

function tell(unit: Unit, type: EventType, { id, client }: Agent, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'agent', id },
    realmId: client.realmId,
    data: { clientId: client.clientId, name: client.label, ...data },
  })
}
