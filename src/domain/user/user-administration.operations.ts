// The operations on the tier, the agents and the events of a user.
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { EventWithNames } from '../event/event.ts'
import { listAgentsOf, revokeAgentsOf, setTier } from './user-administration.service.ts'
import {
  AgentsOfUser,
  AgentsOfUserQuery,
  AgentsRevocation,
  AgentsRevoked,
  TierChange,
  UserWithTier,
} from './user-administration.ts'
import { listUserEvents } from './user-events.service.ts'
import { UserEventQuery } from './user-events.ts'

export const userSetTier = operation({
  name: 'user.set_tier',
  summary: 'Put a user into a tier',
  description: 'The tier is the attribute `tier` of the user. Rules can ask for it.',
  permission: 'users:write',
  reach: 'realm',
  input: TierChange,
  output: UserWithTier,
  errors: ['not_found'],
  events: ['user.tier_set', 'user.updated'],
  run: setTier,
})

export const userAgents = operation({
  name: 'user.agents',
  summary: 'List the agents of a user',
  description: 'Those that the user owns, oldest first, or those that the user allowed something.',
  permission: 'agents:read',
  reach: 'realm',
  input: AgentsOfUserQuery,
  output: AgentsOfUser,
  errors: ['not_found'],
  events: [],
  run: listAgentsOf,
})

export const userRevokeAgents = operation({
  name: 'user.revoke_agents',
  summary: 'Stop the agents of a user',
  description:
    'In one transaction: the agents that the user owns are suspended, and their tokens are revoked. All consents of the user are revoked, with the tokens that clients have for the user.',
  permission: 'agents:write',
  reach: 'realm',
  irreversible: true,
  alsoNeeds: [{ permission: 'grants:write', when: 'always: consents are revoked' }],
  input: AgentsRevocation,
  output: AgentsRevoked,
  errors: ['not_found'],
  events: ['user.agents_revoked', 'agent.suspended', 'client.suspended', 'grant.revoked'],
  run: revokeAgentsOf,
})

export const userListEvents = operation({
  name: 'user.list_events',
  summary: 'List the events of a user',
  description: 'Newest first: what was done to the user, and what the user did. Issued tokens are left out.',
  permission: 'events:read',
  reach: 'realm',
  input: UserEventQuery,
  output: listOf(EventWithNames),
  errors: ['not_found'],
  events: [],
  run: listUserEvents,
})
