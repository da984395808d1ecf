// Ends many sessions at once, and deletes those that expired.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { endAccess } from '../user/user-end.service.ts'
import { endSession } from './session.service.ts'
import type { SessionOwner, SessionsEnded, SessionsPurged } from './session.ts'

/** Sessions that one write ends or deletes: it takes a few milliseconds. */
const PER_WRITE = 200

/** Ends all sessions of a user at all realms, or all of the realm. @throws Failure `not_found` for an unknown user */
export async function revokeAllSessions(context: Context, { userId }: SessionOwner): Promise<SessionsEnded> {
  const realm = realmOf(context.scope)
  if (userId === undefined) return { ended: await endAllOfRealm(context, realm.id) }
  return context.write(async (unit) => {
    if (!(await unit.users.lockAll(realm.directoryId, [userId])).has(userId)) throw new Failure('not_found')
    const { sessions } = await endAccess(context, unit, userId, { why: 'revoked', now: context.clock.now() })
    return { ended: sessions }
  })
}

async function endAllOfRealm(context: Context, realmId: string): Promise<number> {
  const { read, clock } = context
  const living = { now: clock.now(), idleSince: 0 }
  let ended = 0
  let cursor: string | undefined
  do {
    const page = await read.sessions.list(realmId, { limit: PER_WRITE, cursor, living })
    ended += await context.write(async (unit) => {
      let count = 0
      for (const session of page.data) {
        if (await endSession(context, unit, session, { why: 'revoked' })) count += 1
      }
      return count
    })
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return ended
}

/** Deletes the sessions of the realm that have expired. */
export async function purgeSessions(context: Context): Promise<SessionsPurged> {
  const { id, name } = realmOf(context.scope)
  const now = context.clock.now()
  let deleted = 0
  for (;;) {
    const some = await context.write(async (unit) => {
      const rows = await unit.sessions.deleteExpired(id, now, PER_WRITE)
      if (rows > 0) {
        unit.emit('session.purged', { subject: { type: 'realm', id, label: name }, realmId: id, data: { rows } })
      }
      return rows
    })
    deleted += some
    if (some < PER_WRITE) return { deleted }
  }
}
