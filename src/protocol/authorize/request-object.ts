// Request objects (RFC 9101): authorization requests that a client signed.
import type { Context } from '#domain/context.ts'
import { Failure } from '#kernel/error.ts'
import { Parameters } from '#web/parameters.ts'
import { verifyByClient } from '../client-authentication/private-key-jwt.ts'
import type { StepInput } from './step.ts'

const NOT_PUSHED =
  'This client must push its request: send it to the pushed authorization request endpoint, then the request_uri here (RFC 9126).'
const NOT_SIGNED = 'This client must send its request as a signed request object (RFC 9101).'

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
 * @param options.pushed whether the client pushed the request (RFC 9126)
 * @throws Failure `invalid_request` where the profile or the client wants a pushed request (RFC 9126 §6) or a signed one,
 * `request_not_supported`, `invalid_request_object`
 */
export async function parametersOf(
  context: Context,
  parameters: Parameters,
  { client, issuer, profile }: StepInput,
  { pushed }: { pushed: boolean },
): Promise<Parameters> {
  if (!pushed && profile.pushedRequests === 'required') throw new Failure('invalid_request', NOT_PUSHED)
  const text = parameters.get('request')
  if (text === undefined) {
    if (profile.carriers.includes('parameters')) return parameters
    throw new Failure('invalid_request', NOT_SIGNED)
  }
  if (!profile.carriers.includes('object')) throw new Failure('request_not_supported')
  const claims = await verifyByClient(context, client, text, { typ: 'oauth-authz-req+jwt', audience: issuer })
  if (claims?.client_id !== client.clientId) throw new Failure('invalid_request_object')
  const values = Object.entries(claims).filter(([name]) => !NOT_PARAMETERS.has(name))
  const signed = new Parameters(new Map(values.map(([name, value]) => [name, textsOf(name, value)])))
  signed.refuseRepeated()
  return signed
}

/** RFC 9101 §4: numbers become text, and objects become JSON, also a list of them (RFC 9396 §3.1). */
function textsOf(name: string, value: unknown): string[] {
  if (name === 'authorization_details') return [JSON.stringify(value)]
  return [value].flat().map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item)))
}
