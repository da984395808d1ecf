// Where identity providers return people by OpenID Connect and OAuth 2.0.
import { identityFrom } from '#domain/external-sign-in/external-identity.ts'
import { CALLBACK_PATH } from '#domain/identity-provider/identity-provider.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { postedAgain, replyToAnswer } from './external-answer.ts'
import { failureReply } from './page-reply.ts'

const PARAMETERS = ['code', 'state', 'error', 'iss', 'user'] as const
/** How long what Apple tells of a new person may be, in characters. */
const USER_MAX = 4096

/** The redirect URI of each provider. The answer is in the query, or a form that the provider's page posts. */
export const externalCallbackPage: Endpoint = {
  name: 'external_callback',
  methods: ['GET', 'POST'],
  paths: [`${CALLBACK_PATH}/*`],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const { form, method, query, rest = '' } = realmRequest
    const isPost = method === 'POST'
    const given = Object.fromEntries(
      PARAMETERS.map((name) => [name, isPost ? form.get(name, USER_MAX) : query.get(name)]),
    ) as Partial<Record<(typeof PARAMETERS)[number], string>>
    const posted = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const again = isPost ? postedAgain(realmRequest, posted as Record<string, string>) : undefined
    if (again) return again
    const { code, error, iss, user } = given
    return replyToAnswer(services, realmRequest, {
      provider: rest,
      state: given.state,
      identify: (context, provider, pending) =>
        identityFrom(context, provider, pending, { code, error, iss, user: isPost ? user : undefined }),
    })
  },
}
