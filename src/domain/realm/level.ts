// Checks that people can reach the least level of a realm's sign-ins.
import { Failure } from '#kernel/error.ts'
import { reachableAal } from '../sign-in/methods.ts'
import type { Realm } from './realm.ts'

/** What of a realm says which level its sign-ins need, and which level they reach. */
type Level = Pick<Realm, 'minAal' | 'policy'>

/**
 * Nobody, and no administrator, could sign in at a realm whose level is above what its methods reach. Passkeys and
 * telephone numbers are set up by people who are signed in, so that these alone are no way to a level that every sign-in needs.
 * @param path the member of the input that says the level
 * @throws Failure `invalid_request`
 */
export function checkReachable(realm: Level, path: 'minAal' | 'adminMinAal' = 'minAal'): void {
  const reachable = reachableOf(realm)
  if (realm.minAal <= reachable) return
  const name = path === 'minAal' ? 'min_aal' : 'admin_min_aal'
  throw new Failure('invalid_request', {
    message: `${name} ${realm.minAal} is unreachable: what people can set up while they sign in reaches ${reachable}.`,
    flaws: [{ path, message: `nobody can reach more than ${reachable}` }],
  })
}

/**
 * Checks a changed realm. Where the level stayed, the change took away what reaches it.
 * @throws Failure `invalid_request`
 */
export function checkStillReachable({ minAal }: Level, after: Level): void {
  if (after.minAal !== minAal || minAal <= reachableOf(after)) return checkReachable(after)
  const message = `authenticator apps cannot be switched off while min_aal is ${minAal}`
  const path = 'policy.totpEnabled'
  throw new Failure('invalid_request', { message: `policy.totp_enabled: ${message}`, flaws: [{ path, message }] })
}

function reachableOf(realm: Level): number {
  const policy = { ...realm.policy, smsEnabled: false }
  return reachableAal({ policy, passkeyEnabled: false, magicLinkEnabled: false })
}
