// The token endpoint (RFC 6749 §3.2), and the table of its grants.

import { profileOf } from '#domain/realm/profile.ts'
import { Failure } from '#kernel/error.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { json, refuseAsJson } from '#web/reply.ts'
import { addressesOf } from '../addresses.ts'
import { proofOf } from '../binding/binding.ts'
import { authenticateClient } from '../client-authentication/client-authentication.ts'
import { emitRefusal } from '../client-authentication/refusal.ts'
import { shown } from '../resource-indicator.ts'
import { authorizationCode } from './authorization-code.grant.ts'
import { ciba } from './ciba.grant.ts'
import { clientCredentials } from './client-credentials.grant.ts'
import { deviceCode } from './device-code.grant.ts'
import type { Grant } from './grant.ts'
import { useGrant } from './grant-use.ts'
import { ID_JAG, issueIdentityAssertion } from './identity-assertion.ts'
import { jwtBearer } from './jwt-bearer.grant.ts'
import { redeem } from './redeem.ts'
import { refreshToken } from './refresh-token.grant.ts'
import { tokenExchange } from './token-exchange.grant.ts'

/** Every grant that the token endpoint knows. */
export const GRANTS: readonly Grant[] = [
  authorizationCode,
  refreshToken,
  clientCredentials,
  deviceCode,
  ciba,
  tokenExchange,
  jwtBearer,
]
const BY_TYPE = new Map(GRANTS.map((grant) => [grant.type, grant]))

const PATHS = ['/oauth/token', '/token'] as const
const PLATFORM_PATH = '/api/v1/platform/oauth/token'
/** What a DPoP proof may name as the address of this endpoint. */
const ADDRESSES = [...PATHS, PLATFORM_PATH]

/** RFC 6749 §3.2. */
export const tokenEndpoint: Endpoint = {
  name: 'token_endpoint',
  methods: ['POST'],
  paths: PATHS,
  platformPath: PLATFORM_PATH,
  fastPath: true,
  crossOrigin: true,
  mutualTls: true,
  refuse: refuseAsJson,
  async respond(services, request) {
    const { form, issuer, realm } = request
    form.refuseRepeated()
    const type = form.need('grant_type')
    const grant = BY_TYPE.get(type)
    if (!grant) throw new Failure('unsupported_grant_type', `The grant type ${shown(type)} is not supported.`)
    const context = contextOf(services, request)
    const client = await authenticateClient(context, request, { publicToo: true })
    const profile = profileOf(realm, client)
    try {
      await useGrant(context, grant, client)
      const proof = proofOf(context, request, { addresses: addressesOf(context, request, ADDRESSES), profile, client })
      const asked = { context, client, form, issuer, profile, proof }
      const isAssertion = grant === tokenExchange && form.get('requested_token_type') === ID_JAG
      return json(200, isAssertion ? await issueIdentityAssertion(asked) : await redeem(grant, asked))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (error.code === 'invalid_grant' || error.detail.reason) await emitRefusal(context, request, client, error)
      const named = error.with({ clientId: client.clientId })
      if (error.code !== 'access_denied') throw named
      // Elsewhere it is 403; what a token request is refused for is 400 (RFC 6749 §5.2, RFC 8628 §3.5).
      return { ...refuseAsJson(error, request), status: 400, refusal: named }
    }
  },
}
