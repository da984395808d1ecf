// The userinfo endpoint (OpenID Connect Core §5.3): claims about the person of an access token.
import { encryptionOf } from '#domain/client/response-protection.ts'
import type { Context } from '#domain/context.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure } from '#kernel/error.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { asciiOf, errorUri, json, NO_STORE, oauthCode } from '#web/reply.ts'
import { addressesOf } from '../addresses.ts'
import { checkKey, presentedToken } from '../bearer.ts'
import { claimsAbout, USERINFO_SCOPE } from '../claims.ts'
import { encryptedClaims, encryptedJwt } from '../encryption.ts'
import { signJwt } from '../jwt.ts'
import { type LiveToken, liveToken } from '../live.ts'
import { mappedClaims, rowsFor } from '../mapped-claims.ts'
import { organizationOf } from '../organization-claims.ts'
import { signerFor, TOKEN_KINDS } from '../signing.ts'

const PATHS = ['/oauth/userinfo', '/userinfo'] as const

/** OpenID Connect Core §5.3: the claims that the access token’s scopes allow its holder to know about the person. */
export const userinfoEndpoint: Endpoint = {
  name: 'userinfo_endpoint',
  methods: ['GET', 'POST'],
  paths: PATHS,
  fastPath: true,
  crossOrigin: true,
  mutualTls: true,
  refuse: refuseWithChallenge,
  async respond(services, request) {
    const context = contextOf(services, request)
    const presented = presentedToken(request)
    const live = await liveToken(context, presented.token)
    if (!live?.issued.userId) throw new Failure('invalid_token')
    if (![live.claims.aud].flat().includes(request.issuer))
      throw new Failure('invalid_token', 'The token is for another audience.')
    await checkKey(context, request, addressesOf(context, request, PATHS), presented, live)
    if (!live.issued.scopes.includes(USERINFO_SCOPE)) throw new Failure('insufficient_scope')
    const user = await context.read.users.findPerson(realmOf(context.scope).directoryId, live.issued.userId)
    if (user?.status !== 'active') throw new Failure('invalid_token')
    const { scopes } = live.issued
    const released = { scopes, names: namesIn(live), organizationId: organizationOf(context, live.claims) }
    const claims = await claimsAbout(context, String(live.claims.sub), user, released)
    const { organizationId } = released
    const mapped = await mappedClaims(
      context,
      rowsFor(live.client, 'userinfo'),
      { userId: user.id, organizationId },
      user,
    )
    return replyFor(context, request, live, { ...mapped, ...claims })
  },
}

/** OpenID Connect Core §5.3.2: JSON, or a JWT that is signed or encrypted or both, as the client chose. */
async function replyFor(
  context: Context,
  { issuer }: RealmRequest,
  { client }: LiveToken,
  claims: Record<string, unknown>,
): Promise<RealmReply> {
  const isSigned = client.userinfoSignedResponseAlg !== null
  if (!isSigned && !encryptionOf(client, 'userinfo')) return json(200, claims)
  const all = { ...claims, iss: issuer, aud: client.clientId }
  const jwt = isSigned
    ? await signJwt(await signerFor(context, 'userinfo', { client }), TOKEN_KINDS.userinfo.typ, all)
    : undefined
  const body =
    jwt === undefined
      ? await encryptedClaims(context, 'userinfo', client, all)
      : await encryptedJwt(context, 'userinfo', client, jwt)
  return { status: 200, headers: { 'content-type': 'application/jwt', ...NO_STORE }, body }
}

/** The claims that the authorization request asked for by name (OpenID Connect Core §5.5). */
function namesIn({ claims: { userinfo_claims: names } }: LiveToken): readonly string[] {
  return Array.isArray(names) ? names : []
}

/** RFC 6750 §3, RFC 9449 §7.1. A request without a token gets a challenge without an error (RFC 6750 §3.1). */
function refuseWithChallenge(failure: Failure, request: RealmRequest): RealmReply {
  const bearer = `Bearer realm="${request.issuer}"`
  const dpop = `DPoP algs="${profileOf(request.realm).proofAlgorithms.join(' ')}"`
  if (failure.code === 'unauthenticated')
    return { status: 401, headers: { ...NO_STORE, 'www-authenticate': `${bearer}, ${dpop}` } }
  const code = oauthCode(failure)
  const { dpopNonce } = failure.detail
  const aboutProof = code === 'invalid_dpop_proof' || code === 'use_dpop_nonce'
  const challenge = aboutProof || /^dpop /i.test(String(request.headers.authorization)) ? dpop : bearer
  const neededScope = code === 'insufficient_scope' ? `, scope="${USERINFO_SCOPE}"` : ''
  const description = asciiOf(failure.message)
  const page = errorUri(request.issuer, code, request.origin.requestId)
  const words = { error: code, error_description: description, ...(page !== undefined && { error_uri: page }) }
  const said = Object.entries(words).map(([name, value]) => `${name}="${value}"`)
  return json(aboutProof ? 401 : failure.status, words, {
    'www-authenticate': `${challenge}, ${said.join(', ')}${neededScope}`,
    ...(dpopNonce !== undefined && { 'dpop-nonce': dpopNonce }),
  })
}
