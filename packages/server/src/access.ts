// What an access token allows, and what a request needs of it.
import type { JWTPayload } from 'jose'
import { Fault, type Scheme } from './refusal.ts'

/** One authorization detail (RFC 9396 §2). */
export type AuthorizationDetail = Readonly<Record<string, unknown>> & { readonly type: string }

/** A verified access token. */
export interface Access {
  readonly token: string
  /** How it was presented. */
  readonly scheme: Scheme
  /** The user, or the client where it acts for itself. */
  readonly subject: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** What was granted in detail (RFC 9396); empty for none. */
  readonly details: readonly AuthorizationDetail[]
  /** Who acts for the subject (RFC 8693 §4.1). */
  readonly actor: Readonly<Record<string, unknown>> | undefined
  /** Seconds since 1970. */
  readonly expiresAt: number
  /** All claims of the token, or the members of the introspection response. */
  readonly claims: JWTPayload
  /** Headers to add to the response, as a new DPoP nonce (RFC 9449 §8.2). */
  readonly headers: Readonly<Record<string, string>>
}

/** What a request needs. */
export interface Needs {
  /** All of them. */
  readonly scopes?: readonly string[]
  /** One of them: how the user signed in (RFC 9470 §4). */
  readonly acrValues?: readonly string[]
  /** Seconds since the user signed in, at most (RFC 9470 §4). */
  readonly maxAge?: number
  /** Whether the granted details allow the request (RFC 9396). */
  readonly details?: (details: readonly AuthorizationDetail[]) => boolean
}

/** Makes the access of the claims of a token. @throws Fault if `sub` or `exp` is missing */
export function accessOfClaims(
  { token, scheme }: Pick<Access, 'token' | 'scheme'>,
  claims: JWTPayload,
  headers: Readonly<Record<string, string>>,
): Access {
  const { sub, client_id: clientId, exp, scope, authorization_details: details, act } = claims
  if (typeof sub !== 'string' || typeof exp !== 'number') throw new Fault('invalid_token', 'sub or exp is missing.')
  return {
    token,
    scheme,
    subject: sub,
    clientId: String(clientId),
    scopes: typeof scope === 'string' && scope !== '' ? scope.split(' ') : [],
    details: Array.isArray(details) ? (details as AuthorizationDetail[]) : [],
    actor: typeof act === 'object' && act !== null ? (act as Record<string, unknown>) : undefined,
    expiresAt: exp,
    claims,
    headers,
  }
}

/**
 * Checks that an access is enough for a request.
 * @param now seconds since 1970
 * @throws Fault `insufficient_scope` with all scopes that are needed, or `insufficient_user_authentication` with what the
 *   client must ask for
 */
export function checkNeeds(access: Access, needs: Needs, now: number): void {
  const { scopes = [], acrValues, maxAge, details } = needs
  if (scopes.some((scope) => !access.scopes.includes(scope))) {
    throw new Fault('insufficient_scope', 'The access token lacks a scope.', {
      status: 403,
      parameters: { scope: scopes.join(' ') },
    })
  }
  if (details && !details(access.details)) {
    throw new Fault('insufficient_scope', 'The authorization details of the access token do not allow this.', {
      status: 403,
    })
  }
  const { acr, auth_time: authTime } = access.claims
  const isMet = acrValues === undefined || (typeof acr === 'string' && acrValues.includes(acr))
  const isRecent = maxAge === undefined || (typeof authTime === 'number' && now - authTime <= maxAge)
  if (isMet && isRecent) return
  throw new Fault('insufficient_user_authentication', 'The user must sign in again, or in another way.', {
    parameters: { acr_values: acrValues?.join(' '), max_age: maxAge },
  })
}
