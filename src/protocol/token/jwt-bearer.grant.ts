// The JWT bearer grant (RFC 7523 §2.1): a trusted issuer says who a user is. Identity assertion authorization grants are
// such JWTs too (draft-ietf-oauth-identity-assertion-authz-grant).
import { JWT_BEARER_GRANT } from '#domain/client/client.ts'
import { foreignToken, isIdJag } from './foreign-token.ts'
import { grant } from './grant.ts'

/** RFC 7523 §2.1, for clients that authenticate. There is no refresh token: the client asks its issuer again. */
export const jwtBearer = grant({
  type: JWT_BEARER_GRANT,
  parameters: { assertion: 'needed', scope: 'optional' },
  clients: 'confidential',
  async find({ context, client, parameters: { assertion, scope }, askedTarget }) {
    const use = isIdJag(assertion) ? 'id_jag' : 'jwt_bearer'
    const { subject, sub, scopes, resources, bound, consume } = await foreignToken(context, client, assertion, {
      use,
      asked: { scope, resource: askedTarget() },
    })
    return {
      subject,
      allowed: { scopes, resources, details: [], narrows: true },
      boundTo: bound ?? null,
      consume,
      refreshFamily: null,
      nonce: null,
      delegation: {
        ...{ parent: null, sub, act: undefined, tools: null, actorToken: null, under: null },
        expiresAt: Number.POSITIVE_INFINITY,
      },
      upstream: null,
      responseMembers: {},
    }
  },
})
