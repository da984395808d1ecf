import * as z from 'zod'
import { agentCreate, agentDelete, agentGet, agentSurvey, agentUpdate } from '#domain/agent/agent.operations.ts'
import { AgentPatch, AgentSurvey, type AgentView, type AgentWithSecret, NewAgent } from '#domain/agent/agent.ts'
import { CLIENT_STATUSES } from '#domain/client/client.ts'
import { renderId } from '#kernel/id.ts'
import type { Route } from '../surface.ts'
import {
  acrossTenants,
  homeAsked,
  idIn,
  listOf,
  listSchema,
  PageParameters,
  pageOf,
  row,
  single,
  staysIn,
  timeOut,
  wordIn,
} from './row.ts'

const patch = AgentPatch.shape
const fields = {
  name: patch.name,
  description: patch.description,
  agent_type: patch.type,
  allowed_tools: patch.allowedTools,
  allowed_scopes: patch.allowedScopes,
  rate_limit_rpm: patch.rateLimitRpm,
  owner_id: idIn('user').nullable().optional().describe('Who answers for it.'),
}
const tenant_id = idIn('tenant').optional()
const Create = z.object({ ...fields, name: NewAgent.shape.name, tenant_id })
const Update = z.object({
  ...fields,
  status: wordIn(CLIENT_STATUSES).optional(),
  tenant_id: tenant_id.describe('The one that the agent is of.'),
})
const List = PageParameters.extend({
  tenant_id,
  partner_id: idIn('partner').optional(),
  status: wordIn(CLIENT_STATUSES).optional(),
  agent_type: AgentSurvey.shape.type,
  search: AgentSurvey.shape.search,
})

const nullable = z.string().nullable()
const Agent = z.object({
  id: z.string(),
  tenant_id: z.string(),
  name: z.string(),
  description: nullable,
  agent_type: z.string(),
  status: z.enum(['ACTIVE', 'SUSPENDED']),
  client_id: z.string(),
  allowed_tools: z.array(z.string()).nullable(),
  allowed_scopes: z.array(z.string()),
  rate_limit_rpm: z.number().int().nullable(),
  owner_id: nullable,
  last_used_at: nullable,
  created_at: z.string(),
  updated_at: z.string(),
})
const AgentSecretShown = Agent.extend({ client_secret: z.string().optional().describe('Shown this once.') })

function shown(agent: AgentView): z.output<typeof Agent> {
  return {
    id: renderId('agent', agent.id),
    tenant_id: renderId('tenant', agent.tenantId),
    name: agent.name,
    description: agent.description,
    agent_type: agent.type,
    status: agent.status === 'active' ? 'ACTIVE' : 'SUSPENDED',
    client_id: agent.clientId,
    allowed_tools: agent.allowedTools,
    allowed_scopes: agent.allowedScopes,
    rate_limit_rpm: agent.rateLimitRpm,
    owner_id: agent.ownerId === null ? null : renderId('user', agent.ownerId),
    last_used_at: timeOut(agent.lastUsedAt),
    created_at: timeOut(agent.createdAt) ?? '',
    updated_at: timeOut(agent.updatedAt) ?? '',
  }
}

function taken(body: z.output<typeof Update>): object {
  return {
    name: body.name,
    description: body.description,
    type: body.agent_type,
    allowedTools: body.allowed_tools,
    allowedScopes: body.allowed_scopes,
    rateLimitRpm: body.rate_limit_rpm,
    ownerId: body.owner_id,
  }
}

// The domain’s client has scopes where the agent has allowed ones.
const names = { type: 'agent_type', scopes: 'allowed_scopes' }
const its: Route['scope'] = async ({ params }, places) => places.of('agent', params.id)
const one = { scope: its, replySchema: Agent, reply: (agent: AgentView) => single(shown(agent)), names }
const id = ({ params }: { params: Readonly<Record<string, string>> }) => ({ id: params.id })

/** Agents: clients with limits (ScaiKey, “MCP agents”). */
export const agentRoutes: readonly Route[] = [
  row('GET /api/v1/admin/agents', agentSurvey, {
    scope: acrossTenants,
    query: List,
    input: ({ query: { tenant_id: tenantId, partner_id: partnerId, agent_type, status, search, ...page } }) => ({
      ...pageOf(page),
      tenantId,
      partnerId,
      type: agent_type,
      status,
      search,
    }),
    reply: (page, { query }) => listOf(page, query, shown),
    replySchema: listSchema(Agent),
  }),
  row('POST /api/v1/admin/agents', agentCreate, {
    scope: homeAsked,
    names,
    status: 201,
    body: Create,
    input: ({ body }) => taken(body),
    reply: ({ clientSecret, ...agent }: AgentWithSecret) =>
      single({ ...shown(agent), ...(clientSecret !== undefined && { client_secret: clientSecret }) }),
    replySchema: AgentSecretShown,
  }),
  row('GET /api/v1/admin/agents/{id}', agentGet, { ...one, input: id }),
  row('PATCH /api/v1/admin/agents/{id}', agentUpdate, {
    ...one,
    scope: staysIn(its),
    body: Update,
    input: ({ params, body }) => ({ ...taken(body), status: body.status, id: params.id }),
  }),
  row('DELETE /api/v1/admin/agents/{id}', agentDelete, { scope: its, input: id }),
]
