import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { contextOf, type Endpoint, json, refuseAsJson } from '#domain/realm-request.ts'
import { readRefreshToken } from '#domain/token-family/refresh-token.ts'
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
  const presented = readRefreshToken(context.crypto, token)
  if (!presented) return INACTIVE
  const family = await context.read.tokenFamilies.find(presented.familyId)
  if (!family?.refresh || family.clientId !== client.id) return INACTIVE
  const { generation, refreshedAt, expiresAt } = family.refresh
  const expired = Math.min(expiresAt, family.expiresAt) <= context.clock.now()
  if (presented.generation !== generation || family.revokedAt !== null || expired) return INACTIVE
  return {
    active: true,
    token_type: 'refresh_token',
    iss: issuer,
    client_id: client.clientId,
    sub: renderId('user', family.userId),
    scope: family.scopes.join(' '),
    iat: Math.floor(refreshedAt / 1000),
    exp: Math.floor(expiresAt / 1000),
  }
}
