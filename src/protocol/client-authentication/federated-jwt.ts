// Client authentication by a JWT of another issuer, for example of Kubernetes, GitHub Actions or SPIFFE (RFC 7521 §4.2,
// RFC 7523 §3).
import type { Client } from '#domain/client/client.ts'
import { withKeys } from '#domain/client/client-key-set.ts'
import { type FederatedCredential, meansSubject } from '#domain/client/federated-credential.ts'
import { keysOfIssuer } from '#domain/client/issuer-keys.ts'
import type { Context } from '#domain/context.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import { claimsOf } from '../jwt.ts'
import { payloadOf, TOLERANCE } from './client-assertion.ts'

/** How far ahead such a JWT may expire. The tokens of Kubernetes are valid for an hour or more. Seconds. */
const LIFETIME_MAX = 86_400
/**
 * What such a JWT may say that it is (RFC 8725 §3.11): a token for an API is no credential of the program that has it. SPIFFE
 * allows `JOSE` (JWT-SVID §2.3).
 */
const TYPES = /^(jwt|jose)$/i

/**
 * Verifies a JWT of an issuer that an administrator trusts for a client: its signature, issuer, subject, only audience and
 * times. It can be used until it expires, not only once, because platforms give programs one token for a while.
 * @returns what is wrong with it, for the operator; undefined where nothing is
 * @throws Failure `temporarily_unavailable` where the keys of the issuer cannot be fetched
 */
export async function verifyFederatedJwt(
  context: Context,
  client: Client,
  assertion: string,
): Promise<RefusalReason | undefined> {
  const claims = claimsOf(assertion)
  const ofIssuer = client.federatedCredentials.filter(({ issuer }) => issuer === claims?.iss)
  if (ofIssuer.length === 0) return 'issuer_not_trusted'
  const sub = claims?.sub
  const meant = typeof sub === 'string' ? ofIssuer.filter(({ subject }) => meansSubject(subject, sub)) : []
  let reason: RefusalReason | undefined = 'subject_not_trusted'
  for (const credential of meant) {
    reason = await verifyFor(context, client, credential, assertion)
    if (reason === undefined) return undefined
  }
  return reason
}

async function verifyFor(
  context: Context,
  client: Client,
  { issuer, audience, jwksUri }: FederatedCredential,
  assertion: string,
): Promise<RefusalReason | undefined> {
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  const realm = realmOf(context.scope)
  const { proofAlgorithms } = profileOf(realm, client)
  const now = Math.floor(context.clock.now() / 1000)
  const source = await keysOfIssuer(context, { issuer, jwksUri })
  const payload = await payloadOf(
    (expected) =>
      withKeys(context, source, (keys) =>
        jwtVerify(assertion, createLocalJWKSet(keys), { ...expected, algorithms: [...proofAlgorithms] }),
      ),
    { issuer, requiredClaims: ['exp', 'sub', 'aud'], clockTolerance: TOLERANCE, currentDate: new Date(now * 1000) },
    TYPES,
  )
  if (typeof payload === 'string') return payload
  const [own, ...others] = [payload.aud].flat()
  const isAddressed = own === (audience ?? issuerOf(realm, context.registry.settings)) && others.length === 0
  if (!isAddressed) return 'assertion_audience'
  const { exp = 0, iat } = payload
  if (!Number.isInteger(exp) || exp > now + LIFETIME_MAX + TOLERANCE) return 'assertion_lifetime'
  return iat !== undefined && iat > now + TOLERANCE ? 'assertion_lifetime' : undefined
}
