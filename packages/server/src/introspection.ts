// Introspection (RFC 7662): asks the issuer about tokens that cannot be verified here.
import type { JWTPayload } from 'jose'
import { type Issuer, objectOf } from './issuer.ts'
import { Fault, Unavailable } from './refusal.ts'

/** How tokens are introspected. */
export interface IntrospectionOptions {
  /** The client that asks; it must be allowed to introspect tokens of this resource. */
  readonly clientId: string
  readonly clientSecret: string
  /** Asks about every token, so that a revoked one is refused at once. Default: only about tokens that are no JWT. */
  readonly always?: boolean
}

/**
 * Asks the issuer about a token.
 * @returns the members of the response
 * @throws Fault `invalid_token` if the token is not active
 * @throws Unavailable if the issuer does not respond as it should
 */
export async function introspect(
  issuer: Issuer,
  token: string,
  { clientId, clientSecret }: IntrospectionOptions,
): Promise<JWTPayload> {
  const credentials = `${encodeForm(clientId)}:${encodeForm(clientSecret)}`
  const address = await issuer.endpoint('introspection_endpoint')
  const response = await issuer.request(address, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: `Basic ${btoa(credentials)}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
  })
  if (!response.ok) throw new Unavailable(`The introspection endpoint responds with ${response.status}.`)
  const claims = await objectOf<JWTPayload>(address, response)
  if (claims.active !== true) throw new Fault('invalid_token', 'The access token is not active.')
  return claims
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
function encodeForm(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
