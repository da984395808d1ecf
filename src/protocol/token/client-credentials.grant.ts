// The client credentials grant (RFC 6749 §4.4).
import { ownScopes } from '../resource-indicator.ts'
import { grant } from './grant.ts'

/** RFC 6749 §4.4: a client acts for itself. There is no refresh token (§4.4.3). */
export const clientCredentials = grant({
  type: 'client_credentials',
  parameters: {},
  clients: 'confidential',
  find: ({ client }) => ({
    subject: null,
    allowed: { scopes: ownScopes(client), resources: client.audiences, details: 'declared', narrows: true },
    boundTo: null,
    consume: null,
    refreshFamily: null,
    nonce: null,
    delegation: null,
    upstream: null,
    responseMembers: {},
  }),
})
