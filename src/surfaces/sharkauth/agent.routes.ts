// The rows for agents.
import * as agents from '#domain/agent/agent.operations.ts'
import { AgentView } from '#domain/agent/agent.ts'
import type { Route } from '../surface.ts'
import { decodeId, ok, representation, row } from './dialect.ts'

const agent = representation(AgentView, { omit: ['version', 'tenantId'], aliases: { name: 'client_name' } })

/** `{id}` is an agent’s id or its client’s. */
const locate: Route['locate'] = async ({ id = '' }, places) => ({ id: await places.agent(decodeId('agent', id)) })

/** Agents (SharkAuth, “Agents”): one row, for what its path may call them. */
export const agentRoutes: readonly Route[] = [row('GET /api/v1/agents/{id}', agents.agentGet, ok(agent), { locate })]
