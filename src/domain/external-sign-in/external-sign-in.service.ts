// Signs in people whom an identity provider knows: finds the user, links or creates it where that is allowed.
import { Failure } from '#kernel/error.ts'
import { emailKey } from '#kernel/identity-text.ts'
import { tellOfAuthenticator } from '../account/authenticator-notice.ts'
import { acceptsAddress } from '../account/user-registration.service.ts'
import { userActor } from '../actor.ts'
import type { Context, Unit } from '../context.ts'
import { linkAccount } from '../linked-account/linked-account.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { MethodName } from '../sign-in/methods.ts'
import { repeatedSession, type SignInPlace } from '../sign-in/open-session.ts'
import { type Advance, proceed } from '../sign-in/proceed.ts'
import { firstProven, type Proven } from '../sign-in/proven.ts'
import { addUser } from '../user/user.service.ts'
import type { User } from '../user/user.ts'
import type { ExternalIdentity } from './external-identity.ts'
import { type ExternalProvider, isLdap, ownsAddress, providerOfAddress } from './external-provider.ts'
import { synchroniseMapped, wantedBy } from './mapped-access.ts'
import { userOf } from './new-user.ts'

/** What came of a person whom a provider knows. */
export type ExternalOutcome =
  | Advance
  /** The user may not sign in. */
  | { readonly kind: 'refused' }
  /** Nobody is linked to the provider's account, and nobody is linked or created by itself. */
  | { readonly kind: 'no_account' }

/** How many events about people without a user are written in a directory. */
const UNKNOWN_EVENTS = { limit: 600, windowSeconds: 3600 }

/**
 * Signs in a person whom a provider knows.
 * @param person a context in which a new user acts, whose id is that of the actor
 * @throws Failure `limit_reached`, `expired` for a provider that was changed in the meantime
 */
export async function signInExternally(
  context: Context,
  provider: ExternalProvider,
  identity: ExternalIdentity,
  place: SignInPlace,
  person: Context,
): Promise<ExternalOutcome> {
  const outcome = await signInLinked(context, provider, identity, place)
  if (outcome) return outcome
  const isKnown = (await linkByAddress(context, provider, identity)) || (await createUser(person, provider, identity))
  const adopted = isKnown ? await signInLinked(context, provider, identity, place) : undefined
  if (adopted) return adopted
  await emitExternalFailure(context, provider, { reason: 'no_linked_account' })
  return { kind: 'no_account' }
}

/** Signs in the user to whom the provider's account is linked; undefined if there is none. */
async function signInLinked(
  context: Context,
  provider: ExternalProvider,
  { issuer, subject, claims, typed, authenticatedAt = 0 }: ExternalIdentity,
  place: SignInPlace,
): Promise<Advance | { readonly kind: 'refused' } | undefined> {
  const { directoryId } = realmOf(context.scope)
  const now = context.clock.now()
  const found = await context.write(async (unit) => {
    await lockEnabled(unit, provider)
    const account = await unit.linkedAccounts.find({ providerId: provider.id, issuer, subject })
    const user = account && (await unit.users.lock(directoryId, account.userId))
    if (!account || !user) return undefined
    if (user.status === 'active') await synchroniseMapped(context, unit, user, { provider, account, claims })
    const method = isLdap(provider) ? 'password' : 'external'
    const joining = (await joinsAtTheEnd(unit, provider, user))
      ? { providerId: provider.id, accountId: account.id, wanted: wantedBy(provider, claims, true) }
      : undefined
    const advance = await proceedAs(context, unit, user, place, { method, authenticatedAt, typed, joining })
    if (!advance) return user
    await unit.linkedAccounts.recordUse(account, now)
    return advance
  })
  if (!found || 'kind' in found) return found
  await emitExternalFailure(context, provider, { reason: 'suspended', user: found })
  return { kind: 'refused' }
}

async function proceedAs(
  context: Context,
  unit: Unit,
  user: User,
  place: SignInPlace,
  {
    method,
    authenticatedAt,
    ...kept
  }: { method: MethodName; authenticatedAt: number } & Pick<Proven, 'typed' | 'joining'>,
): Promise<Advance | undefined> {
  if (user.status !== 'active') return undefined
  const repeated = await repeatedSession(context, unit, user.id, place)
  const proven = firstProven(user, [method], context.clock.now(), authenticatedAt)
  if (!repeated) return proceed(context, unit, { ...proven, ...kept }, place)
  await place.also(unit, user, repeated)
  return { kind: 'signed_in', user, ...repeated }
}

/** Whether the sign-in makes a person a member of the provider's organization: if the provider creates users. */
async function joinsAtTheEnd(unit: Unit, provider: ExternalProvider, { id }: User): Promise<boolean> {
  const { organizationId, jitProvisioning } = provider
  if (organizationId === null || !jitProvisioning) return false
  return (await unit.organizations.member(organizationId, id)) === undefined
}

