// The inputs and outputs of what administrators do to the tier and the agents of a user.
import * as z from 'zod'
import { idOf, idOut, label } from '#kernel/field.ts'
import { forwardQuery } from '#kernel/page.ts'
import { AgentView } from '../agent/agent.ts'
import { UserView } from './user.ts'

const tier = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9 _-]{0,31}$/, '1 to 32 letters, digits, spaces, underscores and hyphens')

/** The member of a user’s attributes that holds the tier. */
export const TIER = 'tier'

export const TierChange = z.strictObject({
  id: idOf('user'),
  tier: tier.describe('The tier, for example free or pro. Upper case becomes lower case.'),
})
export type TierChange = z.output<typeof TierChange>

/** A user and the tier. */
export const UserWithTier = z.object({ user: UserView, tier: z.string() })
export type UserWithTier = z.output<typeof UserWithTier>

/** How a user has to do with an agent. */
export const AGENT_RELATIONS = ['created', 'authorized'] as const

export const AgentsOfUserQuery = z.strictObject({
  ...forwardQuery.shape,
  id: idOf('user'),
  relation: z
    .enum(AGENT_RELATIONS)
    .default('created')
    .describe('created: the agents that the user owns; authorized: those that the user allowed something.'),
})
export type AgentsOfUserQuery = z.output<typeof AgentsOfUserQuery>

/** Agents of a user. */
export const AgentsOfUser = z.object({
  data: z.array(AgentView),
  nextCursor: z.string().nullable(),
  relation: z.enum(AGENT_RELATIONS),
})
export type AgentsOfUser = z.output<typeof AgentsOfUser>

export const AgentsRevocation = z.strictObject({
  id: idOf('user'),
  agentIds: z
    .array(idOf('agent'))
    .max(1000)
    .optional()
    .describe('Which of the agents that the user owns; others are passed over. Default: all of them.'),
  reason: label(500).optional().describe('Why: for the event.'),
})
export type AgentsRevocation = z.output<typeof AgentsRevocation>

/** What the revocation ended. */
export const AgentsRevoked = z.object({
  revokedAgentIds: z.array(idOut('agent')),
  revokedConsents: z.number().int(),
  revokedTokens: z.number().int(),
  eventId: idOut('event').nullable().describe('The event that tells of it.'),
})
export type AgentsRevoked = z.output<typeof AgentsRevoked>
