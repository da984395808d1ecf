// How pages send a person to an identity provider.

import { organizationNamed } from '#domain/authorization/chosen-organization.ts'
import { isForClient } from '#domain/authorization/transaction.ts'
import { authorizationUrl } from '#domain/external-sign-in/authorization-url.ts'
import {
  browserProvider,
  type ExternalProvider,
  findExternalProvider,
  providerOfAddress,
  shownProviders,
  tellsAuthTime,
} from '#domain/external-sign-in/external-provider.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { readCookie } from '#web/cookies.ts'
import type { RealmReply } from '#web/realm-request.ts'
import { seeOther } from '#web/reply.ts'
import { checkTaken, takes, type Waiting } from './waiting.ts'

const ProviderId = idOf('identity_provider')

/** The providers that have a button for the request. */
export async function providersFor(waiting: Waiting): Promise<ExternalProvider[]> {
  const providers = await shownProviders(waiting.context, await organizationOf(waiting))
  return providers.filter((provider) => fits(waiting, provider))
}

/** The organization that the sign-in is for, if the request names one. */
async function organizationOf({ context, client, transaction }: Waiting): Promise<string | undefined> {
  if (!isForClient(transaction)) return undefined
  return organizationNamed(context, client, transaction.request.organization)
}

/** Whether a provider can do what the request asks for: the client takes such sign-ins, and it may have to say when the person signed in there. */
function fits(waiting: Waiting, provider: ExternalProvider): boolean {
  if (!takes(waiting, 'external')) return false
  return maxAgeOf(waiting) === null || tellsAuthTime(provider)
}

/** A provider by its id. @throws Failure `not_found` if people do not sign in there now */
export async function providerOfId({ context }: Pick<Waiting, 'context'>, id: string): Promise<ExternalProvider> {
  const read = ProviderId.safeParse(id)
  const provider = read.success ? browserProvider(await findExternalProvider(context, read.data)) : undefined
  return provider ?? refuseProvider()
}

/** The provider of a button of the realm. @throws Failure `not_found` also for one of an organization */
export async function providerOfRealm(asking: Pick<Waiting, 'context'>, id: string): Promise<ExternalProvider> {
  const provider = await providerOfId(asking, id)
  return provider.organizationId === null ? provider : refuseProvider()
}

/** The provider of a button for a request. @throws Failure `not_found` also for one of another organization */
export async function providerOfButton(waiting: Waiting, id: string): Promise<ExternalProvider> {
  const provider = await providerOfId(waiting, id)
  const isOffered = provider.organizationId === null || provider.organizationId === (await organizationOf(waiting))
  return isOffered ? provider : refuseProvider()
}

function refuseProvider(): never {
  throw new Failure('not_found', 'People do not sign in at this provider any more.')
}

/** The provider of the domain of an address, whether there is an account or not. */
export async function providerOfTyped(waiting: Waiting, email: string): Promise<ExternalProvider | undefined> {
  const provider = browserProvider(await providerOfAddress(waiting.context, email))
  return provider && fits(waiting, provider) ? provider : undefined
}

/**
 * Goes to a provider for the request that waits.
 * @param typed the address that the person typed
 * @throws Failure `not_found` for a provider that cannot do what the request asks for
 */
export async function toProvider(waiting: Waiting, provider: ExternalProvider, typed?: string): Promise<RealmReply> {
  const { context, realmRequest, transaction } = waiting
  const { request } = transaction
  checkTaken(waiting, 'external')
  if (!fits(waiting, provider)) throw new Failure('not_found', 'This provider cannot be asked for a new sign-in.')
  const asked = {
    purpose: { kind: 'sign_in', transaction: transaction.id },
    maxAge: maxAgeOf(waiting),
    selectsAccount: request.prompt.includes('select_account'),
    loginHint: typed ?? request.loginHint ?? undefined,
  } as const
  return seeOther(await authorizationUrl(context, provider, asked, readCookie(realmRequest, 'browser') ?? ''))
}

/** How old the sign-in at the provider may be, in seconds; null for any. */
function maxAgeOf({ transaction: { request } }: Waiting): number | null {
  return request.prompt.includes('login') ? 0 : request.maxAge
}
