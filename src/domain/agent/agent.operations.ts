// The operations on agents.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { GIVES_SCOPES } from '../client/guarded-scopes.ts'
import { operation } from '../context.ts'
import { EventWithNames } from '../event/event.ts'
import { GrantView } from '../grant/grant.ts'
import { Issuance } from '../issuance/issuance.ts'
import { createAgent, deleteAgent, getAgent, listAgents, rotateAgentSecret, updateAgent } from './agent.service.ts'
import {
  AgentAuthorizationQuery,
  AgentEventQuery,
  AgentKeyRotated,
  AgentKeyRotation,
  AgentPatch,
  AgentQuery,
  AgentTokenQuery,
  AgentView,
  AgentWithSecret,
  NewAgent,
} from './agent.ts'
import { listAgentAuthorizations, listAgentEvents, listAgentTokens } from './agent-activity.service.ts'
import { rotateAgentKey } from './agent-key.service.ts'
import { listPolicies, setPolicies } from './agent-policies.service.ts'
import { AgentPolicies, AgentPoliciesChange } from './agent-policies.ts'

const AgentId = z.strictObject({ id: idOf('agent') })

export const agentCreate = operation({
  name: 'agent.create',
  summary: 'Create an agent',
  description:
    'An agent is a client that acts for itself within limits: its scopes, its tools, and its rate of token requests. The secret is shown only in this response.',
  permission: 'agents:write',
  reach: 'realm',
  alsoNeeds: GIVES_SCOPES,
  freshSignIn: true,
  makesCredentials: true,
  input: NewAgent,
  output: AgentWithSecret,
  errors: ['not_found', 'conflict', 'invalid_target', 'forbidden'],
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
  alsoNeeds: GIVES_SCOPES,
  input: AgentPatch,
  output: AgentView,
  errors: ['not_found', 'conflict', 'invalid_target', 'precondition_failed', 'forbidden'],
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
  alsoNeeds: GIVES_SCOPES,
  irreversible: true,
  freshSignIn: true,
  makesCredentials: true,
  input: AgentId,
  output: AgentWithSecret,
  errors: ['not_found', 'precondition_failed', 'forbidden'],
  events: ['client.secret_rotated'],
  run: rotateAgentSecret,
})

export const agentRotateKey = operation({
  name: 'agent.rotate_key',
  summary: 'Replace the key of an agent',
  description:
    'From then on the agent gets only tokens that are bound to the new key (RFC 9449), and all tokens that it has are revoked.',
  permission: 'agents:write',
  reach: 'realm',
  irreversible: true,
  freshSignIn: true,
  makesCredentials: true,
  input: AgentKeyRotation,
  output: AgentKeyRotated,
  errors: ['not_found', 'precondition_failed'],
  events: ['agent.key_rotated'],
  run: rotateAgentKey,
})

export const agentListTokens = operation({
  name: 'agent.list_tokens',
  summary: 'List the tokens of an agent',
  description: 'Newest first: user, resource, scopes and expiry time. The token itself is never shown.',
  permission: 'issuances:read',
  reach: 'realm',
  input: AgentTokenQuery,
  output: listOf(Issuance),
  errors: ['not_found'],
  events: [],
  run: listAgentTokens,
})

export const agentListAuthorizations = operation({
  name: 'agent.list_authorizations',
  summary: 'List who authorized an agent',
  description: 'What people allowed the agent to do for them, newest first. By default, only what holds is listed.',
  permission: 'grants:read',
  reach: 'realm',
  input: AgentAuthorizationQuery,
  output: listOf(GrantView),
  errors: ['not_found'],
  events: [],
  run: listAgentAuthorizations,
})

export const agentListEvents = operation({
  name: 'agent.list_events',
  summary: 'List the events of an agent',
  description:
    'Newest first: what was done to the agent, or what it did. Issued tokens are listed by agent list-tokens.',
  permission: 'events:read',
  reach: 'realm',
  input: AgentEventQuery,
  output: listOf(EventWithNames),
  errors: ['not_found'],
  events: [],
  run: listAgentEvents,
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

export const agentListPolicies = operation({
  name: 'agent.list_policies',
  summary: 'List which agents may act with the tokens of an agent',
  description: 'Each policy is a delegation grant from the agent to another one.',
  permission: 'delegation-grants:read',
  reach: 'realm',
  input: AgentId,
  output: AgentPolicies,
  errors: ['not_found'],
  events: [],
  run: listPolicies,
})

export const agentSetPolicies = operation({
  name: 'agent.set_policies',
  summary: 'Say which agents may act with the tokens of an agent',
  description:
    'The policies are replaced as a whole. An agent that is named exchanges tokens of this one for tokens of its own (RFC 8693). The tokens of policies that go are revoked.',
  permission: 'delegation-grants:write',
  reach: 'realm',
  irreversible: true,
  freshSignIn: true,
  input: AgentPoliciesChange,
  output: AgentPolicies,
  errors: ['not_found', 'conflict', 'invalid_target'],
  events: ['delegation_grant.created', 'delegation_grant.revoked'],
  run: setPolicies,
})
