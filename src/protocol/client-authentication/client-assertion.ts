// Checks the claims of the assertions that clients make themselves (RFC 7523 §3), whatever their signature is.
import type { JWTPayload, JWTVerifyOptions, JWTVerifyResult } from 'jose'
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { Failure } from '#kernel/error.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'

/** How far ahead an assertion may expire, and how long ago it may have been made. Seconds. */
const LIFETIME_MAX = 600
/** How far clocks may differ, in seconds. */
export const TOLERANCE = 30

/** What a client assertion may say that it is (RFC 8725 §3.11): a request object, for example, is none. */
const TYPES = /^(application\/)?(jwt|client-authentication\+jwt)$/i

type Verify = (expected: JWTVerifyOptions) => Promise<Pick<JWTVerifyResult, 'payload' | 'protectedHeader'>>

/**
 * Verifies a client assertion (RFC 7523 §3). Every audience must be an address of this realm: an assertion for another
 * server, or for several, is one that another server could replay here. Its `jti` is good once.
 * @param audiences the addresses; where there is only one, the audience is that string, and no list (FAPI 2.0 §5.3.2.1)
 * @param verify verifies the signature, and what it is given
 * @returns what is wrong with it, for the operator; undefined where nothing is
 * @throws Failure `temporarily_unavailable` as `verify` does
 */
export async function checkAssertion(
  context: Context,
  client: Client,
  audiences: readonly string[],
  verify: Verify,
): Promise<RefusalReason | undefined> {
  const now = Math.floor(context.clock.now() / 1000)
  const payload = await payloadOf(verify, {
    issuer: client.clientId,
    subject: client.clientId,
    requiredClaims: ['exp', 'jti', 'aud'],
    clockTolerance: TOLERANCE,
    currentDate: new Date(now * 1000),
  })
  if (typeof payload === 'string') return payload
  if (!isAddressed(payload.aud, audiences)) return 'assertion_audience'
  const { exp = 0, iat, jti } = payload
  if (!Number.isInteger(exp) || exp > now + LIFETIME_MAX + TOLERANCE) return 'assertion_lifetime'
  if (iat !== undefined && (iat > now + TOLERANCE || iat < now - LIFETIME_MAX - TOLERANCE)) return 'assertion_lifetime'
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) return 'assertion_jti'
  return (await claim(context, client, jti, exp)) ? undefined : 'assertion_replayed'
}

/**
 * The claims of an assertion that verifies.
 * @param types what it may say that it is; it may also say nothing
 * @returns what is wrong with it where it does not
 * @throws Failure `temporarily_unavailable` as `verify` does
 */
export async function payloadOf(
  verify: Verify,
  expected: JWTVerifyOptions,
  types = TYPES,
): Promise<JWTPayload | RefusalReason> {
  try {
    const { payload, protectedHeader } = await verify(expected)
    const { typ } = protectedHeader
    return typ === undefined || types.test(typ) ? payload : 'assertion_invalid'
  } catch (error) {
    if (isTemporary(error)) throw error
    return (error as { code?: unknown }).code === 'ERR_JWT_EXPIRED' ? 'assertion_expired' : 'assertion_invalid'
  }
}

/** Whether an error says that keys cannot be fetched now. */
export function isTemporary(error: unknown): boolean {
  return error instanceof Failure && error.code === 'temporarily_unavailable'
}

function isAddressed(aud: string | string[] | undefined, audiences: readonly string[]): boolean {
  if (typeof aud === 'string') return audiences.includes(aud)
  return audiences.length > 1 && aud !== undefined && aud.length > 0 && aud.every((item) => audiences.includes(item))
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
