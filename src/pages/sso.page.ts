// The paths that identity providers know which were registered for a server with other paths: the same pages below `/api/v1/sso`.
import { SSO_PATH, SSO_PREFIX } from '#domain/identity-provider/identity-provider.ts'
import type { Services } from '#domain/open-context.ts'
import { ID_PREFIXES } from '#kernel/id.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { externalCallbackPage } from './external-callback.page.ts'
import { failureReply } from './page-reply.ts'
import { startAt } from './provider-start.page.ts'
import { samlPage } from './saml.page.ts'

type Respond = (services: Services, request: RealmRequest, id: string) => Promise<RealmReply>

/** A page about the provider that the path names. */
function page(name: string, methods: Endpoint['methods'], path: `/${string}`, respond: Respond): Endpoint {
  const [before = '', after = ''] = `${SSO_PATH}${path}`.split('{connection_id}')
  return {
    name,
    methods,
    paths: [`${SSO_PATH}${path}`],
    refuse: failureReply,
    respond: (services, request) => {
      const named = request.path.slice(before.length, -after.length)
      const id = named.startsWith(SSO_PREFIX)
        ? `${ID_PREFIXES.identity_provider}_${named.slice(SSO_PREFIX.length)}`
        : named
      return respond(services, request, id)
    },
  }
}

export const ssoPages: readonly Endpoint[] = [
  page('sso_saml_metadata', ['GET'], '/saml/{connection_id}/metadata', (services, request, id) =>
    samlPage.respond(services, { ...request, rest: `${id}/metadata` }),
  ),
  page('sso_saml_acs', ['POST'], '/saml/{connection_id}/acs', (services, request, id) =>
    samlPage.respond(services, { ...request, rest: `${id}/acs` }),
  ),
  page('sso_oidc_start', ['GET'], '/oidc/{connection_id}/auth', startAt),
  // A few providers post a form.
  page('sso_oidc_callback', ['GET', 'POST'], '/oidc/{connection_id}/callback', (services, request, id) =>
    externalCallbackPage.respond(services, { ...request, rest: id }),
  ),
]
