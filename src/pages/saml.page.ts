// Where SAML providers send people back, and find the metadata of this server.
import { findExternalProvider, isSaml } from '#domain/external-sign-in/external-provider.ts'
import { providerFailure } from '#domain/external-sign-in/provider-failure.ts'
import { RESPONSE_MAX } from '#domain/external-sign-in/saml-document.ts'
import { samlIdentityFrom } from '#domain/external-sign-in/saml-identity.ts'
import { samlMetadata } from '#domain/external-sign-in/saml-request.ts'
import { SAML_PATH } from '#domain/identity-provider/identity-provider.ts'
import type { Services } from '#domain/open-context.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { readCookie } from '#web/cookies.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { postingPage } from '#web/reply.ts'
import { replyToAnswer } from './external-answer.ts'
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
  const { form, base, path, language } = realmRequest
  const response = form.get('SAMLResponse', RESPONSE_MAX)
  const state = form.get('RelayState')
  // The provider's page posts it, so the browser leaves out the cookies (SameSite=Lax). This server's page posts it once more.
  if (readCookie(realmRequest, 'browser') === undefined && form.get('again') === undefined) {
    const parameters = { SAMLResponse: response ?? '', RelayState: state ?? '', again: 'yes' }
    return postingPage(base + path, parameters, language)
  }
  return replyToAnswer(services, realmRequest, {
    provider: id,
    state,
    identify: (context, provider, pending) => {
      if (!isSaml(provider)) throw providerFailure('saml_response', 'The provider does not speak SAML.')
      return samlIdentityFrom(context, provider, pending, response)
    },
  })
}

async function metadata(services: Services, realmRequest: RealmRequest, id: string): Promise<RealmReply> {
  const context = contextOf(services, realmRequest)
  const read = ProviderId.safeParse(id)
  const provider = read.success ? await findExternalProvider(context, read.data) : undefined
  if (!provider || !isSaml(provider)) throw new Failure('not_found')
  const headers = { 'content-type': 'application/samlmetadata+xml', 'x-content-type-options': 'nosniff' }
  return { status: 200, headers, body: await samlMetadata(context, provider) }
}
