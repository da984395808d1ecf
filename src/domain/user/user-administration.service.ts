// Puts users into tiers, and lists and ends what agents may do for them.
import { Failure } from '#kernel/error.ts'
import { suspendAgent } from '../agent/agent.service.ts'
import { type Agent, viewAgent } from '../agent/agent.ts'
import type { Context, Unit } from '../context.ts'
import { newestEventOf } from '../event/newest-event.ts'
import { endGrant } from '../grant/grant.service.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { realmOf } from '../realm/realm.service.ts'
import { endAll } from '../revocation/end-all.ts'
import { changeUser, getUser } from './user.service.ts'
import {
  type AgentsOfUser,
  type AgentsOfUserQuery,
  type AgentsRevocation,
  type AgentsRevoked,
  TIER,
  type TierChange,
  type UserWithTier,
} from './user-administration.ts'
import { viewUser } from './user-view.ts'

const GRANTS_PER_PAGE = 200

/** Puts a user into a tier, which is an attribute of the user. @throws Failure `not_found` */
export async function setTier(context: Context, { id, tier }: TierChange): Promise<UserWithTier> {
  const user = await changeUser(context, { id }, (before, unit) => {
    const oldTier = before.attributes[TIER] ?? null
    if (oldTier === tier) return undefined
    unit.emit('user.tier_set', { subject: { type: 'user', id, label: before.email }, data: { tier, oldTier } })
    return { patch: { attributes: { ...before.attributes, [TIER]: tier } } }
  })
  return { user: viewUser(user), tier }
}

/** One page of the agents that a user owns, or allowed something. @throws Failure `not_found` */
export async function listAgentsOf(context: Context, query: AgentsOfUserQuery): Promise<AgentsOfUser> {
  const { id, relation, limit, cursor } = query
  const { read, scope } = context
  await getUser(context, { id })
  const { id: realmId } = realmOf(scope)
  if (relation === 'created') {
    const { data, nextCursor } = await read.agents.list(realmId, { ownerId: id, limit, cursor })
    return { data: data.map(viewAgent), nextCursor, relation }
  }
  const { data: grants, nextCursor } = await read.grants.list(realmId, { userId: id, limit, cursor, revoked: false })
  const agents = new Map<string, Agent>()
  for (const clientId of new Set(grants.map((grant) => grant.clientId))) {
    const agentId = await read.agents.idOfClient(clientId)
    const agent = agentId && (await read.agents.find(realmId, agentId))
    if (agent) agents.set(agent.id, agent)
  }
  return { data: [...agents.values()].map(viewAgent), nextCursor, relation }
}

/**
 * Suspends the agents that a user owns, and revokes all that the user allowed clients, in one write.
 * @throws Failure `not_found`
 */
export async function revokeAgentsOf(
  context: Context,
  { id, agentIds, reason }: AgentsRevocation,
): Promise<AgentsRevoked> {
  checkAlsoPermitted(context, 'grants:write')
  const { email } = await getUser(context, { id })
  const revoked = await context.write(async (unit) => {
    const agents = await suspendOwned(context, unit, id, agentIds)
    const consents = await endConsents(context, unit, id)
    const tokens = agents.tokens + consents.tokens
    unit.emit('user.agents_revoked', {
      subject: { type: 'user', id, label: email },
      realmId: realmOf(context.scope).id,
      data: {
        ...{ agents: agents.ids.length, consents: consents.count, tokens },
        ...(reason !== undefined && { reason }),
      },
    })
    return { revokedAgentIds: agents.ids, revokedConsents: consents.count, revokedTokens: tokens }
  })
  return { ...revoked, eventId: await newestEventOf(context, 'user.agents_revoked', id) }
}

async function suspendOwned(context: Context, unit: Unit, userId: string, wanted: readonly string[] | undefined) {
  const { id: realmId } = realmOf(context.scope)
  const owned = await unit.agents.ownedBy(userId)
  const ids: string[] = []
  let tokens = 0
  for (const { id } of owned.filter((agent) => agent.realmId === realmId && (wanted?.includes(agent.id) ?? true))) {
    await unit.agents.lock(realmId, id)
    const agent = await unit.agents.find(realmId, id)
    if (!agent) continue
    tokens += (await suspendAgent(context, unit, agent)) ?? 0
    ids.push(id)
  }
  return { ids, tokens }
}

async function endConsents({ scope, clock }: Context, unit: Unit, userId: string) {
  const { id: realmId } = realmOf(scope)
  const now = clock.now()
  let [count, tokens] = [0, 0]
  for (;;) {
    const { data } = await unit.grants.list(realmId, { userId, limit: GRANTS_PER_PAGE, revoked: false })
    if (data.length === 0) return { count, tokens }
    for (const { id, clientId } of data) {
      if (!(await endGrant(unit, realmId, id, now))) throw new Failure('temporarily_unavailable')
      tokens += await endAll(unit, [{ userId, clientId }], now)
      count += 1
    }
  }
}
