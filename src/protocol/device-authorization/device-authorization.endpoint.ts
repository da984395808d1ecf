// The device authorization endpoint (RFC 8628 §3.1).
import { refusedGrant } from '#domain/client/refused-grant.ts'
import { startDeviceAuthorization } from '#domain/device-authorization/device-authorization.service.ts'
import {
  DEVICE_CODE_GRANT,
  DEVICE_CODE_LIFETIME,
  formatUserCode,
  POLL_INTERVAL,
} from '#domain/device-authorization/device-authorization.ts'
import { DEVICE_PATH } from '#domain/device-authorization/verification.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { json, refuseAsJson } from '#web/reply.ts'
import { stepInputOf } from '../authorize/caller.ts'
import { DEFAULTS, takeSteps } from '../authorize/step.ts'
import { STEPS } from '../authorize/steps.ts'
import { authenticateClient } from '../client-authentication/client-authentication.ts'
import { naming } from '../client-authentication/refusal.ts'

/** RFC 8628 §3.1, §3.2. Scopes and resources are read as in an authorization request. */
export const deviceAuthorizationEndpoint: Endpoint = {
  name: 'device_authorization_endpoint',
  methods: ['POST'],
  paths: ['/oauth/device_authorization', '/device_authorization'],
  crossOrigin: true,
  mutualTls: true,
  refuse: refuseAsJson,
  async respond(services, request) {
    const { form, issuer } = request
    form.refuseRepeated()
    const context = contextOf(services, request)
    const client = await authenticateClient(context, request, { publicToo: true })
    const { deviceCode, userCode } = await naming(client, async () => {
      if (!client.grantTypes.includes(DEVICE_CODE_GRANT)) throw refusedGrant(DEVICE_CODE_GRANT, client)
      const input = await stepInputOf(context, client, { issuer, proof: undefined })
      const { found, failure } = await takeSteps(STEPS.get('device') ?? [], form, input)
      if (failure) throw failure
      return startDeviceAuthorization(context, client, { ...DEFAULTS, ...found })
    })
    const shown = formatUserCode(userCode)
    const verificationUri = `${issuer}${DEVICE_PATH}`
    return json(200, {
      device_code: deviceCode,
      user_code: shown,
      verification_uri: verificationUri,
      verification_uri_complete: `${verificationUri}?user_code=${shown}`,
      expires_in: DEVICE_CODE_LIFETIME,
      interval: POLL_INTERVAL,
    })
  },
}
