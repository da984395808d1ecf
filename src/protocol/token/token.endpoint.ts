import { contextOf, type Endpoint, json, refuseAsJson } from '#domain/realm-request.ts'
import { Failure } from '#kernel/error.ts'
import { authenticateClient } from '../client-authentication/client-authentication.ts'
import { authorizationCode } from './authorization-code.grant.ts'
import { clientCredentials } from './client-credentials.grant.ts'
import type { Grant } from './grant.ts'
import { refreshToken } from './refresh-token.grant.ts'

/** Every grant that the token endpoint knows. */
export const GRANTS: readonly Grant[] = [authorizationCode, refreshToken, clientCredentials]
const BY_TYPE = new Map(GRANTS.map((grant) => [grant.type as string, grant]))

/** RFC 6749 §3.2. */
export const tokenEndpoint: Endpoint = {
  name: 'token_endpoint',
  methods: ['POST'],
  paths: ['/oauth/token', '/token'],
  crossOrigin: true,
  refuse: refuseAsJson,
  async respond(house, request) {
    const { form } = request
    form.refuseRepeated()
    const grantType = form.need('grant_type')
    const grant = BY_TYPE.get(grantType)
    if (!grant) throw new Failure('unsupported_grant_type')
    const context = contextOf(house, request)
    const client = await authenticateClient(context, request, { publicToo: true })
    if (!client.grantTypes.includes(grant.type)) throw new Failure('unauthorized_client')
    return json(200, await grant.run(context, client, form))
  },
}
