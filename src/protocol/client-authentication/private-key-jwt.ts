// JWTs that a client signs with its registered keys: assertions (RFC 7523) and request objects.
import type { JWTPayload } from 'jose'
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure } from '#kernel/error.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import { withKeys } from './client-key-set.ts'

/** How far ahead an assertion may expire, and how long ago it may have been made. Seconds. */
const LIFETIME_MAX = 600
const TOLERANCE = 30

/**
 * Verifies a client assertion (RFC 7523 §3). Every audience must be an address of this realm: an assertion for another
 * server, or for several, is one that another server could replay here. Its `jti` is good once.
 * @param audiences the addresses; where there is only one, the audience is that string, and no list (FAPI 2.0 §5.3.2.1)
 * @returns what is wrong with it, for the operator; undefined where nothing is
 * @throws Failure `temporarily_unavailable` where the client's keys cannot be fetched
 */
export async function verifyAssertion(
  context: Context,
  client: Client,
  audiences: readonly string[],
  assertion: string,
): Promise<RefusalReason | undefined> {
  const now = Math.floor(context.clock.now() / 1000)
  const payload = await verified(context, client, assertion, now)
  if (typeof payload === 'string') return payload
  if (!isAddressed(payload.aud, audiences)) return 'assertion_audience'
  const { exp = 0, iat, jti } = payload
  if (!Number.isInteger(exp) || exp > now + LIFETIME_MAX + TOLERANCE) return 'assertion_lifetime'
  if (iat !== undefined && (iat > now + TOLERANCE || iat < now - LIFETIME_MAX - TOLERANCE)) return 'assertion_lifetime'
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) return 'assertion_jti'
  return (await claim(context, client, jti, exp)) ? undefined : 'assertion_replayed'
}

function isAddressed(aud: string | string[] | undefined, audiences: readonly string[]): boolean {
  if (typeof aud === 'string') return audiences.includes(aud)
  return audiences.length > 1 && aud !== undefined && aud.length > 0 && aud.every((one) => audiences.includes(one))
}

/**
 * The claims of a JWT that a client signed with one of its registered keys, for this issuer; undefined where it is none.
 * @throws Failure `temporarily_unavailable` where the client's keys cannot be fetched
 */
export async function verifyByClient(
  context: Context,
  client: Client,
  jwt: string,
  { typ, audience }: { typ: string; audience: string },
): Promise<JWTPayload | undefined> {
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  if (!client.jwks && !client.jwksUri) return undefined
  try {
    const { payload } = await withKeys(context, client, (keys) =>
      jwtVerify(jwt, createLocalJWKSet(keys), {
        algorithms: [...algorithmsOf(context, client)],
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

async function verified(
  context: Context,
  client: Client,
  assertion: string,
  now: number,
): Promise<JWTPayload | RefusalReason> {
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  try {
    const { payload, protectedHeader } = await withKeys(context, client, (keys) =>
      jwtVerify(assertion, createLocalJWKSet(keys), {
        algorithms: [...algorithmsOf(context, client)],
        issuer: client.clientId,
        subject: client.clientId,
        requiredClaims: ['exp', 'jti', 'aud'],
        clockTolerance: TOLERANCE,
        currentDate: new Date(now * 1000),
      }),
    )
    return isAssertionType(protectedHeader.typ) ? payload : 'assertion_invalid'
  } catch (error) {
    if (isTemporary(error)) throw error
    return (error as { code?: unknown }).code === 'ERR_JWT_EXPIRED' ? 'assertion_expired' : 'assertion_invalid'
  }
}

// RFC 8725 §3.11: a JWT that says that it is something else, such as a request object, is no assertion.
function isAssertionType(typ: string | undefined): boolean {
  return typ === undefined || /^(application\/)?(jwt|client-authentication\+jwt)$/i.test(typ)
}

function isTemporary(error: unknown): boolean {
  return error instanceof Failure && error.code === 'temporarily_unavailable'
}

function claim(context: Context, client: Client, jti: string, exp: number): Promise<boolean> {
  const hash = context.crypto.digest(`${client.id} ${jti}`)
  return context.write((unit) =>
    unit.oneTimeTokens.insert('client_assertion', hash, {
      payload: null,
      createdAt: context.clock.now(),
      expiresAt: (exp + 2 * TOLERANCE) * 1000,
    }),
  )
}
