import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { NumberedQuery, PageQuery } from '#kernel/page.ts'
import type { RealmPolicy } from '../realm/realm.ts'
import { AMONG } from '../tenant/among.ts'

/** Why a session ended. */
export const SESSION_ENDS = [
  'signed_out',
  'revoked',
  'replaced',
  'password_set',
  'user_suspended',
  'user_deleted',
] as const
export type SessionEnd = (typeof SESSION_ENDS)[number]

/** A person’s sign-in at a realm, in one browser or on one device that they let in. */
export interface Session {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly userId: string
  /** SHA-256 of the cookie’s secret. */
  readonly secretHash: string
  /** How the person authenticated (RFC 8176). */
  readonly amr: readonly string[]
  /** The assurance level that reached, 1 to 3. */
  readonly aal: number
  readonly ip: string | null
  readonly userAgent: string | null
  readonly authenticatedAt: number
  readonly createdAt: number
  /** To the minute. */
  readonly lastSeenAt: number
  readonly expiresAt: number
  readonly endedAt: number | null
}

/** A session as admin surfaces show it: never what recognises its cookie. */
export const SessionView = z.object({
  id: idOut('session'),
  tenantId: idOut('tenant'),
  realmId: idOut('realm'),
  userId: idOut('user'),
  amr: z.array(z.string()).describe('How the person authenticated (RFC 8176).'),
  aal: z.number().int().describe('The assurance level that reached, 1 to 3.'),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  authenticatedAt: time,
  createdAt: time,
  lastSeenAt: time.describe('When it last let the person in to an application.'),
  expiresAt: time,
  endedAt: time.nullable(),
})
export type SessionView = z.output<typeof SessionView>

/** A session with whose it is. */
export const SessionWithUser = SessionView.extend({ userEmail: z.string().nullable() })
export type SessionWithUser = z.output<typeof SessionWithUser>

/** A numbered page of the sessions that hold, of those that are asked for. */
export const SessionSurvey = NumberedQuery.extend({
  userId: idOf('user').optional().describe('Only this user’s.'),
  ...AMONG,
})
export type SessionSurvey = z.output<typeof SessionSurvey>

/** Which sessions of a realm to list. */
export const SessionFilter = z.strictObject({
  ...PageQuery.shape,
  userId: idOf('user').optional().describe('Only this user’s.'),
  ended: z.stringbool().default(false).describe('Show ended and expired sessions too.'),
})
export type SessionFilter = z.output<typeof SessionFilter>

/** A session without the digest of its secret. */
export function viewSession({ secretHash: _, ...shown }: Session): SessionView {
  return { ...shown, amr: [...shown.amr] }
}

/** Since when a session must have been seen to live still: milliseconds since 1970. */
export function idleSince({ sessionIdleLifetime }: Pick<RealmPolicy, 'sessionIdleLifetime'>, now: number): number {
  return now - sessionIdleLifetime * 1000
}

/** Whether a session holds: not ended, not expired, not left idle for longer than its realm allows. */
export function isLiving(session: Session, policy: Pick<RealmPolicy, 'sessionIdleLifetime'>, now: number): boolean {
  return session.endedAt === null && session.expiresAt > now && session.lastSeenAt > idleSince(policy, now)
}
