// What people do with the accounts at identity providers with which they sign in: they link and unlink them. A mail tells
// them of it.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import type { ExternalIdentity } from '../external-sign-in/external-identity.ts'
import { type ExternalProvider, externalProviders } from '../external-sign-in/external-provider.ts'
import type { Purpose } from '../external-sign-in/pending-sign-in.ts'
import { linkAccount, unlinkAccount } from '../linked-account/linked-account.service.ts'
import type { LinkedAccount } from '../linked-account/linked-account.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import type { User } from '../user/user.ts'
import { tellOfAuthenticator } from './authenticator-notice.ts'
import { lockActive } from './own-account.service.ts'
import { checkMayChange } from './own-level.ts'
import { checkSignsIn } from './own-ways.ts'

/** A linked account, with the name of its provider: null for one at which nobody signs in here now. */
export interface OwnLinkedAccount {
  readonly account: LinkedAccount
  readonly provider: string | null
}

/** The person's linked accounts, and the providers at which none is linked. */
export async function ownLinkedAccounts(
  context: Context,
  user: Pick<User, 'id'>,
): Promise<{ readonly linked: readonly OwnLinkedAccount[]; readonly others: readonly ExternalProvider[] }> {
  const [accounts, providers] = [await context.read.linkedAccounts.allOf(user.id), await externalProviders(context)]
  const nameOf = (id: string) => providers.find((provider) => provider.id === id)?.name ?? null
  return {
    linked: accounts.map((account) => ({ account, provider: nameOf(account.providerId) })),
    others: providers.filter(({ id }) => !accounts.some(({ providerId }) => providerId === id)),
  }
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
 * Unlinks an account of the person.
 * @throws Failure `not_found` for another id, `conflict` if the person could not sign in here any more,
 *   `unmet_authentication_requirements` as `checkMayChange`
 */
export async function unlinkOwnAccount(context: Context, signedIn: SignedIn, id: string): Promise<void> {
  const { linked } = await ownLinkedAccounts(context, signedIn.user)
  const usable = await usableLinks(context, signedIn.user.id)
  const name = linked.find(({ account }) => account.id === id)?.provider ?? null
  await context.write(async (unit) => {
    const user = await lockActive(context, unit, signedIn.user)
    checkMayChange(context, user, signedIn.session)
    const left = (await unit.linkedAccounts.allOf(user.id)).filter((one) => one.id !== id && usable.has(one.id))
    // An account at a provider of another realm may be the only way to sign in there.
    const authenticators = await unit.authenticators.allOf(user.id)
    checkSignsIn(context, { password: user.passwordSetAt !== null, authenticators, linked: left.length })
    await unlinkAccount(unit, user, id)
    await tellOfAuthenticator(context, unit, user, 'account_unlinked', name)
  })
}

/** The ids of the linked accounts with which a person can sign in here now. */
export async function usableLinks(context: Context, userId: string): Promise<ReadonlySet<string>> {
  const { linked } = await ownLinkedAccounts(context, { id: userId })
  return new Set(linked.flatMap(({ account, provider }) => (provider === null ? [] : [account.id])))
}
