// The page that sends people straight to one identity provider, for links from there.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { beginTransaction } from '#domain/authorization/transaction.ts'
import { authorizationUrl } from '#domain/external-sign-in/authorization-url.ts'
import { isSaml } from '#domain/external-sign-in/external-provider.ts'
import { START_PATH } from '#domain/identity-provider/identity-provider.ts'
import type { Services } from '#domain/open-context.ts'
import { pageRequest } from '#domain/sign-in/page-request.ts'
import { browserOf } from '#web/cookies.ts'
import { currentSession } from '#web/current-session.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { seeOther } from '#web/reply.ts'
import { providerOfId } from './external-sign-in.ts'
import { failureReply } from './page-reply.ts'

/** Signs a person in at the provider that `provider` names. */
export const providerStartPage: Endpoint = {
  name: 'provider_start',
  methods: ['GET'],
  paths: [START_PATH],
  refuse: failureReply,
  respond: (services, realmRequest) => startAt(services, realmRequest, realmRequest.query.get('provider') ?? ''),
}

/**
 * Signs a person in at a provider. Whoever is signed in goes on: to the start URL of the provider, or to the account.
 * @param id of the provider, as a path or query has it
 * @throws Failure `not_found`, `too_many_requests`
 */
export async function startAt(services: Services, realmRequest: RealmRequest, id: string): Promise<RealmReply> {
  const context = contextOf(services, realmRequest)
  const provider = await providerOfId({ context }, id)
  if (await currentSession(context, realmRequest)) {
    const startUrl = isSaml(provider) ? provider.protocol.settings.startUrl : null
    return seeOther(startUrl ?? realmRequest.base + ACCOUNT_PATHS.overview)
  }
  const browser = browserOf(context, realmRequest)
  const request = pageRequest(START_PATH, { provider: id })
  const { id: transaction } = beginTransaction(context, request, browser.secret)
  const asked = { purpose: { kind: 'sign_in', transaction }, maxAge: null } as const
  return seeOther(await authorizationUrl(context, provider, asked, browser.secret), browser.setCookie)
}
