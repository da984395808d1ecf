// Decides what a presented refresh token is in its family: good, used a moment ago, spent, or none of it.
import type { RealmPolicy } from '../realm/realm.ts'
import type { RefreshToken } from './refresh-token.ts'
import type { RefreshState } from './token-family.ts'

/** `repeated`: it was used within the grace period, by a client that possibly did not receive the response. */
export type Standing = 'good' | 'repeated' | 'spent' | 'unknown'

/** By how much the clocks of processes may differ, in milliseconds. */
const CLOCK_DIFFERENCE = 60_000

/** The state of a presented token in its family (OAuth 2.1 §4.3.1). @param now milliseconds since 1970 */
export function standingOf(
  { generation, refreshedAt }: RefreshState,
  presented: RefreshToken,
  { refreshTokenGrace }: RealmPolicy,
  now: number,
): Standing {
  const behind = generation - presented.generation
  if (behind === 0) return 'good'
  // Of a generation that there was not yet: the database was set back.
  if (behind < 0) return 'unknown'
  return behind === 1 && isInGrace(now - refreshedAt, refreshTokenGrace) ? 'repeated' : 'spent'
}

/** A clock that was set back far begins no second grace period. @param since milliseconds */
function isInGrace(since: number, graceSeconds: number): boolean {
  return since >= -CLOCK_DIFFERENCE && Math.max(0, since) < graceSeconds * 1000
}
