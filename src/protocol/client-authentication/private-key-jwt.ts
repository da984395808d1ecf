// JWTs that a client signs with its registered keys: assertions (RFC 7523) and request objects.
import type { JWTPayload } from 'jose'
import type { Client } from '#domain/client/client.ts'
import { withKeys } from '#domain/client/client-key-set.ts'
import type { Context } from '#domain/context.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import { checkAssertion, isTemporary, TOLERANCE } from './client-assertion.ts'

/**
 * Verifies a client assertion that the client signed with one of its registered keys (RFC 7523 §3).
 * @returns what is wrong with it, for the operator; undefined where nothing is
 * @throws Failure `temporarily_unavailable` where the client's keys cannot be fetched
 */
export async function verifyPrivateKeyJwt(
  context: Context,
  client: Client,
  audiences: readonly string[],
  assertion: string,
): Promise<RefusalReason | undefined> {
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  return checkAssertion(context, client, audiences, (expected) =>
    withKeys(context, client, (keys) =>
      jwtVerify(assertion, createLocalJWKSet(keys), { ...expected, algorithms: [...algorithmsOf(context, client)] }),
    ),
  )
}

/**
 * The claims of a JWT that a client signed with one of its registered keys, for this issuer; undefined where it is none.
 * @param expected its type and audience, and the only algorithm where there is one
 * @throws Failure `temporarily_unavailable` where the client's keys cannot be fetched
 */
export async function verifyByClient(
  context: Context,
  client: Client,
  jwt: string,
  { typ, audience, algorithm }: { typ: string; audience: string; algorithm: string | null },
): Promise<JWTPayload | undefined> {
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  if (!client.jwks && !client.jwksUri) return undefined
  try {
    const { payload } = await withKeys(context, client, (keys) =>
      jwtVerify(jwt, createLocalJWKSet(keys), {
        algorithms: algorithmsOf(context, client).filter((one) => algorithm === null || one === algorithm),
        typ,
        issuer: client.clientId,
        audience,
        requiredClaims: ['exp'],
        clockTolerance: TOLERANCE,
        currentDate: new Date(context.clock.now()),
      }),
    )
    return payload
  } catch (error) {
    if (isTemporary(error)) throw error
    return undefined
  }
}

function algorithmsOf({ scope }: Context, client: Client): readonly string[] {
  return profileOf(realmOf(scope), client).proofAlgorithms
}
