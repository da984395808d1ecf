// Request objects (RFC 9101): authorization requests that a client signed, and perhaps encrypted.
import type { JWTPayload } from 'jose'
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { clientRule, profileRule } from '#domain/decision/rule.ts'
import type { Profile } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { Failure, type Rule } from '#kernel/error.ts'
import { Parameters } from '#web/parameters.ts'
import { verifyByClient } from '../client-authentication/private-key-jwt.ts'
import { signedObject } from './encrypted-object.ts'
import type { StepInput } from './step.ts'

const NOT_PUSHED =
  'This client must push its request: send it to the pushed authorization request endpoint, then the request_uri here (RFC 9126).'
const NOT_SIGNED = 'This client must send its request as a signed request object (RFC 9101).'

/** For how long an object may be valid, and the tolerated clock difference. Seconds. */
const LIFETIME_MAX = 3600
const TOLERANCE = 30

/** What a request object must not contain (RFC 9101 §4), and the claims about the object itself. */
const NOT_PARAMETERS = new Set([
  'request',
  'request_uri',
  'iss',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'client_secret',
  'client_assertion',
])

/**
 * The parameters of a request: those in its request object, which replace all others (RFC 9101 §6.3), or the request's own.
 * @param options.pushed whether the client sent the request itself (RFC 9126, CIBA)
 * @param options.backchannel whether it is a backchannel authentication request, for which the client has another algorithm,
 *   and whose object has more claims (CIBA §7.1.1)
 * @throws Failure `invalid_request` where the profile or the client wants a pushed request (RFC 9126 §6) or a signed one,
 * `request_not_supported`, `invalid_request_object`
 */
export async function parametersOf(
  context: Context,
  parameters: Parameters,
  { client, issuer, profile }: StepInput,
  { pushed, backchannel = false }: { readonly pushed: boolean; readonly backchannel?: boolean },
): Promise<Parameters> {
  const ruleOf = (name: keyof Profile) => profileRule(realmOf(context.scope), client, profile, name)
  if (!pushed && profile.pushedRequests === 'required') {
    throw new Failure('invalid_request', {
      message: NOT_PUSHED,
      step: 'pushed_request',
      rule: pushRule(realmOf(context.scope), client) ?? ruleOf('pushedRequests'),
    })
  }
  const text = parameters.get('request')
  if (text === undefined) {
    const ownRule = signingRule(client, backchannel)
    if (profile.carriers.includes('parameters') && !ownRule) return parameters
    throw new Failure('invalid_request', {
      message: NOT_SIGNED,
      step: 'request_object',
      rule: ownRule ?? ruleOf('carriers'),
    })
  }
  if (!profile.carriers.includes('object')) throw new Failure('request_not_supported', { rule: ruleOf('carriers') })
  const jwt = await signedObject(context, client, text)
  const claims = await verifyByClient(context, client, jwt, {
    typ: 'oauth-authz-req+jwt',
    audience: issuer,
    algorithm: backchannel ? client.backchannelAuthenticationRequestSigningAlg : client.requestObjectSigningAlg,
  })
  const now = context.clock.now() / 1000
  const flaw = claims
    ? backchannel
      ? flawOfBackchannel(claims, now)
      : flawOf(claims, client.clientId, profile, now)
    : 'the signature or a claim is wrong'
  if (!claims || flaw !== undefined) throw new Failure('invalid_request_object', `The request object: ${flaw}.`)
  const values = Object.entries(claims).filter(([name]) => !NOT_PARAMETERS.has(name))
  const signed = new Parameters(new Map(values.map(([name, value]) => [name, textsOf(name, value)])))
  signed.refuseRepeated()
  return signed
}

/** The setting besides the profile that wants pushed requests only (RFC 9126 §5, §6); undefined for none. */
function pushRule({ policy }: Realm, client: Client): Rule | undefined {
  if (client.requirePushedAuthorizationRequests) return clientRule(client, 'requirePushedAuthorizationRequests')
  if (!policy.requirePushedAuthorizationRequests) return undefined
  return { policy: 'realm.policy.require_pushed_authorization_requests', value: 'true' }
}

/** What of the client wants a signed request; undefined where nothing does. */
function signingRule(client: Client, backchannel: boolean): Rule | undefined {
  const field = backchannel ? 'backchannelAuthenticationRequestSigningAlg' : 'requireSignedRequestObject'
  return client[field] ? clientRule(client, field) : undefined
}

/** CIBA §7.1.1: which claims an object has, and for how long it is valid. */
function flawOfBackchannel({ exp = 0, iat, nbf, jti }: JWTPayload, now: number): string | undefined {
  if (iat === undefined || nbf === undefined || jti === undefined) return 'iat, nbf and jti are needed'
  if (nbf < now - LIFETIME_MAX) return 'nbf is more than 60 minutes ago'
  return exp > nbf + LIFETIME_MAX + TOLERANCE ? 'it is valid for more than 60 minutes' : undefined
}

/** What is wrong with the claims about an object; undefined where nothing is (FAPI 2.0 Message Signing §5.3.1). */
function flawOf(
  { client_id: clientId, exp = 0, nbf }: JWTPayload,
  ownId: string,
  { requestObjectNbf }: Profile,
  now: number,
): string | undefined {
  if (clientId !== ownId) return 'client_id is not that of the client'
  if (nbf === undefined && requestObjectNbf === 'required') return 'nbf is missing'
  if (nbf !== undefined && nbf < now - LIFETIME_MAX) return 'nbf is more than 60 minutes ago'
  if (exp > (nbf ?? now) + LIFETIME_MAX + TOLERANCE) return 'it is valid for more than 60 minutes'
  return undefined
}

/** RFC 9101 §4: numbers become text, and objects become JSON, also a list of them (RFC 9396 §3.1). */
function textsOf(name: string, value: unknown): string[] {
  if (name === 'authorization_details') return [JSON.stringify(value)]
  return [value].flat().map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item)))
}
