// Does away with what somebody else may have had of an account until the owner of its address came.
import { removeAuthenticators } from '../authenticator/authenticator.service.ts'
import type { Context, Unit } from '../context.ts'
import { unlinkAccounts } from '../linked-account/linked-account.service.ts'
import type { User } from '../user/user.ts'
import { endAccess } from '../user/user-end.service.ts'

/**
 * Removes the authenticators and linked accounts of a user inside a write, and ends the sessions and tokens: nobody had proven
 * to own the address before.
 * @param user whose row is locked
 */
export async function endFormerAccess(context: Context, unit: Unit, user: User): Promise<void> {
  await removeAuthenticators(context, unit, user)
  await unlinkAccounts(context, unit, user)
  await endAccess(context, unit, user.id, { why: 'revoked', now: context.clock.now() })
}
