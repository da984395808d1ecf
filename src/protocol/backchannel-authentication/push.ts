// The tokens that are sent to a client in push mode (OpenID Connect CIBA §10.3.1).
import type { TokenPusher } from '#domain/backchannel-authentication/backchannel-notice.service.ts'
import { CIBA_GRANT } from '#domain/client/backchannel.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { Parameters } from '#web/parameters.ts'
import { approvalElsewhere, foundApproval } from '../token/approval.ts'
import { grant, invalidGrant, refuse } from '../token/grant.ts'
import { redeem } from '../token/redeem.ts'
import { approvedPart } from './approved-part.ts'

/** Issues the tokens as the token endpoint would, but for a request without parameters and without a proof of a key. */
export const pushTokens: TokenPusher = async (context, client, request, authReqId) => {
  const realm = realmOf(context.scope)
  const issuer = issuerOf(realm, context.registry.settings)
  const approved = grant({
    type: CIBA_GRANT,
    parameters: {},
    clients: 'confidential',
    async find({ context: reads }) {
      if (request.consumedAt !== null) throw invalidGrant('auth_req_id_used')
      return foundApproval(await approvalElsewhere(reads, { row: request, approved: approvedPart(request) }), {
        boundTo: null,
        consume: async (unit, now) =>
          (await unit.backchannelAuthentications.consume(request.id, now)) ? undefined : refuse('auth_req_id_used'),
      })
    },
  })
  const form = new Parameters(new Map())
  const profile = profileOf(realm, client)
  const pushed = { authReqId }
  const tokens = await redeem(approved, { context, client, form, issuer, profile, proof: undefined, pushed })
  return { auth_req_id: authReqId, ...tokens }
}
