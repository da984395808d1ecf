import type { RegisteredClient } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { contextOf, type Endpoint, json, refuseAsJson } from '#domain/realm-request.ts'
import { Failure } from '#kernel/error.ts'
import { authenticateClient } from '../client-authentication/client-authentication.ts'
import { authorizationCode } from './authorization-code.grant.ts'
import { clientCredentials } from './client-credentials.grant.ts'
import { deviceCode } from './device-code.grant.ts'
import type { Grant } from './grant.ts'
import { refreshToken } from './refresh-token.grant.ts'

/** Every grant that the token endpoint knows. */
export const GRANTS: readonly Grant[] = [authorizationCode, refreshToken, clientCredentials, deviceCode]
const BY_TYPE = new Map(GRANTS.map((grant) => [grant.type as string, grant]))

/** RFC 6749 §3.2. */
export const tokenEndpoint: Endpoint = {
  name: 'token_endpoint',
  methods: ['POST'],
  paths: ['/oauth/token', '/token'],
  platformPath: '/api/v1/platform/oauth/token',
  direct: true,
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
    if (client.agent) await keepRate(context, client.id, client.agent)
    try {
      return json(200, await grant.run(context, client, form))
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'access_denied') throw error
      // Elsewhere it is 403; what a token request is refused for is 400 (RFC 6749 §5.2, RFC 8628 §3.5).
      return { ...refuseAsJson(error), status: 400 }
    }
  },
}

// RFC 6749 has no word for it; RFC 6585 §4 has the status. Who is no agent is not counted.
async function keepRate(
  { limiter }: Context,
  id: string,
  { rateLimitRpm }: NonNullable<RegisteredClient['agent']>,
): Promise<void> {
  if (rateLimitRpm === null) return
  const retryAfter = await limiter.take(`agent ${id}`, rateLimitRpm, 60)
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
}
