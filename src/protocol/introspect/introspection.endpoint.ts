// The introspection endpoint (RFC 7662): whether a token is valid, and its claims.
import type { Client } from '#domain/client/client.ts'
import { subjectOf } from '#domain/client/subject-identifier.ts'
import type { Context } from '#domain/context.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { readRefreshToken } from '#domain/token-family/refresh-token.ts'
import { renderId } from '#kernel/id.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { json, NO_STORE, refuseAsJson } from '#web/reply.ts'
import { authenticateClient } from '../client-authentication/client-authentication.ts'
import { encryptedJwt } from '../encryption.ts'
import { signJwt } from '../jwt.ts'
import { type LiveToken, liveToken } from '../live.ts'
import { signerFor, TOKEN_KINDS } from '../signing.ts'

const INACTIVE = { active: false }
const MEDIA_TYPE = `application/${TOKEN_KINDS.introspection.typ}`

/** RFC 7662: whether a token is valid, and its claims; for a client that authenticates. As JSON or as a JWT (RFC 9701). */
export const introspectionEndpoint: Endpoint = {
  name: 'introspection_endpoint',
  methods: ['POST'],
  paths: ['/oauth/introspect', '/introspect'],
  fastPath: true,
  crossOrigin: true,
  mutualTls: true,
  refuse: refuseAsJson,
  async respond(services, request) {
    request.form.refuseRepeated()
    const context = contextOf(services, request)
    const client = await authenticateClient(context, request, { publicToo: false })
    const token = request.form.need('token')
    const live = await liveToken(context, token)
    const isRefused = live && !(maySee(client, live) || (await isItsResource(context, client, live)))
    const state = isRefused
      ? INACTIVE
      : live
        ? await accessTokenState(context, live)
        : await refreshTokenState(context, client, request.issuer, token)
    const isSigned = profileOf(request.realm, client).introspectionResponses === 'signed' || asksForJwt(request)
    return isSigned ? jwtReply(context, request, client, state) : json(200, state)
  },
}

/** RFC 9701 §4: the response is a JWT for a client that asks for this media type; for any other it is JSON. */
function asksForJwt({ headers: { accept } }: RealmRequest): boolean {
  const ranges = String(accept ?? '').split(',')
  return ranges.some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    return type === MEDIA_TYPE && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}

/** RFC 9701 §5: what JSON would say, in a JWT for the client that asks, encrypted where the client chose that. */
async function jwtReply(
  context: Context,
  { issuer }: RealmRequest,
  client: Client,
  state: object,
): Promise<RealmReply> {
  const signer = await signerFor(context, 'introspection', { client })
  const jwt = await signJwt(signer, TOKEN_KINDS.introspection.typ, {
    iss: issuer,
    aud: client.clientId,
    iat: Math.floor(context.clock.now() / 1000),
    token_introspection: state,
  })
  const body = await encryptedJwt(context, 'introspection', client, jwt)
  return { status: 200, headers: { 'content-type': MEDIA_TYPE, ...NO_STORE }, body }
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

/** Whether a client is the resource that a token is for. */
async function isItsResource({ registry, scope }: Context, client: Client, { issued }: LiveToken): Promise<boolean> {
  const resource = (await registry.resources(scope.tenantId)).get(issued.audience)
  return resource?.runtimeClients.includes(client.id) ?? false
}

async function accessTokenState({ read, scope }: Context, { issued, claims, client }: LiveToken): Promise<object> {
  const user = issued.userId === null ? undefined : await read.users.find(realmOf(scope).directoryId, issued.userId)
  return {
    active: true,
    token_type: (claims.cnf as { jkt?: unknown } | undefined)?.jkt === undefined ? 'Bearer' : 'DPoP',
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
    ...(family.organizationId && { org_id: renderId('organization', family.organizationId) }),
    iat: Math.floor(refreshedAt / 1000),
    exp: Math.floor(expiresAt / 1000),
  }
}
