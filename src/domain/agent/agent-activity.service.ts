// Lists what belongs to an agent: its tokens, who allowed it something, and its events.
import { Failure } from '#kernel/error.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Context } from '../context.ts'
import type { EventWithNames } from '../event/event.ts'
import { withEventNames } from '../event/event-across-tenants.service.ts'
import { type GrantView, viewGrant } from '../grant/grant.ts'
import type { Issuance } from '../issuance/issuance.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Agent, AgentAuthorizationQuery, AgentEventQuery, AgentTokenQuery } from './agent.ts'

/** The tokens that an agent got, newest first. @throws Failure `not_found` */
export async function listAgentTokens(context: Context, { id, ...query }: AgentTokenQuery): Promise<Page<Issuance>> {
  const { client } = await agentOf(context, id)
  const { resource, ...others } = query
  return context.read.issuances.list({ ...others, audience: resource, realmId: client.realmId, clientId: client.id })
}

/** What people allowed an agent, newest first. @throws Failure `not_found` */
export async function listAgentAuthorizations(
  context: Context,
  { id, ...query }: AgentAuthorizationQuery,
): Promise<Page<GrantView>> {
  const { client } = await agentOf(context, id)
  return mapPage(await context.read.grants.list(client.realmId, { ...query, clientId: client.id }), viewGrant)
}

/** The events about an agent and its client, or of what the agent did, newest first. @throws Failure `not_found` */
export async function listAgentEvents(
  context: Context,
  { id, side, ...query }: AgentEventQuery,
): Promise<Page<EventWithNames>> {
  const { client } = await agentOf(context, id)
  const filter = side === 'about' ? { subjectIds: [id, client.id] } : { actorId: client.id }
  const page = await context.read.events.list({ ...query, ...filter })
  return { ...page, data: await withEventNames(context, page.data) }
}

async function agentOf({ read, scope }: Context, id: string): Promise<Agent> {
  const agent = await read.agents.find(realmOf(scope).id, id)
  if (!agent) throw new Failure('not_found')
  return agent
}
