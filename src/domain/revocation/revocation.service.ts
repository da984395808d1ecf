// Decides what a revocation takes with it, and ends it in one write. A simulation is the same without the end.
import { Failure } from '#kernel/error.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { endGrant } from '../grant/grant.service.ts'
import { issuanceOfToken } from '../issuance/issuance.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { endSession, endSessionsOf } from '../session/session.service.ts'
import { readRefreshToken } from '../token-family/refresh-token.ts'
import { codeOwner, endAll } from './end-all.ts'
import type { Plan, RevocationReport, RevocationTarget } from './revocation.ts'

type Given = Omit<RevocationTarget, 'reason'>
const NOTHING = { owners: [], tokenIds: [], sessions: null, grantId: null, userId: null, clientId: null } as const

/** What a revocation would end. @throws Failure `not_found` */
export async function simulateRevocation(
  context: Context,
  { reason: _, ...given }: RevocationTarget,
): Promise<RevocationReport> {
  return reportOf(context.read, await planOf(context, context.read, given), context.clock.now())
}

/** Ends what a target takes with it, in one write. @returns what ended @throws Failure `not_found` */
export async function revoke(context: Context, { reason, ...given }: RevocationTarget): Promise<RevocationReport> {
  return context.write(async (unit) => {
    const now = context.clock.now()
    const plan = await planOf(context, unit, given)
    const report = await reportOf(unit, plan, now)
    const ended = await endPlan(context, unit, plan, now)
    const { tokens } = report
    const made = { ...report, tokens: { ...tokens, count: ended, descendants: Math.min(tokens.descendants, ended) } }
    emitRevocation(context, unit, plan, made, reason)
    return made
  })
}

async function endPlan(context: Context, unit: Unit, plan: Plan, now: number): Promise<number> {
  const { owners, tokenIds, sessions, grantId } = plan
  let tokens = await endAll(unit, owners, now)
  for (const id of tokenIds) tokens += await unit.issuances.revokeTree(id, now)
  const realm = realmOf(context.scope)
  if (grantId !== null) await endGrant(unit, realm.id, grantId, now)
  if (!sessions) return tokens
  const { userId, sessionId } = sessions
  if (sessionId === undefined) {
    await endSessionsOf(context, unit, userId, { why: 'revoked', now })
    await unit.rememberedDevices.deleteOfUser(userId)
  } else await endSession(context, unit, { id: sessionId, realmId: realm.id, userId }, { why: 'revoked' })
  return tokens
}

async function reportOf(stores: Stores, plan: Plan, now: number): Promise<RevocationReport> {
  const { tokens, refreshTokens, sessions, people, clients, agents } = await stores.revocations.radius(plan, now)
  let codes = 0
  for (const own of plan.owners.map(codeOwner)) {
    if (!own) continue
    codes += await stores.oneTimeTokens.countCodes(own, now)
    codes += await stores.deviceAuthorizations.countApproved(own, now)
    codes += await stores.backchannelAuthentications.countApproved(own, now)
  }
  return { tokens, refreshTokens, codes, sessions, consents: plan.grantId === null ? 0 : 1, people, clients, agents }
}

/** What a target takes with it. @throws Failure `not_found` */
async function planOf(context: Context, stores: Stores, given: Given): Promise<Plan> {
  if (given.tokenId !== undefined) return tokenPlan(context, stores, given.tokenId)
  if (given.token !== undefined) return valuePlan(context, stores, given.token)
  if (given.grantId !== undefined) return grantPlan(context, stores, given.grantId)
  if (given.clientId !== undefined) return clientPlan(context, stores, given.clientId)
  if (given.userId !== undefined) return userPlan(context, stores, given.userId)
  if (given.agentId !== undefined) return agentPlan(context, stores, given.agentId)
  return sessionPlan(context, stores, given.sessionId ?? '')
}

async function tokenPlan({ scope }: Context, stores: Stores, id: string): Promise<Plan> {
  const issuance = await stores.issuances.find(id)
  if (issuance?.realmId !== realmOf(scope).id) throw new Failure('not_found')
  return { ...NOTHING, subject: { type: 'issuance', id }, tokenIds: [id] }
}

async function valuePlan(context: Context, stores: Stores, token: string): Promise<Plan> {
  const presented = readRefreshToken(context.crypto, token)
  if (!presented) return tokenPlan(context, stores, (await issuanceOfToken(context, stores, token)).id)
  const family = await stores.tokenFamilies.find(presented.familyId)
  if (family?.realmId !== realmOf(context.scope).id) throw new Failure('not_found')
  const { id: familyId, userId } = family
  return { ...NOTHING, subject: { type: 'token_family', id: familyId }, owners: [{ userId, familyId }] }
}

async function grantPlan({ scope }: Context, stores: Stores, id: string): Promise<Plan> {
  const grant = await stores.grants.findById(realmOf(scope).id, id)
  if (!grant) throw new Failure('not_found')
  const subject = { type: 'grant', id }
  if (grant.revokedAt !== null) return { ...NOTHING, subject }
  const { userId, clientId } = grant
  return { ...NOTHING, subject, owners: [{ userId, clientId }], grantId: id, userId, clientId }
}

async function clientPlan({ scope }: Context, stores: Stores, id: string): Promise<Plan> {
  const found = await stores.clients.find(realmOf(scope).id, id)
  if (!found) throw new Failure('not_found')
  const subject = { type: 'client', id, label: found.client.label }
  return { ...NOTHING, subject, owners: [{ clientId: id }], clientId: id }
}

async function userPlan({ scope }: Context, stores: Stores, id: string): Promise<Plan> {
  const user = await stores.users.find(realmOf(scope).directoryId, id)
  if (!user) throw new Failure('not_found')
  const owners = [{ userId: id }, { agentsOf: id }]
  return { ...NOTHING, subject: { type: 'user', id, label: user.email }, owners, sessions: { userId: id }, userId: id }
}

async function agentPlan({ scope }: Context, stores: Stores, id: string): Promise<Plan> {
  const agent = await stores.agents.find(realmOf(scope).id, id)
  if (!agent) throw new Failure('not_found')
  const { id: clientId, label } = agent.client
  return { ...NOTHING, subject: { type: 'agent', id, label }, owners: [{ clientId }], clientId }
}

async function sessionPlan({ scope }: Context, stores: Stores, id: string): Promise<Plan> {
  const session = await stores.sessions.find(realmOf(scope).id, id)
  if (!session) throw new Failure('not_found')
  const { userId } = session
  const owners = [{ userId, sessionId: id }]
  return { ...NOTHING, subject: { type: 'session', id }, owners, sessions: { userId, sessionId: id }, userId }
}

function emitRevocation(
  { scope }: Pick<Context, 'scope'>,
  unit: Unit,
  { subject: { label, ...subject } }: Plan,
  { tokens, refreshTokens, codes, sessions, consents, people, clients }: RevocationReport,
  reason: string | undefined,
): void {
  unit.emit('revocation.made', {
    subject: { ...subject, ...(label && { label }) },
    realmId: realmOf(scope).id,
    data: {
      ...{
        tokens: tokens.count,
        refreshTokens,
        codes,
        sessions,
        consents,
        people: people.count,
        clients: clients.count,
      },
      ...(reason !== undefined && { reason }),
    },
  })
}
