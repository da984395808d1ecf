// Lets people who sign in without their password remove it.
import { Failure } from '#kernel/error.ts'
import type { Context, Stores } from '../context.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import type { User } from '../user/user.ts'
import { endAccess } from '../user/user-end.service.ts'
import { tellOfNewPassword } from './change-notice.ts'
import { lockActive } from './own-account.service.ts'
import { checkMayChange } from './own-level.ts'
import { usableLinks } from './own-linked-accounts.service.ts'
import { canSignIn, checkSignsIn, type Ways } from './own-ways.ts'

/** Whether the person has a password, and could sign in here without it. */
export async function canRemovePassword(context: Context, { user }: SignedIn): Promise<boolean> {
  if (user.passwordSetAt === null) return false
  return canSignIn(context, await waysWithout(context, context.read, user))
}

/**
 * Removes the person's password. The other sessions and all tokens end, as with a new one, and the person is told by mail. The
 * caller must have checked that the sign-in is recent.
 * @returns the person without it
 * @throws Failure `not_found` without a password or if the person is not active any more, `conflict` if it is the only way to
 *   sign in here, `unmet_authentication_requirements` as `checkMayChange`
 */
export async function removeOwnPassword(context: Context, { user: { id }, session }: SignedIn): Promise<User> {
  return context.write(async (unit) => {
    const user = await lockActive(context, unit, { id })
    checkMayChange(context, user, session)
    if (user.passwordSetAt === null) throw new Failure('not_found')
    checkSignsIn(context, await waysWithout(context, unit, user))
    const now = context.clock.now()
    await unit.users.removePassword(id, now)
    const ended = await endAccess(context, unit, id, { why: 'password_removed', now, kept: session.id })
    unit.emit('user.password_removed', {
      subject: { type: 'user', id, label: user.email },
      data: { email: user.email, directoryId: user.directoryId, ...ended },
    })
    await tellOfNewPassword(context, unit, user, { isKept: true, isRemoved: true })
    return { ...user, passwordSetAt: null }
  })
}

async function waysWithout(
  context: Pick<Context, 'scope'>,
  read: Pick<Stores, 'authenticators' | 'emailDomains' | 'identityProviders' | 'linkedAccounts'>,
  user: Pick<User, 'id' | 'email'>,
): Promise<Ways> {
  const linked = await usableLinks(context, read, user)
  return { password: false, authenticators: await read.authenticators.allOf(user.id), linked }
}
