// Authorization responses: what gives a client a code or an error, in the response mode that it asked for.
import type { AuthorizationRequest } from '#domain/authorization/authorization-request.ts'
import { DEFAULT_RESPONSE_MODE, RESPONSE_MODES } from '#domain/authorization/response-mode.ts'
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import type { Failure } from '#kernel/error.ts'
import type { RealmReply } from '#web/realm-request.ts'
import { asciiOf, postingPage, seeOther, withFragment, withQuery } from '#web/reply.ts'
import { encryptedJwt } from '../encryption.ts'
import { signJwt } from '../jwt.ts'
import { signerFor, TOKEN_KINDS } from '../signing.ts'

/** How long a signed response is valid, in seconds (JARM §2.1 recommends ten minutes at most). */
const SIGNED_LIFETIME = 600

/** Where an authorization response goes, how it travels, and what comes back with it. */
export type ReturnAddress = Pick<AuthorizationRequest, 'redirectUri' | 'state' | 'responseMode'>

/** Who answers whom. */
export interface Responder {
  readonly context: Pick<Context, 'scope' | 'registry' | 'clock' | 'network'>
  readonly issuer: string
  readonly client: Client
}

/** The response that hands a code to the client (RFC 6749 §4.1.2, RFC 9207 §2). */
export function codeResponse(responder: Responder, address: ReturnAddress, code: string): Promise<RealmReply> {
  return responseWith(responder, address, { code })
}

/** The response that tells the client why there is no code (RFC 6749 §4.1.2.1, RFC 9207 §2). */
export function errorResponse(responder: Responder, address: ReturnAddress, failure: Failure): Promise<RealmReply> {
  const error = failure.code === 'invalid_input' ? 'invalid_request' : failure.code
  return responseWith(responder, address, { error, error_description: asciiOf(failure.message) })
}

async function responseWith(
  responder: Responder,
  { redirectUri, state, responseMode = DEFAULT_RESPONSE_MODE }: ReturnAddress,
  result: Readonly<Record<string, string>>,
): Promise<RealmReply> {
  const { carrier, signed } = RESPONSE_MODES[responseMode]
  const answer = { ...result, iss: responder.issuer, ...(state !== null && { state }) }
  const parameters = signed ? { response: await signedResponse(responder, answer) } : answer
  if (carrier === 'form') return postingPage(redirectUri, parameters)
  return seeOther((carrier === 'query' ? withQuery : withFragment)(redirectUri, parameters))
}

/** JARM §2.1, §2.2: the parameters as the claims of a JWT for the client, which is encrypted where the client chose that. */
async function signedResponse(
  { context, client }: Responder,
  answer: Readonly<Record<string, string>>,
): Promise<string> {
  const signer = await signerFor(context, 'authorization_response', { client })
  const exp = Math.floor(context.clock.now() / 1000) + SIGNED_LIFETIME
  const signed = await signJwt(signer, TOKEN_KINDS.authorization_response.typ, { ...answer, aud: client.clientId, exp })
  return encryptedJwt(context, 'authorization', client, signed)
}
