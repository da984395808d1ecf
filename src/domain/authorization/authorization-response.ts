import type { Failure } from '#kernel/error.ts'
import { asciiOf, type RealmReply } from '../realm-request.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

/** Where an authorization response goes, and what comes back with it. */
export type ReturnAddress = Pick<AuthorizationRequest, 'redirectUri' | 'state'>

/**
 * A redirect that becomes a GET whatever it answers, so that no password travels on with it (RFC 9700 §4.12), and that
 * tells the next page nothing of where it came from (§4.2.4).
 * @param cookies the values of Set-Cookie headers
 */
export function seeOther(location: string, cookies: readonly string[] = []): RealmReply {
  return {
    status: 303,
    headers: {
      location,
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'referrer-policy': 'no-referrer',
      ...(cookies.length > 0 && { 'set-cookie': [...cookies] }),
    },
  }
}

/** The redirect that hands a code to the client (RFC 6749 §4.1.2, RFC 9207 §2). */
export function codeResponse(address: ReturnAddress, issuer: string, code: string): RealmReply {
  return seeOther(locationOf(address, { code, iss: issuer }))
}

/** The redirect that tells the client why there is no code (RFC 6749 §4.1.2.1, RFC 9207 §2). */
export function errorResponse(address: ReturnAddress, issuer: string, failure: Failure): RealmReply {
  const error = failure.code === 'invalid_input' ? 'invalid_request' : failure.code
  return seeOther(locationOf(address, { error, error_description: asciiOf(failure.message), iss: issuer }))
}

function locationOf({ redirectUri, state }: ReturnAddress, answer: Record<string, string>): string {
  return withQuery(redirectUri, state === null ? answer : { ...answer, state })
}

/**
 * A registered URI with more in its query; what was there stays as it is, byte for byte, but for characters that a
 * header cannot hold.
 */
export function withQuery(uri: string, parameters: Readonly<Record<string, string>>): string {
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  if (query.length === 0) return headerSafe(uri)
  const separator = uri.includes('?') ? (/[?&]$/.test(uri) ? '' : '&') : '?'
  return `${headerSafe(uri)}${separator}${query.join('&')}`
}

function headerSafe(uri: string): string {
  return uri.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent)
}
