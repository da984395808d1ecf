import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { numberedPageOf, PageQuery, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { createAgent, deleteAgent, getAgent, rotateAgentSecret, surveyAgents, updateAgent } from './agent.service.ts'
import { AgentPatch, AgentSurvey, AgentView, AgentWithSecret, NewAgent, viewAgent } from './agent.ts'

const AgentId = z.strictObject({ id: idOf('agent') })

export const agentCreate = operation({
  name: 'agent.create',
  summary: 'Create an agent',
  description:
    'An agent is a client that acts for itself within limits: its scopes, its tools, and how often it asks. It gets its secret in this answer and never again.',
  permission: 'agents:write',
  reach: 'realm',
  input: NewAgent,
  output: AgentWithSecret,
  errors: ['not_found', 'invalid_target'],
  events: ['agent.created', 'client.created', 'application.created'],
  run: createAgent,
})

export const agentList = operation({
  name: 'agent.list',
  summary: 'List a realm’s agents',
  permission: 'agents:read',
  reach: 'realm',
  input: PageQuery,
  output: pageOf(AgentView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, page) => {
    const { data, nextCursor } = await read.agents.list(realmOf(scope).id, page)
    return { data: data.map(viewAgent), nextCursor }
  },
})

export const agentSurvey = operation({
  name: 'agent.survey',
  summary: 'List agents by numbered pages',
  permission: 'agents:read',
  reach: 'tenant',
  across: true,
  input: AgentSurvey,
  output: numberedPageOf(AgentView),
  errors: ['access_denied'],
  events: [],
  run: surveyAgents,
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
    'Only what is given changes; lists are replaced whole. Tokens that were issued keep what they say; suspending it revokes them.',
  permission: 'agents:write',
  reach: 'realm',
  input: AgentPatch,
  output: AgentView,
  errors: ['not_found', 'invalid_target', 'precondition_failed'],
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
  summary: 'Give an agent a new secret',
  description: 'The old secret stops working at once. The new one is shown in this answer and never again.',
  permission: 'agents:write',
  reach: 'realm',
  input: AgentId,
  output: AgentWithSecret,
  errors: ['not_found', 'precondition_failed'],
  events: ['client.secret_rotated'],
  run: rotateAgentSecret,
})

export const agentDelete = operation({
  name: 'agent.delete',
  summary: 'Delete an agent',
  description: 'Its client goes with it, and what it was issued is revoked.',
  permission: 'agents:write',
  reach: 'realm',
  input: AgentId,
  output: z.void(),
  errors: ['not_found'],
  events: ['agent.deleted', 'client.deleted'],
  run: deleteAgent,
})
