// What people do with the second factors that they have: they remove apps, telephones and passkeys, and renew recovery codes. A
// mail tells them of it.
import { Failure } from '#kernel/error.ts'
import { REMOVED, removeAuthenticator, replaceRecoverySet } from '../authenticator/authenticator.service.ts'
import type { Authenticator, AuthenticatorKind } from '../authenticator/authenticator.ts'
import { newRecoveryCodes } from '../authenticator/recovery-codes.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { secondMethodsOf } from '../sign-in/next-step.ts'
import { setUpAt, setUpOf } from '../sign-in/set-up.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import type { User } from '../user/user.ts'
import { endAccess } from '../user/user-end.service.ts'
import { tellOfAuthenticator } from './authenticator-notice.ts'
import { lockActive } from './own-account.service.ts'
import { checkMayChange, levelToChange } from './own-level.ts'
import { usableLinks } from './own-linked-accounts.service.ts'
import { checkSignsIn } from './own-ways.ts'

/** As {@link removeOwnApp}, for a telephone. */
export function removeOwnPhone(context: Context, signedIn: SignedIn, id: string): Promise<void> {
  return removeOwn(context, signedIn, id, 'sms')
}

/**
 * Removes an authenticator app of the person. The other sessions and all tokens end, for it may have been somebody else's.
 * @throws Failure `not_found` for the id of anything else, `conflict` if the realm demands a second factor and this is the
 *   last one, `unmet_authentication_requirements` as `checkMayChange`
 */
export function removeOwnApp(context: Context, signedIn: SignedIn, id: string): Promise<void> {
  return removeOwn(context, signedIn, id, 'totp')
}

/**
 * Removes a passkey of the person. The other sessions and all tokens end, for they may have been begun with it.
 * @throws Failure as {@link removeOwnApp}, and `conflict` if the person could not sign in here any more
 */
export function removeOwnPasskey(context: Context, signedIn: SignedIn, id: string): Promise<void> {
  return removeOwn(context, signedIn, id, 'passkey')
}

async function removeOwn(context: Context, signedIn: SignedIn, id: string, kind: AuthenticatorKind): Promise<void> {
  await context.write(async (unit) => {
    const user = await lockActive(context, unit, signedIn.user)
    checkMayChange(context, user, signedIn.session)
    const all = await unit.authenticators.allOf(user.id)
    const removed = all.find((one) => one.id === id)
    if (removed?.kind !== kind) throw new Failure('not_found')
    const left = all.filter((one) => one.id !== id)
    const linked = await usableLinks(context, unit, user)
    const ways = { password: user.passwordSetAt !== null, authenticators: left, linked }
    if (kind === 'passkey') checkSignsIn(context, ways)
    checkMeetsRealm(context, user, left)
    await removeAuthenticator(context, unit, user, id)
    const now = context.clock.now()
    await endAccess(context, unit, user.id, { why: 'second_factors_removed', now, kept: signedIn.session.id })
    const told = REMOVED[kind]
    if (told) await tellOfAuthenticator(context, unit, user, told, removed.name)
  })
}

/** Only what works at this realm counts: no page here can ask for a passkey of another host. */
function checkMeetsRealm(context: Context, user: User, left: readonly Authenticator[]): void {
  const realm = realmOf(context.scope)
  if (realm.minAal < 2 || secondMethodsOf(realm, setUpAt(context, user, left)).length > 0) return
  throw new Failure('conflict', {
    message: 'A second step is demanded here, and this is your last one.',
    told: 'lastStep',
  })
}

/**
 * Makes new recovery codes for the person; the former ones work no more.
 * @returns the codes, which are shown once
 * @throws Failure `conflict` for a person who has no second factor, `unmet_authentication_requirements` as
 *   `checkMayChange`
 */
export function renewRecoveryCodes(context: Context, { user: { id }, session }: SignedIn): Promise<readonly string[]> {
  const codes = newRecoveryCodes(context.random)
  return context.write(async (unit) => {
    const user = await lockActive(context, unit, { id })
    if (user.secondFactors === 0) {
      const message = 'Recovery codes need a second step to replace.'
      throw new Failure('conflict', { message, told: 'nothingToReplace' })
    }
    checkMayChange(context, user, session)
    await replaceRecoverySet(context, unit, user, codes)
    await tellOfAuthenticator(context, unit, user, 'codes_renewed', 'Recovery codes')
    return codes
  })
}

/**
 * The level that the person's session must have at a page of the account.
 * @param changes whether the page changes what the person signs in with; else a second factor counts only where this realm
 *   can ask for it
 * @throws Failure `unmet_authentication_requirements` if the session is below the level, and this realm cannot ask for the
 *   person's second factor
 */
export async function demandedLevel(
  context: Context,
  { user, session }: SignedIn,
  { changes }: { readonly changes: boolean },
): Promise<number> {
  const realm = realmOf(context.scope)
  const level = levelToChange(realm, user)
  if (session.aal >= level || user.secondFactors === 0) return level
  if (await canAskFor(context, context.read, user)) return level
  if (!changes) return realm.minAal
  throw new Failure(
    'unmet_authentication_requirements',
    'You have a second step that cannot be asked for at this address, so it cannot be changed here.',
  )
}

async function canAskFor(context: Context, stores: Pick<Unit, 'authenticators'>, user: User): Promise<boolean> {
  return secondMethodsOf(realmOf(context.scope), await setUpOf(context, stores, user)).length > 0
}
