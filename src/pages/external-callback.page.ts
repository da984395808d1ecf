// Where identity providers return people by OpenID Connect and OAuth 2.0.
import { identityFrom } from '#domain/external-sign-in/external-identity.ts'
import { CALLBACK_PATH } from '#domain/identity-provider/identity-provider.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { replyToAnswer } from './external-answer.ts'
import { failureReply } from './page-reply.ts'

/** The redirect URI of each provider. */
export const externalCallbackPage: Endpoint = {
  name: 'external_callback',
  methods: ['GET'],
  paths: [`${CALLBACK_PATH}/*`],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const { query, rest = '' } = realmRequest
    const response = { code: query.get('code'), error: query.get('error'), iss: query.get('iss') }
    return replyToAnswer(services, realmRequest, {
      provider: rest,
      state: query.get('state'),
      identify: (context, provider, pending) => identityFrom(context, provider, pending, response),
    })
  },
}
