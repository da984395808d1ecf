// The pushed authorization request endpoint (RFC 9126): a client sends its request directly and gets a reference to it.
import { profileOf } from '#domain/realm/profile.ts'
import { Failure } from '#kernel/error.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { json, refuseAsJson } from '#web/reply.ts'
import { addressesOf } from '../addresses.ts'
import { proofOf } from '../binding/binding.ts'
import { authenticateClient } from '../client-authentication/client-authentication.ts'
import { naming } from '../client-authentication/refusal.ts'
import { stepInputOf } from './caller.ts'
import { keepPushed } from './pushed-request.ts'
import { parametersOf } from './request-object.ts'
import { DEFAULTS, takeSteps } from './step.ts'
import { STEPS } from './steps.ts'

const PATH = '/oauth/par'

/** RFC 9126 §2. */
export const pushedAuthorizationEndpoint: Endpoint = {
  name: 'pushed_authorization_request_endpoint',
  methods: ['POST'],
  paths: [PATH],
  crossOrigin: true,
  mutualTls: true,
  refuse: refusePushed,
  async respond(services, request) {
    const { form, issuer, realm } = request
    form.refuseRepeated()
    const context = contextOf(services, request)
    const client = await authenticateClient(context, request, { publicToo: true, provisionalToo: true })
    return naming(client, async () => {
      if (form.get('request_uri') !== undefined) {
        throw new Failure('invalid_request', 'request_uri must not be pushed.')
      }
      const proof = proofOf(context, request, {
        addresses: addressesOf(context, request, [PATH]),
        profile: profileOf(realm, client),
        client,
      })
      const input = await stepInputOf(context, client, { issuer, proof })
      const parameters = await parametersOf(context, form, input, { pushed: true })
      const { found, failure } = await takeSteps(STEPS.get('pushed') ?? [], parameters, input)
      if (failure) throw failure
      return json(201, await keepPushed(context, input, { ...DEFAULTS, ...found }))
    })
  },
}

/** RFC 9126 §2.3: the error codes are those of the token and authorization endpoints; neither has one for redirect URIs. */
function refusePushed(failure: Failure, request: RealmRequest): RealmReply {
  if (failure.code !== 'invalid_redirect_uri') return refuseAsJson(failure, request)
  return refuseAsJson(new Failure('invalid_request', failure.message), request)
}
