// The introspection endpoint (RFC 7662): whether a token is valid, and its claims.
import type { Client } from '#domain/client/client.ts'
import { subjectOf } from '#domain/client/subject-identifier.ts'
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { readRefreshToken } from '#domain/token-family/refresh-token.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { json, refuseAsJson } from '#web/reply.ts'
import { authenticateClient } from '../client-authentication/client-authentication.ts'
import { type LiveToken, liveToken } from '../live.ts'

const INACTIVE = { active: false }

/** RFC 7662: whether a token is valid, and its claims; for a client that authenticates. */
export const introspectionEndpoint: Endpoint = {
  name: 'introspection_endpoint',
  methods: ['POST'],
  paths: ['/oauth/introspect', '/introspect'],
  fastPath: true,
  refuse: refuseAsJson,
  async respond(services, request) {
    request.form.refuseRepeated()
    const context = contextOf(services, request)
    const client = await authenticateClient(context, request, { publicToo: false })
    const token = request.form.need('token')
    const live = await liveToken(context, token)
    if (live && !maySee(client, live)) return json(200, INACTIVE)
    if (live) return json(200, await accessTokenState(context, live))
    return json(200, await refreshTokenState(context, client, request.issuer, token))
  },
}

/**
 * Who learns about an access token (RFC 7662 §4): the client that it was issued to, a client that is registered for its
 * audience, and a client that may introspect every token. For others it is inactive (§2.2). A client of a metadata document
 * can ask people for every audience, and is registered for none.
 */
function maySee(client: Client, { issued }: LiveToken): boolean {
  return (
    issued.clientId === client.id ||
    client.introspectAllTokens ||
    (client.registeredBy !== 'metadata_document' && client.audiences.includes(issued.audience))
  )
}

async function accessTokenState({ read, scope }: Context, { issued, claims, client }: LiveToken): Promise<object> {
  const user = issued.userId === null ? undefined : await read.users.find(realmOf(scope).directoryId, issued.userId)
  return {
    active: true,
    token_type: claims.cnf ? 'DPoP' : 'Bearer',
    ...claims,
    // Resource servers compare it with their own name. That the token opens userinfo, too, does not concern them.
    aud: issued.audience,
    // A name that is the same for all clients would say who a pairwise subject is.
    ...(user && client.subjectType === 'public' && { username: user.username ?? user.email }),
  }
}

/** Only its own client learns about a refresh token. */
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
    sub: subjectOf(context, client, family.userId),
    scope: family.scopes.join(' '),
    iat: Math.floor(refreshedAt / 1000),
    exp: Math.floor(expiresAt / 1000),
  }
}
