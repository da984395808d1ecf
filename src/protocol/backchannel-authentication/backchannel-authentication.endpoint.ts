// The backchannel authentication endpoint (OpenID Connect CIBA §7).
import { startBackchannelAuthentication } from '#domain/backchannel-authentication/backchannel-authentication.service.ts'
import { CIBA_GRANT } from '#domain/client/backchannel.ts'
import { refusedGrant } from '#domain/client/refused-grant.ts'
import { profileRule } from '#domain/decision/rule.ts'
import { allowsGrant } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure } from '#kernel/error.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { json, refuseAsJson } from '#web/reply.ts'
import { stepInputOf } from '../authorize/caller.ts'
import { parametersOf } from '../authorize/request-object.ts'
import { DEFAULTS, type StepInput, takeSteps } from '../authorize/step.ts'
import { STEPS } from '../authorize/steps.ts'
import { authenticateClient } from '../client-authentication/client-authentication.ts'
import { naming } from '../client-authentication/refusal.ts'
import { askedApproval, checkHints } from './backchannel-request.ts'

/** CIBA §7. Scopes, resources and details are read as in an authorization request. */
export const backchannelAuthenticationEndpoint: Endpoint = {
  name: 'backchannel_authentication_endpoint',
  methods: ['POST'],
  paths: ['/oauth/bc-authorize', '/bc-authorize'],
  crossOrigin: true,
  mutualTls: true,
  refuse: refuseAsJson,
  async respond(services, request) {
    const { form, issuer, realm } = request
    form.refuseRepeated()
    const context = contextOf(services, request)
    const client = await authenticateClient(context, request, { publicToo: false })
    const { authReqId, expiresIn, interval } = await naming(client, async () => {
      const input = await stepInputOf(context, client, { issuer, proof: undefined })
      checkUse(input, context)
      const parameters = await parametersOf(context, form, input, { pushed: true, backchannel: true })
      checkHints(parameters)
      const { found, failure } = await takeSteps(STEPS.get('backchannel') ?? [], parameters, input)
      if (failure) throw failure
      const asked = askedApproval(parameters, client, { ...DEFAULTS, ...found }, realm)
      return startBackchannelAuthentication(context, client, asked)
    })
    const polls = client.backchannelTokenDeliveryMode !== 'push'
    return json(200, { auth_req_id: authReqId, expires_in: expiresIn, ...(polls && { interval }) })
  },
}

/** Whether a client may ask, by its registration and by the profile. */
function checkUse({ client, profile }: StepInput, { scope }: Parameters<typeof stepInputOf>[0]): void {
  if (!client.grantTypes.includes(CIBA_GRANT)) throw refusedGrant(CIBA_GRANT, client)
  const ruleOf = (name: 'grants' | 'boundTokens') => profileRule(realmOf(scope), client, profile, name)
  if (!allowsGrant(profile, CIBA_GRANT)) throw refusedGrant(CIBA_GRANT, client, ruleOf('grants'))
  if (client.backchannelTokenDeliveryMode !== 'push' || profile.boundTokens !== 'required') return
  const message = 'Tokens that are pushed cannot be bound to a key, and the profile wants bound tokens.'
  throw new Failure('unauthorized_client', { message, rule: ruleOf('boundTokens') })
}
