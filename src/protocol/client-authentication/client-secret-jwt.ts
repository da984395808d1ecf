// Client authentication by an HMAC with the client's secret (OpenID Connect Core §9, client_secret_jwt).
import type { Client } from '#domain/client/client.ts'
import { openedSecret } from '#domain/client/client-secret.ts'
import type { Context } from '#domain/context.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import { checkAssertion } from './client-assertion.ts'

/** The algorithms of the HMAC. */
export const SECRET_ALGORITHMS = ['HS256'] as const

/**
 * Verifies a client assertion that the client made with its secret. The key is the UTF-8 text of the secret (§10.1).
 * @returns what is wrong with it, for the operator; undefined where nothing is
 */
export async function verifyClientSecretJwt(
  context: Context,
  client: Client,
  audiences: readonly string[],
  assertion: string,
): Promise<RefusalReason | undefined> {
  const { jwtVerify } = await import('jose')
  const secret = openedSecret(context.crypto, client)
  if (secret === undefined) return 'wrong_method'
  const key = new TextEncoder().encode(secret)
  return checkAssertion(context, client, audiences, (expected) =>
    jwtVerify(assertion, key, { ...expected, algorithms: [...SECRET_ALGORITHMS] }),
  )
}
