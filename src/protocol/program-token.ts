// The access token with which a program uses an endpoint of the realm (RFC 6750): its own token, with a scope, for the issuer.
import type { RegisteredClient } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { Failure } from '#kernel/error.ts'
import type { RealmReply, RealmRequest } from '#web/realm-request.ts'
import { asciiOf, json, NO_STORE, oauthCode } from '#web/reply.ts'
import { addressesOf } from './addresses.ts'
import { checkKey, presentedToken } from './bearer.ts'
import { liveToken } from './live.ts'

/**
 * The client whose own token a request has. Only a client that an administrator gave the scope can have it.
 * @param paths of the endpoint, for proofs
 * @param scopes of which the token must have one
 * @throws Failure `unauthenticated`, `invalid_token`, `insufficient_scope`, `invalid_dpop_proof`
 */
export async function programOf(
  context: Context,
  request: RealmRequest,
  paths: readonly string[],
  scopes: readonly string[],
): Promise<RegisteredClient> {
  const presented = presentedToken(request)
  const live = await liveToken(context, presented.token)
  if (!live) throw new Failure('invalid_token')
  if (![live.claims.aud].flat().includes(request.issuer))
    throw new Failure('invalid_token', 'The token is for another audience.')
  await checkKey(context, request, addressesOf(context, request, paths), presented, live)
  const { issued, client } = live
  const held = scopes.some((scope) => issued.scopes.includes(scope) && client.scopes.includes(scope))
  const isOwn = issued.userId === null && client.registeredBy === 'administrator'
  if (!held || !isOwn) throw new Failure('insufficient_scope')
  return client
}

/** A failure as such an endpoint says it (RFC 6750 §3), with the scope that is needed. */
export function refuseProgram(scope: string) {
  return (failure: Failure, request: RealmRequest): RealmReply => {
    const bearer = `Bearer realm="${request.issuer}"`
    if (failure.code === 'unauthenticated')
      return { status: 401, headers: { ...NO_STORE, 'www-authenticate': `${bearer}, scope="${scope}"` } }
    const code = oauthCode(failure)
    const words = { error: code, error_description: asciiOf(failure.message) }
    if (!['invalid_token', 'insufficient_scope', 'invalid_dpop_proof', 'use_dpop_nonce'].includes(code)) {
      const { retryAfter } = failure.detail
      return json(failure.status, words, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) })
    }
    const algorithms = profileOf(request.realm).proofAlgorithms.join(' ')
    const aboutProof = code === 'invalid_dpop_proof' || code === 'use_dpop_nonce'
    const challenge = aboutProof ? `DPoP algs="${algorithms}"` : bearer
    const said = Object.entries(words).map(([name, value]) => `${name}="${value}"`)
    const { dpopNonce } = failure.detail
    return json(aboutProof ? 401 : failure.status, words, {
      'www-authenticate': `${challenge}, ${said.join(', ')}${code === 'insufficient_scope' ? `, scope="${scope}"` : ''}`,
      ...(dpopNonce !== undefined && { 'dpop-nonce': dpopNonce }),
    })
  }
}
