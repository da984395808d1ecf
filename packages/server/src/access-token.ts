// JWT access tokens (RFC 9068 §4), and the credentials of a request that they come in.
import { errors, type JWTPayload, jwtVerify } from 'jose'
import type { Issuer } from './issuer.ts'
import { Fault, type Scheme, Unavailable } from './refusal.ts'

/** The algorithms of tokens that are accepted by default: all of them asymmetric. */
export const TOKEN_ALGORITHMS: readonly string[] = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256']

const SCHEME = /^(Bearer|DPoP)(?= |$)/i
const CREDENTIALS = /^\w+ +([\w.~+/-]+=*) *$/
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/
/** Errors of jose that say nothing about the token: the keys could not be fetched. */
const FAULTS_OF_KEYS: readonly string[] = ['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID']

/** What a token must be. */
export interface TokenRules {
  readonly audiences: readonly string[]
  readonly algorithms: readonly string[]
  /** Seconds. */
  readonly clockTolerance: number
  readonly now: () => number
}

/**
 * The scheme and the token of a request; undefined if it has none, or credentials of another scheme.
 * @throws Fault if the header is malformed
 */
export function credentialsOf(authorization: string | undefined): { scheme: Scheme; token: string } | undefined {
  const [scheme] = SCHEME.exec(authorization ?? '') ?? []
  if (authorization === undefined || scheme === undefined) return undefined
  const [, token] = CREDENTIALS.exec(authorization) ?? []
  if (token === undefined) {
    throw new Fault('invalid_request', 'The header Authorization has no access token.', { status: 400 })
  }
  return { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token }
}

/** Whether a token has the form of a signed JWT. */
export function isJwt(token: string): boolean {
  return COMPACT.test(token)
}

/**
 * Verifies a JWT access token (RFC 9068 §4).
 * @returns its claims
 * @throws Fault `invalid_token`
 * @throws Unavailable if the keys of the issuer cannot be fetched
 */
export async function verifyJwt(token: string, issuer: Issuer, rules: TokenRules): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, issuer.keys, {
      issuer: issuer.identifier,
      audience: [...rules.audiences],
      typ: 'at+jwt',
      algorithms: [...rules.algorithms],
      requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
      clockTolerance: rules.clockTolerance,
      currentDate: new Date(rules.now()),
    })
    return payload
  } catch (error) {
    throw faultOf(error)
  }
}

/**
 * Checks the claims of an introspection response, as those of a JWT are checked.
 * @throws Fault `invalid_token`
 */
export function checkIntrospected(claims: JWTPayload, issuer: Issuer, rules: TokenRules): void {
  const audiences = [claims.aud ?? []].flat()
  const now = rules.now() / 1000
  if (claims.iss !== undefined && claims.iss !== issuer.identifier) throw invalid('It is of another issuer.')
  if (!rules.audiences.some((audience) => audiences.includes(audience))) throw invalid('It is for another resource.')
  if (typeof claims.exp === 'number' && claims.exp + rules.clockTolerance <= now) throw invalid('It has expired.')
}

function faultOf(error: unknown): Error {
  if (error instanceof Unavailable) return error
  if (!(error instanceof errors.JOSEError) || FAULTS_OF_KEYS.includes(error.code)) {
    return new Unavailable('The keys of the issuer cannot be fetched.', error)
  }
  if (error instanceof errors.JWTExpired) return invalid('It has expired.')
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    return invalid('It is for another resource.')
  }
  return invalid('It is not an access token of the issuer.')
}

function invalid(reason: string): Fault {
  return new Fault('invalid_token', `The access token is not valid. ${reason}`)
}
