// Agents (ScaiKey, “MCP agents”).
import * as agents from '#domain/agent/agent.operations.ts'
import { AgentView, AgentWithSecret } from '#domain/agent/agent.ts'
import type { Route } from '../surface.ts'
import { created, list, noContent, ok, representation, rows } from './dialect.ts'
import { acrossPartners, inSameTenant, inTenantOfBody, placeOf } from './scope.ts'

const scope = placeOf('agent')
const row = rows({ scope })

const members = { names: { type: 'agent_type' }, omit: ['audiences', 'version', 'expiresAt', 'dpopJkt'] } as const
const agent = representation(AgentView, members)
const newAgent = representation(AgentWithSecret, members)

// The domain’s client has scopes where the agent has allowed ones.
const flawNames = { scopes: 'allowedScopes' } as const

export const agentRoutes: readonly Route[] = [
  row('GET /api/v1/admin/agents', agents.agentList, list(agent), acrossPartners),
  row('POST /api/v1/admin/agents', agents.agentCreate, created(newAgent), { ...inTenantOfBody, flawNames }),
  row('GET /api/v1/admin/agents/{id}', agents.agentGet, ok(agent)),
  row('PATCH /api/v1/admin/agents/{id}', agents.agentUpdate, ok(agent), { ...inSameTenant(scope), flawNames }),
  row('DELETE /api/v1/admin/agents/{id}', agents.agentDelete, noContent),
]
