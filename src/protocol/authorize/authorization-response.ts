// Authorization responses: what gives a client a code or an error, in the response mode that it asked for.
import type { AuthorizationRequest } from '#domain/authorization/authorization-request.ts'
import { DEFAULT_RESPONSE_MODE, RESPONSE_MODES } from '#domain/authorization/response-mode.ts'
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import type { Failure } from '#kernel/error.ts'
import type { Language } from '#language/language.ts'
import type { RealmReply } from '#web/realm-request.ts'
import { asciiOf, errorUri, postingPage, seeOther, withFragment, withQuery } from '#web/reply.ts'
import { encryptedJwt } from '../encryption.ts'
import { signJwt } from '../jwt.ts'
import { signerFor, TOKEN_KINDS } from '../signing.ts'

/** How long a signed response is valid, in seconds (JARM §2.1 recommends ten minutes at most). */
const SIGNED_LIFETIME = 600

/** Where an authorization response goes, how it travels, and what comes back with it. */
export type ReturnAddress = Pick<AuthorizationRequest, 'redirectUri' | 'state' | 'responseMode'>

/** Who answers whom. */
export interface Responder {
  readonly context: Pick<Context, 'actor' | 'scope' | 'registry' | 'clock' | 'network'>
  readonly issuer: string
  readonly client: Client
  /** Of the page that posts the response, where one does. */
  readonly language: Language
}

/** The response that hands a code to the client (RFC 6749 §4.1.2, RFC 9207 §2). */
export function codeResponse(responder: Responder, address: ReturnAddress, code: string): Promise<RealmReply> {
  return responseWith(responder, address, { code })
}

/** The response that tells the client why there is no code (RFC 6749 §4.1.2.1, RFC 9207 §2). */
export async function errorResponse(
  responder: Responder,
  address: ReturnAddress,
  failure: Failure,
): Promise<RealmReply> {
  const reply = await responseWith(responder, address, errorOf(responder, failure))
  return { ...reply, refusal: ofClient(responder, failure) }
}

/**
 * The same error on a page, from which the person can go on to the client: nothing leads by itself to the redirect URI of a
 * client that nobody has approved (RFC 9700 §4.11.2).
 */
export async function offeredErrorResponse(
  responder: Responder,
  address: ReturnAddress,
  failure: Failure,
): Promise<RealmReply> {
  const { carrier, uri, parameters } = await answerOf(responder, address, errorOf(responder, failure))
  const onward = carrier === 'form' ? { uri, fields: parameters } : { uri }
  return { status: failure.status, headers: {}, failure: ofClient(responder, failure), onward }
}

function ofClient({ client }: Responder, failure: Failure): Failure {
  return failure.with({ clientId: client.clientId })
}

function errorOf({ issuer, context }: Responder, failure: Failure): Readonly<Record<string, string>> {
  const error = failure.code === 'invalid_input' ? 'invalid_request' : failure.code
  const page = errorUri(issuer, error, context.actor.origin.requestId)
  return { error, error_description: asciiOf(failure.message), ...(page !== undefined && { error_uri: page }) }
}

async function responseWith(
  responder: Responder,
  address: ReturnAddress,
  result: Readonly<Record<string, string>>,
): Promise<RealmReply> {
  const { carrier, uri, parameters } = await answerOf(responder, address, result)
  return carrier === 'form' ? postingPage(uri, parameters, responder.language) : seeOther(uri)
}

/** What the client gets, and where: for a form the redirect URI itself, otherwise the parameters are in the URI. */
async function answerOf(
  responder: Responder,
  { redirectUri, state, responseMode = DEFAULT_RESPONSE_MODE }: ReturnAddress,
  result: Readonly<Record<string, string>>,
) {
  const { carrier, signed } = RESPONSE_MODES[responseMode]
  const answer = { ...result, iss: responder.issuer, ...(state !== null && { state }) }
  const parameters = signed ? { response: await signedResponse(responder, answer) } : answer
  const inUri = carrier === 'query' ? withQuery : withFragment
  return { carrier, parameters, uri: carrier === 'form' ? redirectUri : inUri(redirectUri, parameters) }
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
