// Where SAML providers send people back, and find the metadata of this server.
import { findExternalProvider, isSaml, type SamlProvider } from '#domain/external-sign-in/external-provider.ts'
import { providerFailure } from '#domain/external-sign-in/provider-failure.ts'
import { isUnsolicited, RESPONSE_MAX, readResponse } from '#domain/external-sign-in/saml-document.ts'
import { samlIdentityFrom } from '#domain/external-sign-in/saml-identity.ts'
import { samlMetadata } from '#domain/external-sign-in/saml-request.ts'
import { SAML_PATH, START_PATH } from '#domain/identity-provider/identity-provider.ts'
import type { Services } from '#domain/open-context.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'
import { postedAgain, replyToAnswer } from './external-answer.ts'
import { failureReply } from './page-reply.ts'

const ProviderId = idOf('identity_provider')

/** The assertion consumer service of each provider (SAML Bindings §3.5), and the metadata of this server for it. */
export const samlPage: Endpoint = {
  name: 'saml_service_provider',
  methods: ['GET', 'POST'],
  paths: [`${SAML_PATH}/*`],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const [, id, what] = /^([^/]+)\/(acs|metadata)$/.exec(realmRequest.rest ?? '') ?? []
    if (id !== undefined && what === 'acs' && realmRequest.method === 'POST')
      return takeResponse(services, realmRequest, id)
    if (id !== undefined && what === 'metadata' && realmRequest.method === 'GET')
      return metadata(services, realmRequest, id)
    throw new Failure('not_found')
  },
}

async function takeResponse(services: Services, realmRequest: RealmRequest, id: string): Promise<RealmReply> {
  const { form, base } = realmRequest
  const response = form.get('SAMLResponse', RESPONSE_MAX)
  const state = form.get('RelayState')
  if (await isBegunThere(services, realmRequest, id, response)) {
    return seeOther(withQuery(base + START_PATH, { provider: id }))
  }
  const again = postedAgain(realmRequest, { SAMLResponse: response ?? '', RelayState: state ?? '' })
  if (again) return again
  return replyToAnswer(services, realmRequest, {
    provider: id,
    state,
    identify: (context, provider, pending) => {
      if (!isSaml(provider)) throw providerFailure('saml_response', 'The provider does not speak SAML.')
      return samlIdentityFrom(context, provider, pending, response)
    },
  })
}

/**
 * Whether a person began at a provider that may do so. Its response is not read: whoever has one of their own could else sign
 * other people in as themselves. It leads to a request of this server, which the provider answers at once.
 */
async function isBegunThere(
  services: Services,
  realmRequest: RealmRequest,
  id: string,
  response: string | undefined,
): Promise<boolean> {
  if (response === undefined || !isUnsolicited(await readResponse(response))) return false
  return (await samlProvider(services, realmRequest, id))?.protocol.settings.idpInitiated === true
}

async function samlProvider(
  services: Services,
  realmRequest: RealmRequest,
  id: string,
): Promise<SamlProvider | undefined> {
  const read = ProviderId.safeParse(id)
  const provider = read.success && (await findExternalProvider(contextOf(services, realmRequest), read.data))
  return provider && isSaml(provider) ? provider : undefined
}

async function metadata(services: Services, realmRequest: RealmRequest, id: string): Promise<RealmReply> {
  const provider = await samlProvider(services, realmRequest, id)
  if (!provider) throw new Failure('not_found')
  const headers = { 'content-type': 'application/samlmetadata+xml', 'x-content-type-options': 'nosniff' }
  return { status: 200, headers, body: await samlMetadata(contextOf(services, realmRequest), provider) }
}
