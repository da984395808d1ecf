// The grant of OpenID Connect CIBA (§10.1): a client polls for the approval of a person who is elsewhere.
import { CIBA_GRANT } from '#domain/client/backchannel.ts'
import { Failure } from '#kernel/error.ts'
import { approvedPart } from '../backchannel-authentication/approved-part.ts'
import { foundByPoll } from './approval.ts'
import { grant, invalidGrant } from './grant.ts'

/**
 * CIBA §10.1, §11. An `auth_req_id` of another client is as good as none. In push mode the client does not ask for the
 * tokens: they are sent to it.
 */
export const ciba = grant({
  type: CIBA_GRANT,
  parameters: { auth_req_id: 'needed' },
  clients: 'confidential',
  async find({ context, client, parameters }) {
    const hash = context.crypto.digest(parameters.auth_req_id)
    const found = await context.read.backchannelAuthentications.findByRequestId(hash)
    if (found?.clientId !== client.id) throw invalidGrant('auth_req_id_unknown')
    if (found.deliveryMode === 'push') {
      throw new Failure('unauthorized_client', 'The tokens of this request are sent to the client (push).')
    }
    return foundByPoll(context, {
      row: found,
      approved: approvedPart(found),
      rows: ({ backchannelAuthentications }) => backchannelAuthentications,
      usedReason: 'auth_req_id_used',
    })
  },
})
