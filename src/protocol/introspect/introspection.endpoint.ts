import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { contextOf, type Endpoint, json, refuseAsJson } from '#domain/realm-request.ts'
import { renderId } from '#kernel/id.ts'
import { authenticateClient } from '../client-authentication/client-authentication.ts'
import { liveToken } from '../live.ts'

const INACTIVE = { active: false }

/** RFC 7662: whether a token holds, and what it says, to a client that authenticates. */
export const introspectionEndpoint: Endpoint = {
  name: 'introspection_endpoint',
  methods: ['POST'],
  paths: ['/oauth/introspect', '/introspect'],
  direct: true,
  refuse: refuseAsJson,
  async respond(house, request) {
    request.form.refuseRepeated()
    const context = contextOf(house, request)
    const client = await authenticateClient(context, request, { publicToo: false })
    const token = request.form.need('token')
    const live = await liveToken(context, token)
    if (live) return json(200, { active: true, token_type: 'Bearer', ...live.claims })
    return json(200, await refreshTokenState(context, client, request.issuer, token))
  },
}

/** A refresh token is the business of its own client alone. */
async function refreshTokenState(context: Context, client: Client, issuer: string, token: string): Promise<object> {
  const presented = await context.read.tokenFamilies.findPresented(context.crypto.digest(token))
  if (presented?.family.clientId !== client.id) return INACTIVE
  const { token: found, family } = presented
  const expired = Math.min(found.expiresAt, family.expiresAt) <= context.clock.now()
  if (found.consumedAt !== null || family.revokedAt !== null || expired) return INACTIVE
  return {
    active: true,
    token_type: 'refresh_token',
    iss: issuer,
    client_id: client.clientId,
    sub: renderId('user', family.userId),
    scope: family.scopes.join(' '),
    iat: Math.floor(found.issuedAt / 1000),
    exp: Math.floor(found.expiresAt / 1000),
  }
}
