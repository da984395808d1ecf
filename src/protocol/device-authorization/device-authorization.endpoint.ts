import { startDeviceAuthorization } from '#domain/device-authorization/device-authorization.service.ts'
import {
  DEVICE_CODE_GRANT,
  DEVICE_CODE_LIFETIME,
  POLL_INTERVAL,
  shownUserCode,
} from '#domain/device-authorization/device-authorization.ts'
import { DEVICE_PATH } from '#domain/device-authorization/verification.ts'
import { contextOf, type Endpoint, json, refuseAsJson } from '#domain/realm-request.ts'
import { Failure } from '#kernel/error.ts'
import { type Asked, readResources, readScopes } from '../authorize/steps.ts'
import { authenticateClient } from '../client-authentication/client-authentication.ts'

/** RFC 8628 §3.1, §3.2. Scopes and resources are read as in an authorization request. */
export const deviceAuthorizationEndpoint: Endpoint = {
  name: 'device_authorization_endpoint',
  methods: ['POST'],
  paths: ['/oauth/device_authorization', '/device_authorization'],
  crossOrigin: true,
  refuse: refuseAsJson,
  async respond(house, request) {
    const { form, issuer, realm } = request
    form.refuseRepeated()
    const context = contextOf(house, request)
    const client = await authenticateClient(context, request, { publicToo: true })
    if (!client.grantTypes.includes(DEVICE_CODE_GRANT)) throw new Failure('unauthorized_client')
    const resources = await context.registry.resources(realm.tenantId)
    const asked: Asked = { scopes: [], resources: [] }
    const given = { context, parameters: form, client, issuer, resources }
    readResources(asked, given)
    readScopes(asked, given)
    const { deviceCode, userCode } = await startDeviceAuthorization(context, client, asked)
    const shown = shownUserCode(userCode)
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
