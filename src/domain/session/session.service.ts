import { Failure } from '#kernel/error.ts'
import type { NumberedPage } from '#kernel/page.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkAmong } from '../tenant/among.ts'
import { type Session, type SessionEnd, type SessionSurvey, type SessionWithUser, viewSession } from './session.ts'

/**
 * Ends a session inside a write, and with it every token that came from it.
 * @returns whether it had not ended before
 */
export async function endSession(
  context: Pick<Context, 'clock'>,
  unit: Unit,
  session: Pick<Session, 'id' | 'realmId' | 'userId'>,
  why: SessionEnd,
): Promise<boolean> {
  const now = context.clock.now()
  const { id: sessionId, realmId, userId } = session
  const expiresAt = await unit.sessions.end(sessionId, now)
  if (expiresAt === undefined) return false
  await unit.tokenFamilies.revokeWhere({ userId, sessionId }, now)
  await unit.issuances.revokeWhere({ userId, sessionId }, now)
  unit.emit('session.ended', {
    subject: { type: 'session', id: sessionId },
    realmId,
    ...(why === 'signed_out' && { actor: { kind: 'user', id: userId } }),
    data: { userId, why, expiresAt },
  })
  return true
}

/**
 * Ends every session of a user inside a write; the tokens that came from them are the caller’s to revoke.
 * @returns how many had not ended before
 */
export async function endSessionsOf(unit: Unit, userId: string, why: SessionEnd, now: number): Promise<number> {
  const ended = await unit.sessions.endOfUser(userId, now)
  for (const { id, realmId, expiresAt } of ended) {
    unit.emit('session.ended', { subject: { type: 'session', id }, realmId, data: { userId, why, expiresAt } })
  }
  return ended.length
}

/** Ends a session of the realm; one that has ended already stays as it is. @throws Failure `not_found` */
export async function revokeSession(context: Context, { id }: { id: string }): Promise<void> {
  const realm = realmOf(context.scope)
  await context.write(async (unit) => {
    const session = await unit.sessions.find(realm.id, id)
    if (!session) throw new Failure('not_found')
    await endSession(context, unit, session, 'revoked')
  })
}

/** Sessions as admin surfaces show them, with the addresses of the users whose they are. */
export async function withUsers({ read }: Pick<Context, 'read'>, sessions: Session[]): Promise<SessionWithUser[]> {
  const byTenant = Map.groupBy(sessions, ({ tenantId }) => tenantId)
  const addresses = new Map<string, string>()
  for (const [tenantId, own] of byTenant) {
    const known = await read.sessions.addressesOf(
      tenantId,
      own.map(({ userId }) => userId),
    )
    for (const [userId, email] of known) addresses.set(userId, email)
  }
  return sessions.map((session) => ({ ...viewSession(session), userEmail: addresses.get(session.userId) ?? null }))
}

/** A numbered page of the sessions of several tenants that hold. @throws Failure `access_denied` for what is out of reach */
export async function surveySessions(context: Context, query: SessionSurvey): Promise<NumberedPage<SessionWithUser>> {
  const { read, actor, clock } = context
  await checkAmong(context, query)
  const { data, total } = await read.sessions.survey(actor.reach, query, clock.now())
  return { data: await withUsers(context, data), total }
}
