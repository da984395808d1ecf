// The registration endpoint (RFC 7591 §3) and the client configuration endpoint (RFC 7592 §2), which have one path.
import { usesSecret } from '#domain/client/client-secret.ts'
import {
  deleteRegistration,
  type Presented,
  type Registration,
  readRegistration,
  registerClient,
  replaceRegistration,
} from '#domain/client/registration.service.ts'
import { Failure } from '#kernel/error.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { json, NO_STORE, oauthCode, refuseAsJson } from '#web/reply.ts'

const PATH = '/oauth/register'

/**
 * RFC 7591: a client registers itself. RFC 7592: it reads, replaces and deletes its registration; the query says which
 * one it is, as in OpenID Connect Dynamic Client Registration §4.
 */
export const registrationEndpoint: Endpoint = {
  name: 'registration_endpoint',
  methods: ['GET', 'POST', 'PUT', 'DELETE'],
  // Clients of the first versions of MCP look for /register where there is no metadata.
  paths: [PATH, '/register'],
  crossOrigin: true,
  takesJson: true,
  refuse: refuseWithChallenge,
  async respond(services, request) {
    const context = contextOf(services, request)
    if (request.method === 'POST') {
      const registered = await registerClient(context, request.json, presentedToken(request))
      return json(201, informationOf(request, registered))
    }
    const presented = presentedRegistration(request)
    if (request.method === 'DELETE') {
      await deleteRegistration(context, presented)
      return { status: 204, headers: NO_STORE }
    }
    const registration =
      request.method === 'PUT'
        ? await replaceRegistration(context, presented, request.json)
        : await readRegistration(context, presented)
    return json(200, informationOf(request, registration))
  },
}

/** RFC 7591 §3.2.1, RFC 7592 §3. The secret is shown once. */
function informationOf({ issuer }: RealmRequest, { client, metadata, secret, token }: Registration): object {
  return {
    client_id: client.clientId,
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    ...(secret !== undefined && { client_secret: secret }),
    ...(usesSecret(client) && { client_secret_expires_at: 0 }),
    registration_access_token: token,
    registration_client_uri: `${issuer}${PATH}?client_id=${encodeURIComponent(client.clientId)}`,
    ...metadata,
  }
}

function presentedRegistration(request: RealmRequest): Presented {
  const clientId = request.query.get('client_id')
  const token = presentedToken(request)
  if (token === undefined) throw new Failure('unauthenticated', 'A registration access token is needed.')
  if (clientId === undefined) throw new Failure('invalid_token')
  return { clientId, token }
}

/** RFC 6750 §2.1: in the header only. @throws Failure `invalid_token` for another scheme */
function presentedToken({ headers: { authorization } }: RealmRequest): string | undefined {
  if (authorization === undefined) return undefined
  const [, token] = (typeof authorization === 'string' && /^bearer +([\w.~+/-]{1,500}=*)$/i.exec(authorization)) || []
  if (token === undefined) throw new Failure('invalid_token')
  return token
}

/** RFC 6750 §3: with a challenge where a token is missing or not valid. */
function refuseWithChallenge(failure: Failure, { issuer }: RealmRequest): RealmReply {
  const reply = refuseAsJson(failure)
  if (failure.status !== 401) return reply
  const error = failure.code === 'unauthenticated' ? '' : `, error="${oauthCode(failure)}"`
  return { ...reply, headers: { ...reply.headers, 'www-authenticate': `Bearer realm="${issuer}"${error}` } }
}
