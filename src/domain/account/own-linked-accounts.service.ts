// What people do with the accounts at identity providers with which they sign in: they link and unlink them. A mail tells
// them of it.
import { Failure } from '#kernel/error.ts'
import type { Context, Stores } from '../context.ts'
import type { ExternalIdentity } from '../external-sign-in/external-identity.ts'
import {
  browserProvider,
  type ExternalProvider,
  findExternalProvider,
  hasButton,
  providerOfAddress,
  shownProviders,
} from '../external-sign-in/external-provider.ts'
import type { Purpose } from '../external-sign-in/pending-sign-in.ts'
import { linkAccount, unlinkAccount } from '../linked-account/linked-account.service.ts'
import type { LinkedAccount } from '../linked-account/linked-account.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import type { User } from '../user/user.ts'
import { endAccess } from '../user/user-end.service.ts'
import { tellOfAuthenticator } from './authenticator-notice.ts'
import { lockActive } from './own-account.service.ts'
import { checkMayChange } from './own-level.ts'
import { checkSignsIn } from './own-ways.ts'

/** A linked account, with the name of its provider: null for one at which nobody signs in here now. */
export interface OwnLinkedAccount {
  readonly account: LinkedAccount
  readonly provider: string | null
}

/**
 * The person's linked accounts, and the providers at which none is linked: those that have a button, and that of the domain of
 * the person's address. Those of organizations and directories are not linked here.
 */
export async function ownLinkedAccounts(
  context: Context,
  user: Pick<User, 'id' | 'email'>,
): Promise<{ readonly linked: readonly OwnLinkedAccount[]; readonly others: readonly ExternalProvider[] }> {
  const linked: OwnLinkedAccount[] = []
  for (const account of await context.read.linkedAccounts.allOf(user.id)) {
    linked.push({ account, provider: (await findExternalProvider(context, account.providerId))?.name ?? null })
  }
  const [shown, ofAddress] = [await shownProviders(context), await providerOfAddress(context, user.email)]
  const isMore = ofAddress?.organizationId === null && !shown.some(({ id }) => id === ofAddress.id)
  const all = (isMore ? [...shown, ofAddress] : shown).filter(browserProvider)
  return { linked, others: all.filter(({ id }) => !linked.some(({ account }) => account.providerId === id)) }
}

/**
 * Links the provider's account to the person whose session asked for it, and to nobody else.
 * @param signedIn of the browser that brings the answer
 * @throws Failure `forbidden` for another session than the one that asked, `already_exists` if the account is somebody's,
 *   `limit_reached`, `unmet_authentication_requirements` as `checkMayChange`
 */
export async function linkOwnAccount(
  context: Context,
  signedIn: SignedIn | undefined,
  provider: ExternalProvider,
  purpose: Extract<Purpose, { kind: 'link' }>,
  { issuer, subject, label }: ExternalIdentity,
): Promise<void> {
  const { userId, sessionId } = purpose
  if (!signedIn || signedIn.user.id !== userId || signedIn.session.id !== sessionId) {
    throw new Failure('forbidden', 'You signed out or signed in as somebody else in the meantime.')
  }
  await context.write(async (unit) => {
    const user = await lockActive(context, unit, signedIn.user)
    checkMayChange(context, user, signedIn.session)
    const now = await unit.identityProviders.lock(provider.realmId, provider.id)
    if (!now?.enabled) throw new Failure('expired')
    await linkAccount(context, unit, user, { providerId: provider.id, issuer, subject, label })
    await tellOfAuthenticator(context, unit, user, 'account_linked', provider.name)
  })
}

/**
 * Unlinks an account of the person. The other sessions and all tokens end, for somebody else's account may have made them.
 * @throws Failure `not_found` for another id, `conflict` if the person could not sign in here any more,
 *   `unmet_authentication_requirements` as `checkMayChange`
 */
export async function unlinkOwnAccount(context: Context, signedIn: SignedIn, id: string): Promise<void> {
  const { linked } = await ownLinkedAccounts(context, signedIn.user)
  const name = linked.find(({ account }) => account.id === id)?.provider ?? null
  await context.write(async (unit) => {
    const user = await lockActive(context, unit, signedIn.user)
    checkMayChange(context, user, signedIn.session)
    // An account at a provider of another realm may be the only way to sign in there.
    const authenticators = await unit.authenticators.allOf(user.id)
    const linked = await usableLinks(context, unit, user, id)
    checkSignsIn(context, { password: user.passwordSetAt !== null, authenticators, linked })
    await unlinkAccount(context, unit, user, id)
    const now = context.clock.now()
    await endAccess(context, unit, user.id, { why: 'account_unlinked', now, kept: signedIn.session.id })
    await tellOfAuthenticator(context, unit, user, 'account_unlinked', name)
  })
}

/**
 * With how many linked accounts a person can sign in here now. A provider without a button counts only if the person's address
 * leads there.
 * @param except the id of an account that does not count
 */
export async function usableLinks(
  { scope }: Pick<Context, 'scope'>,
  read: Pick<Stores, 'emailDomains' | 'identityProviders' | 'linkedAccounts'>,
  { id: userId, email }: Pick<User, 'id' | 'email'>,
  except?: string,
): Promise<number> {
  const ofAddress = await providerOfAddress({ read, scope }, email)
  let usable = 0
  for (const { id, providerId } of await read.linkedAccounts.allOf(userId)) {
    const provider = id === except ? undefined : await findExternalProvider({ read, scope }, providerId)
    if (provider && (hasButton(provider) || provider.id === ofAddress?.id)) usable++
  }
  return usable
}