/** A provider that was disabled, deleted or changed in the meantime signs nobody in. @throws Failure `expired` */
async function lockEnabled(unit: Unit, { realmId, id, version }: ExternalProvider): Promise<void> {
  const now = await unit.identityProviders.lock(realmId, id)
  if (!now?.enabled || now.version !== version) throw new Failure('expired')
}

/**
 * Links the provider's account to the user with the same address, if both sides have verified it and the provider is trusted
 * for it: its domain is one of the provider's, or the administrator trusts the provider for every address. A mail tells the
 * user.
 */
async function linkByAddress(
  context: Context,
  provider: ExternalProvider,
  { email, emailVerified, issuer, subject, label }: ExternalIdentity,
): Promise<boolean> {
  if (email === null || !emailVerified) return false
  if (!isTrustedFor(provider, email) || (await isOfAnother(context, provider, email))) return false
  const { directoryId } = realmOf(context.scope)
  const found = await context.read.users.findForSignIn(directoryId, emailKey(email))
  if (!found?.user.emailVerified) return false
  return context.write(async (unit) => {
    await lockEnabled(unit, provider)
    const user = await unit.users.lock(directoryId, found.user.id)
    const isSame = user?.emailVerified && emailKey(user.email) === emailKey(email)
    if (!isSame || user.status !== 'active') return false
    const account = { providerId: provider.id, issuer, subject, label, actor: userActor(user) }
    if (!(await isLinked(linkAccount(context, unit, user, account)))) return false
    await tellOfAuthenticator(context, unit, user, 'account_linked', provider.name)
    return true
  })
}

/**
 * Creates the user of a person, if the provider creates users, and the realm takes the address: because it is of one of the
 * provider's domains, or because anybody may make an account with it. Outside these domains it has to be verified. It counts
 * as verified here only if the provider is trusted for it: else whoever runs a provider could have an account ready for
 * somebody else's address. The provider of an organization creates users only with addresses of its domains.
 * @throws Failure `limit_reached`
 */
async function createUser(context: Context, provider: ExternalProvider, identity: ExternalIdentity): Promise<boolean> {
  const { email, emailVerified, issuer, subject, label } = identity
  if (!provider.jitProvisioning || email === null) return false
  const isOfRealm = provider.organizationId === null
  const isTaken = isOfRealm && emailVerified && acceptsAddress(realmOf(context.scope), email)
  if (!isTaken && !ownsAddress(provider, email)) return false
  if (await isOfAnother(context, provider, email)) return false
  const proven = { ...identity, emailVerified: emailVerified && isTrustedFor(provider, email) }
  const user = userOf(context, provider, proven, { id: context.actor.id, email })
  return isLinked(
    context.write(async (unit) => {
      await lockEnabled(unit, provider)
      await addUser(context, unit, user, {})
      await linkAccount(context, unit, user, { providerId: provider.id, issuer, subject, label })
    }),
  )
}

/** Whether an address that the provider has verified is: it is of one of its domains, or the administrator says so. */
function isTrustedFor(provider: ExternalProvider, email: string): boolean {
  return ownsAddress(provider, email) || provider.protocol.settings.trustEmail
}

/** Whether only another provider speaks for an address: it is of one of its domains, and of none of this one's. */
async function isOfAnother(context: Context, provider: ExternalProvider, email: string): Promise<boolean> {
  return !ownsAddress(provider, email) && (await providerOfAddress(context, email)) !== undefined
}

/** Whether a link was made; false where the address or the provider's account belongs to somebody. */
async function isLinked(made: Promise<unknown>): Promise<boolean> {
  try {
    await made
    return true
  } catch (error) {
    if (error instanceof Failure && error.code === 'already_exists') return false
    throw error
  }
}

/**
 * Tells operators of a sign-in at a provider that failed. Whoever has an account there can fail, so that events about people
 * without a user have a budget in all.
 */
export async function emitExternalFailure(
  { limiter, scope, write }: Context,
  { id: providerId, name }: ExternalProvider,
  { reason, user }: { readonly reason: string; readonly user?: User },
): Promise<void> {
  const { directoryId } = realmOf(scope)
  const { limit, windowSeconds } = UNKNOWN_EVENTS
  if (!user && (await limiter.take(`unknown-users ${directoryId}`, limit, windowSeconds)) > 0) return
  await write((unit) =>
    unit.emit('sign_in.failed', {
      subject: { type: 'user', id: user?.id ?? 'unknown', label: user?.email ?? null },
      result: 'failure',
      data: { method: 'fed', reason, providerId, provider: name },
    }),
  )
}
