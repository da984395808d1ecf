// Verifies the ID tokens of identity providers (OpenID Connect Core §3.1.3.7).
import type { JSONWebKeySet, JWTPayload } from 'jose'
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { type OidcSettings, TENANT_PLACE } from '../identity-provider/openid-settings.ts'
import type { Answered } from './pending-sign-in.ts'
import { providerFailure } from './provider-failure.ts'

/** Signatures with a key pair: neither `none`, nor a secret that others may know. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'RS512', 'PS512', 'ES512', 'EdDSA', 'Ed25519']
/** The difference of clocks that is accepted, in seconds. */
const TOLERANCE = 60
const KEYS_KEPT = 300_000
const REFETCH_AFTER = 30_000
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What has to be verified against. */
export interface Expected extends Pick<Answered, 'nonce' | 'maxAge' | 'askedAt'> {
  /** The access token that came with the ID token. */
  readonly accessToken: string
}

/** The claims of a verified ID token. */
export type IdTokenClaims = JWTPayload & { readonly iss: string; readonly sub: string }

/**
 * Verifies an ID token: its signature by a key of the provider, issuer, audience, authorized party, times, nonce, the digest
 * of the access token where it has one, and the time of the sign-in where one was asked for.
 * @throws Failure `identity_provider_failed`
 */
export async function verifyIdToken(
  context: Context,
  settings: OidcSettings,
  idToken: string,
  { nonce, maxAge, askedAt, accessToken }: Expected,
): Promise<IdTokenClaims> {
  const { alg, claims } = await verifiedBy(context, settings, idToken)
  const now = Math.floor(context.clock.now() / 1000)
  const { iss, sub, aud, azp, iat } = claims
  if (typeof iss !== 'string' || iss !== issuerFor(settings, claims)) fail('has another issuer')
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) fail('has no subject')
  const audiences = [aud].flat()
  if (!audiences.includes(settings.clientId)) fail('is for another client')
  if ((audiences.length > 1 || azp !== undefined) && azp !== settings.clientId) fail('has another authorized party')
  if (typeof iat !== 'number' || iat > now + TOLERANCE) fail('was issued in the future')
  if (claims.nonce !== nonce) fail('has another nonce')
  if (claims.at_hash !== undefined && claims.at_hash !== halfDigest(context, alg, accessToken)) {
    fail('belongs to another access token')
  }
  if (maxAge !== null) checkAge(claims.auth_time, Math.floor(askedAt / 1000) - maxAge - TOLERANCE)
  return claims as IdTokenClaims
}

async function verifiedBy(context: Context, settings: OidcSettings, idToken: string) {
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  const verify = async (maxAge: number) => {
    const { payload, protectedHeader } = await jwtVerify(
      idToken,
      createLocalJWKSet(await keysOf(context, settings, maxAge)),
      {
        algorithms: ALGORITHMS,
        clockTolerance: TOLERANCE,
        currentDate: new Date(context.clock.now()),
        requiredClaims: ['exp', 'iat'],
      },
    )
    return { alg: protectedHeader.alg, claims: payload as JWTPayload & Readonly<Record<string, unknown>> }
  }
  try {
    return await verify(KEYS_KEPT).catch((error: { code?: unknown }) => {
      if (error.code !== 'ERR_JWKS_NO_MATCHING_KEY') throw error
      return verify(REFETCH_AFTER)
    })
  } catch (error) {
    const { code } = error as { readonly code?: unknown }
    if (error instanceof Failure || typeof code !== 'string' || !/^ERR_J/.test(code)) throw error
    if (code === 'ERR_JWT_EXPIRED') fail('has expired')
    return fail('has no valid signature, or is none')
  }
}

async function keysOf({ network, scope }: Context, { jwksUri }: OidcSettings, maxAge: number): Promise<JSONWebKeySet> {
  const document = await network.fetchJson(jwksUri, { tenantId: scope.tenantId, maxAge }).catch((error) => {
    if (error instanceof Failure) throw providerFailure('id_token', 'The keys of the provider cannot be fetched.')
    throw error
  })
  const { keys } = (document ?? {}) as { readonly keys?: unknown }
  const usable = Array.isArray(keys) ? keys.filter((key) => typeof key === 'object' && key !== null) : []
  return { keys: usable.slice(0, 100) }
}

/** The issuer that a token has to name: exactly the provider's, or, for all organizations of Microsoft, that of one. */
function issuerFor({ issuer }: OidcSettings, { tid }: Readonly<Record<string, unknown>>): string | undefined {
  if (!issuer.includes(TENANT_PLACE)) return issuer
  return typeof tid === 'string' && GUID.test(tid) ? issuer.replace(TENANT_PLACE, tid) : undefined
}

function checkAge(authTime: unknown, earliest: number): void {
  if (typeof authTime !== 'number') fail('does not say when the person signed in')
  if (authTime < earliest) fail('is of a sign-in that is too old')
}

/** The left half of the digest of an access token (OpenID Connect Core §3.1.3.6), by the hash of the algorithm. */
function halfDigest({ crypto }: Context, alg: string, accessToken: string): string {
  const digest = alg.endsWith('256') ? crypto.digest(accessToken) : crypto.digest512(accessToken)
  const bytes = Buffer.from(digest, 'base64url')
  return bytes.subarray(0, bytes.length / 2).toString('base64url')
}

function fail(what: string): never {
  throw providerFailure('id_token', `The ID token ${what}.`)
}
