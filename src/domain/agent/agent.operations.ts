// The operations on agents.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createAgent, deleteAgent, getAgent, listAgents, rotateAgentSecret, updateAgent } from './agent.service.ts'
import { AgentPatch, AgentQuery, AgentView, AgentWithSecret, NewAgent } from './agent.ts'

const AgentId = z.strictObject({ id: idOf('agent') })

export const agentCreate = operation({
  name: 'agent.create',
  summary: 'Create an agent',
  description:
    'An agent is a client that acts for itself within limits: its scopes, its tools, and its rate of token requests. The secret is shown only in this response.',
  permission: 'agents:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: NewAgent,
  output: AgentWithSecret,
  errors: ['not_found', 'conflict', 'invalid_target'],
  events: ['agent.created', 'client.created', 'application.created'],
  run: createAgent,
})

export const agentList = operation({
  name: 'agent.list',
  summary: 'List agents',
  description:
    'The agents of a realm. Without a realm, the agents in the default realm of each tenant within the reach. Oldest first.',
  permission: 'agents:read',
  reach: 'realm',
  across: true,
  input: AgentQuery,
  output: listOf(AgentView),
  errors: ['not_found', 'access_denied'],
  events: [],
  run: listAgents,
})

export const agentGet = operation({
  name: 'agent.get',
  summary: 'Show an agent',
  permission: 'agents:read',
  reach: 'realm',
  input: AgentId,
  output: AgentView,
  errors: ['not_found'],
  events: [],
  run: getAgent,
})

export const agentUpdate = operation({
  name: 'agent.update',
  summary: 'Change an agent',
  description:
    'Only the given members change; lists are replaced as a whole. Issued tokens do not change. Suspension revokes them.',
  permission: 'agents:write',
  reach: 'realm',
  input: AgentPatch,
  output: AgentView,
  errors: ['not_found', 'conflict', 'invalid_target', 'precondition_failed'],
  events: [
    'agent.updated',
    'agent.suspended',
    'agent.reactivated',
    'client.updated',
    'client.suspended',
    'client.reactivated',
  ],
  run: updateAgent,
})

export const agentRotateSecret = operation({
  name: 'agent.rotate_secret',
  summary: 'Rotate the secret of an agent',
  description: 'The old secret stops working immediately. The new secret is shown only in this response.',
  permission: 'agents:write',
  reach: 'realm',
  irreversible: true,
  freshSignIn: true,
  makesCredentials: true,
  input: AgentId,
  output: AgentWithSecret,
  errors: ['not_found', 'precondition_failed'],
  events: ['client.secret_rotated'],
  run: rotateAgentSecret,
})

export const agentDelete = operation({
  name: 'agent.delete',
  summary: 'Delete an agent',
  description: 'Its client is deleted, too, and its tokens are revoked.',
  permission: 'agents:write',
  reach: 'realm',
  irreversible: true,
  input: AgentId,
  output: z.void(),
  errors: ['not_found'],
  events: ['agent.deleted', 'client.deleted'],
  run: deleteAgent,
})
