// Says whether a person can still sign in at a realm.
import { Failure } from '#kernel/error.ts'
import type { Authenticator } from '../authenticator/authenticator.ts'
import { partyOf, passkeysAt } from '../authenticator/passkey.service.ts'
import type { Context } from '../context.ts'
import { signsInByMail } from '../sign-in/signs-in-by-mail.ts'

/** What a person has to begin a sign-in with. */
export interface Ways {
  readonly password: boolean
  readonly authenticators: readonly Authenticator[]
  /** How many linked accounts are of providers at which people can sign in here. */
  readonly linked: number
}

/** Whether any of it works at the realm. A passkey of another host does not: no page here can ask for it. */
export function canSignIn(
  context: Pick<Context, 'network' | 'registry' | 'scope'>,
  { password, authenticators, linked }: Ways,
): boolean {
  if (password || linked > 0 || signsInByMail(context)) return true
  const party = partyOf(context)
  return party !== undefined && passkeysAt(party, authenticators).length > 0
}

/** @throws Failure `conflict` if nothing of what is left works at the realm */
export function checkSignsIn(context: Pick<Context, 'network' | 'registry' | 'scope'>, left: Ways): void {
  if (!canSignIn(context, left)) {
    const message = 'This is your only way to sign in here. Add another one first.'
    throw new Failure('conflict', { message, told: 'onlyWay' })
  }
}
