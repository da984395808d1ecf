// Lists and ends sessions.

import { Failure } from '#kernel/error.ts'
import type { Page } from '#kernel/page.ts'
import { userActor } from '../actor.ts'
import type { Context, Unit } from '../context.ts'
import { queueLogout } from '../logout-delivery/logout-delivery.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkTenantFilter } from '../tenant/tenant-filter.service.ts'
import type { User } from '../user/user.ts'
import {
  idleSince,
  type Session,
  type SessionEnd,
  type SessionFilter,
  type SessionWithUser,
  viewSession,
} from './session.ts'

/**
 * Ends a session inside a write, and revokes the tokens of its sign-ins.
 * @param end why, and the user who did it if it is not the caller
 * @returns whether it had not ended before
 */
export async function endSession(
  context: Pick<Context, 'clock' | 'random'>,
  unit: Unit,
  session: Pick<Session, 'id' | 'realmId' | 'userId'>,
  { why, by }: { readonly why: SessionEnd; readonly by?: Pick<User, 'id' | 'email'> },
): Promise<boolean> {
  const now = context.clock.now()
  const { id: sessionId, realmId, userId } = session
  const expiresAt = await unit.sessions.end(sessionId, now)
  if (expiresAt === undefined) return false
  await queueLogout(context, unit, userId, [session], now)
  await unit.tokenFamilies.revokeWhere({ userId, sessionId }, now)
  await unit.issuances.revokeWhere({ userId, sessionId }, now)
  unit.emit('session.ended', {
    subject: { type: 'session', id: sessionId },
    realmId,
    ...(by && { actor: userActor(by) }),
    data: { userId, why, expiresAt },
  })
  return true
}

/**
 * Ends every session of a user inside a write. The caller must revoke the tokens.
 * @param end why, and the id of a session that goes on
 * @returns how many had not ended before
 */
export async function endSessionsOf(
  context: Pick<Context, 'random'>,
  unit: Unit,
  userId: string,
  { why, now, kept }: { readonly why: SessionEnd; readonly now: number; readonly kept?: string | undefined },
): Promise<number> {
  const ended = await unit.sessions.endOfUser(userId, now, kept)
  await queueLogout(context, unit, userId, ended, now)
  for (const { id, realmId, expiresAt } of ended) {
    unit.emit('session.ended', { subject: { type: 'session', id }, realmId, data: { userId, why, expiresAt } })
  }
  return ended.length
}

/** Ends a session of the realm; a session that has ended stays as it is. @throws Failure `not_found` */
export async function revokeSession(context: Context, { id }: { id: string }): Promise<void> {
  const realm = realmOf(context.scope)
  await context.write(async (unit) => {
    const session = await unit.sessions.find(realm.id, id)
    if (!session) throw new Failure('not_found')
    await endSession(context, unit, session, { why: 'revoked' })
  })
}

/** The views of sessions, with the e-mail addresses of their users. */
export async function withUsers({ read, actor }: Context, sessions: readonly Session[]): Promise<SessionWithUser[]> {
  const addresses = await read.acrossTenants.sessions.addressesOf(
    actor.reach,
    sessions.map(({ userId }) => userId),
  )
  return sessions.map((session) => ({ ...viewSession(session), userEmail: addresses.get(session.userId) ?? null }))
}

/**
 * One page of the realm's sessions; of those that hold at every realm within reach where the request names no realm.
 * @throws Failure `access_denied` for a tenant or partner beyond the reach, `invalid_request`
 */
export async function listSessions(context: Context, query: SessionFilter): Promise<Page<SessionWithUser>> {
  const { read, actor, scope, clock } = context
  await checkTenantFilter(context, query)
  const now = clock.now()
  const { ended, userId, method, aal } = query
  if (!scope.realm) {
    if (ended) throw new Failure('invalid_request', 'Ended sessions are listed for one realm at a time.')
    if (method !== undefined || aal !== undefined) {
      throw new Failure('invalid_request', 'Sessions are filtered by their sign-in for one realm at a time.')
    }
    const page = await read.acrossTenants.sessions.list(actor.reach, query, now)
    return { ...page, data: await withUsers(context, page.data) }
  }
  const { id, policy } = scope.realm
  const validAt = ended ? undefined : { now, idleSince: idleSince(policy, now) }
  const { limit, cursor, offset } = query
  const page = await read.sessions.list(id, { limit, cursor, offset, userId, method, aal, living: validAt })
  return { ...page, data: await withUsers(context, page.data) }
}
