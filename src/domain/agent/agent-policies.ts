// The policies of an agent: which other agents may act with its tokens.
import * as z from 'zod'
import { idOf, idOut } from '#kernel/field.ts'
import { list, scopeToken } from '../client/client.ts'

/** How many policies an agent has at most. */
export const POLICIES_MAX = 40

/** The new policies of an agent, which replace the old ones. */
export const AgentPoliciesChange = z.strictObject({
  id: idOf('agent'),
  policies: z
    .array(
      z.strictObject({
        agentId: idOf('agent').describe('The agent that may act.'),
        scopes: list(scopeToken, 200)
          .nullable()
          .default(null)
          .describe('The scopes that its tokens have at most; null for those of the token.'),
      }),
    )
    .max(POLICIES_MAX),
})
export type AgentPoliciesChange = z.output<typeof AgentPoliciesChange>

/** The policies of an agent. Each is a delegation grant. */
export const AgentPolicies = z.object({
  agentId: idOut('agent'),
  policies: z.array(z.object({ agentId: idOut('agent'), scopes: z.array(z.string()).nullable() })),
})
export type AgentPolicies = z.output<typeof AgentPolicies>
