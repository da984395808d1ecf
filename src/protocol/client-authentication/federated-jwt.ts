// Client authentication by a JWT of another issuer, for example of Kubernetes, GitHub Actions or SPIFFE (RFC 7521 §4.2,
// RFC 7523 §3).
import type { Client } from '#domain/client/client.ts'
import { type FederatedCredential, meansSubject } from '#domain/client/federated-credential.ts'
import type { Context } from '#domain/context.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import { claimsOf } from '../jwt.ts'
import { verifyIssuerJwt } from './issuer-jwt.ts'

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
  const expected = { issuer, audience, jwksUri, lifetime: LIFETIME_MAX, types: TYPES, requiredClaims: [] }
  const verified = await verifyIssuerJwt(context, client, expected, assertion)
  return typeof verified === 'string' ? verified : undefined
}
