// The fields and views of sessions, and the rule of when a session is valid.
import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { offsetQuery } from '#kernel/page.ts'
import type { RealmPolicy } from '../realm/realm.ts'
import { TENANT_FILTER } from '../tenant/tenant-filter.ts'

/** Why a session ended. */
export const SESSION_ENDS = [
  'signed_out',
  'revoked',
  'replaced',
  'password_set',
  'password_removed',
  'second_factors_removed',
  'account_unlinked',
  'user_suspended',
  'user_deleted',
] as const
export type SessionEnd = (typeof SESSION_ENDS)[number]

/** A user’s sign-in at a realm, in one browser or on one approved device. */
export interface Session {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly userId: string
  /** SHA-256 of the cookie’s secret. */
  readonly secretHash: string
  /** The authentication methods of the sign-in (RFC 8176). */
  readonly amr: readonly string[]
  /** The assurance level of the sign-in, 1 or 2. */
  readonly aal: number
  readonly ip: string | null
  readonly userAgent: string | null
  /** When the user signed in, at an identity provider too; 0 where the provider does not say. */
  readonly authenticatedAt: number
  readonly createdAt: number
  /** Precise to the minute. */
  readonly lastSeenAt: number
  readonly expiresAt: number
  readonly endedAt: number | null
}

/** The schema of a session in admin responses, without the secret of its cookie. */
export const SessionView = z.object({
  id: idOut('session'),
  tenantId: idOut('tenant'),
  realmId: idOut('realm'),
  userId: idOut('user'),
  amr: z.array(z.string()).describe('The authentication methods (RFC 8176).'),
  aal: z.number().int().describe('The authentication assurance level, 1 or 2.'),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  authenticatedAt: time.describe(
    'When the user signed in, at an identity provider too; the start of 1970 where the provider does not say.',
  ),
  createdAt: time,
  lastSeenAt: time.describe('The last time that the session signed the user in to an application, to a minute.'),
  expiresAt: time,
  endedAt: time.nullable(),
})
export type SessionView = z.output<typeof SessionView>

/** A session with its user. */
export const SessionWithUser = SessionView.extend({ userEmail: z.string().nullable() })
export type SessionWithUser = z.output<typeof SessionWithUser>

/** The filters of a list of sessions. */
export const SessionFilter = z.strictObject({
  ...offsetQuery.shape,
  userId: idOf('user').optional().describe('Only items of this user.'),
  method: z
    .string()
    .regex(/^[a-z0-9]{1,20}$/, 'a word of RFC 8176')
    .optional()
    .describe('Only sessions that began with this authentication method (RFC 8176), in a realm.'),
  aal: z.coerce.number().int().min(1).max(2).optional().describe('Only sessions of this assurance level, in a realm.'),
  ended: z.stringbool().default(false).describe('Also list ended and expired sessions; only in a realm.'),
  ...TENANT_FILTER,
})
export type SessionFilter = z.output<typeof SessionFilter>

/** Whose sessions end: of one user, or all of the realm. */
export const SessionOwner = z.strictObject({
  userId: idOf('user').optional().describe('The user whose sessions end, at all realms. Default: all of the realm.'),
})
export type SessionOwner = z.output<typeof SessionOwner>

export const SessionsEnded = z.object({ ended: z.number().int().describe('How many sessions ended.') })
export type SessionsEnded = z.output<typeof SessionsEnded>

export const SessionsPurged = z.object({ deleted: z.number().int().describe('How many rows were deleted.') })
export type SessionsPurged = z.output<typeof SessionsPurged>

/** Returns the view of a session, without the digest of its secret. */
export function viewSession({ secretHash: _, ...shown }: Session): SessionView {
  return { ...shown, amr: [...shown.amr] }
}

/** The earliest time of last use of sessions that are not idle for too long: milliseconds since 1970. */
export function idleSince({ sessionIdleLifetime }: Pick<RealmPolicy, 'sessionIdleLifetime'>, now: number): number {
  return now - sessionIdleLifetime * 1000
}

/** The last use of a session is recorded once a minute, or more often where sessions end after few minutes of inactivity. */
export function touchedSince({ sessionIdleLifetime }: Pick<RealmPolicy, 'sessionIdleLifetime'>, now: number): number {
  return now - Math.min(60_000, sessionIdleLifetime * 100)
}

/** Whether a session is valid: not ended, not expired, and not idle for longer than its realm allows. */
export function isSessionValid(
  session: Session,
  policy: Pick<RealmPolicy, 'sessionIdleLifetime'>,
  now: number,
): boolean {
  return session.endedAt === null && session.expiresAt > now && session.lastSeenAt > idleSince(policy, now)
}
