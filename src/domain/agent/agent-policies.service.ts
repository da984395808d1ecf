// Reads and replaces the policies of an agent, which are delegation grants.
import { Failure } from '#kernel/error.ts'
import type { Context, Stores } from '../context.ts'
import { addDelegationGrant, revokeWithin } from '../delegation-grant/delegation-grant.service.ts'
import { type DelegationGrant, NewDelegationGrant } from '../delegation-grant/delegation-grant.ts'
import { realmOf } from '../realm/realm.service.ts'
import { type AgentPolicies, type AgentPoliciesChange, POLICIES_MAX } from './agent-policies.ts'

/** A grant by which an agent may act with the tokens of another one. */
interface Policy {
  readonly grant: DelegationGrant
  readonly agentId: string
}

/** The policies of an agent: the agents that may act with its tokens. @throws Failure `not_found` */
export async function listPolicies(context: Context, { id }: { id: string }): Promise<AgentPolicies> {
  const policies = await policiesOf(context, context.read, id)
  return { agentId: id, policies: policies.map(viewPolicy) }
}

/**
 * Replaces the policies of an agent in one write. A policy that stays keeps its tokens; the tokens of one that goes are
 * revoked, with all that they were exchanged for.
 * @throws Failure `not_found` for an unknown agent, `invalid_input` for the agent itself, `conflict` for an agent that may
 *   exchange every token
 */
export async function setPolicies(context: Context, { id, policies }: AgentPoliciesChange): Promise<AgentPolicies> {
  return context.write(async (unit) => {
    await unit.agents.lock(realmOf(context.scope).id, id)
    const before = await policiesOf(context, unit, id)
    const keyOf = ({ agentId, scopes }: { agentId: string; scopes: readonly string[] | null }) =>
      JSON.stringify([agentId, scopes && [...scopes].sort()])
    const wanted = new Map(policies.map((policy) => [keyOf(policy), policy]))
    const kept = new Set<string>()
    for (const policy of before) {
      const key = keyOf(viewPolicy(policy))
      if (wanted.has(key) && !kept.has(key)) kept.add(key)
      else await revokeWithin(context, unit, policy.grant.id, () => true)
    }
    for (const [key, { agentId, scopes }] of wanted) {
      if (kept.has(key)) continue
      const input = NewDelegationGrant.parse({})
      await addDelegationGrant(context, unit, { ...input, fromAgentId: id, toAgentId: agentId, scopes })
    }
    return { agentId: id, policies: (await policiesOf(context, unit, id)).map(viewPolicy) }
  })
}

async function policiesOf({ scope, clock }: Context, stores: Stores, id: string): Promise<Policy[]> {
  const { id: realmId } = realmOf(scope)
  const agent = await stores.agents.find(realmId, id)
  if (!agent) throw new Failure('not_found')
  const query = { fromClientId: agent.client.id, limit: 2 * POLICIES_MAX, revoked: false }
  const { data } = await stores.delegationGrants.list(realmId, query)
  const found = await Promise.all(
    data
      .filter(({ expiresAt }) => expiresAt === null || expiresAt > clock.now())
      .map(async (grant) => ({ grant, agentId: await stores.agents.idOfClient(grant.toClientId) })),
  )
  return found.flatMap(({ grant, agentId }) => (agentId === undefined ? [] : [{ grant, agentId }]))
}

function viewPolicy({ grant: { scopes }, agentId }: Policy) {
  return { agentId, scopes: scopes && [...scopes] }
}
