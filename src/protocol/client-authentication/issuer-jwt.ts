// Verifies JWTs of issuers that an administrator trusts (RFC 7523 §3), whatever they are used for.
import type { JWTPayload } from 'jose'
import type { Client } from '#domain/client/client.ts'
import { type KeysOfClient, withKeys } from '#domain/client/client-key-set.ts'
import { keysOfIssuer } from '#domain/client/issuer-keys.ts'
import type { Context } from '#domain/context.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import { payloadOf, TOLERANCE } from './client-assertion.ts'

/** What an administrator said about an issuer. */
export interface ExpectedIssuer {
  readonly issuer: string
  readonly jwksUri: string | null
  /** Instead of a URL. */
  readonly jwks?: KeysOfClient['jwks']
  /** Null for the issuer of the realm. */
  readonly audience: string | null
  /** Seconds that the JWT may be valid from now. */
  readonly lifetime: number
  /** What it may say that it is (RFC 8725 §3.11). */
  readonly types: RegExp
  readonly requiredClaims: readonly string[]
}

/**
 * Verifies the signature, the issuer, the only audience and the times of a JWT.
 * @returns its claims, or what is wrong with it
 * @throws Failure `temporarily_unavailable` where the keys of the issuer cannot be fetched
 */
export async function verifyIssuerJwt(
  context: Pick<Context, 'network' | 'scope' | 'clock' | 'registry'>,
  client: Client,
  { issuer, jwksUri, jwks = null, audience, lifetime, types, requiredClaims }: ExpectedIssuer,
  assertion: string,
): Promise<JWTPayload | RefusalReason> {
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  const realm = realmOf(context.scope)
  const { proofAlgorithms } = profileOf(realm, client)
  const now = Math.floor(context.clock.now() / 1000)
  const source = jwks
    ? { jwks, jwksUri: null, tenantId: context.scope.tenantId }
    : await keysOfIssuer(context, { issuer, jwksUri })
  const payload = await payloadOf(
    (expected) =>
      withKeys(context, source, (keys) =>
        jwtVerify(assertion, createLocalJWKSet(keys), { ...expected, algorithms: [...proofAlgorithms] }),
      ),
    {
      issuer,
      requiredClaims: ['exp', 'sub', 'aud', ...requiredClaims],
      clockTolerance: TOLERANCE,
      currentDate: new Date(now * 1000),
    },
    types,
  )
  if (typeof payload === 'string') return payload
  const [own, ...others] = [payload.aud].flat()
  const isAddressed = own === (audience ?? issuerOf(realm, context.registry.settings)) && others.length === 0
  if (!isAddressed) return 'assertion_audience'
  const { exp = 0, iat } = payload
  if (!Number.isInteger(exp) || exp > now + lifetime + TOLERANCE) return 'assertion_lifetime'
  return iat !== undefined && iat > now + TOLERANCE ? 'assertion_lifetime' : payload
}
