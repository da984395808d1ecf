// The page that sends people straight to one identity provider, for links from there.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { beginTransaction } from '#domain/authorization/transaction.ts'
import { authorizationUrl } from '#domain/external-sign-in/authorization-url.ts'
import { isSaml } from '#domain/external-sign-in/external-provider.ts'
import { START_PATH } from '#domain/identity-provider/identity-provider.ts'
import { pageRequest } from '#domain/sign-in/page-request.ts'
import { browserOf } from '#web/cookies.ts'
import { currentSession } from '#web/current-session.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { seeOther } from '#web/reply.ts'
import { providerOfId } from './external-sign-in.ts'
import { failureReply } from './page-reply.ts'

/**
 * Signs a person in at the provider that `provider` names. Whoever is signed in goes on: to the start URL of the provider,
 * or to the account.
 */
export const providerStartPage: Endpoint = {
  name: 'provider_start',
  methods: ['GET'],
  paths: [START_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const id = realmRequest.query.get('provider') ?? ''
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
  },
}
