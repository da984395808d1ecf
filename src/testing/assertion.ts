// Owns client assertions (RFC 7523) for tests.
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey']

/** A key pair of a client, and its public part as it registers it. */
export interface ClientKey {
  readonly privateKey: PrivateKey
  readonly jwk: Readonly<Record<string, unknown>>
  readonly alg: string
}

/** Makes a key pair. */
export async function makeClientKey(alg = 'ES256', kid = 'k1'): Promise<ClientKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' }, alg }
}

let count = 0

/** An assertion that is right but for what is changed (RFC 7523 §3); a claim of undefined is left out. */
export async function signAssertion(
  { privateKey, alg }: ClientKey,
  { clientId, issuer, now }: { clientId: string; issuer: string; now: number },
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const iat = Math.floor(now / 1000)
  return new SignJWT({
    iss: clientId,
    sub: clientId,
    aud: issuer,
    iat,
    exp: iat + 60,
    jti: `assertion-${++count}`,
    ...claims,
  })
    .setProtectedHeader({ alg, kid: 'k1', ...header })
    .sign(privateKey)
}

/** The form fields that carry an assertion. */
export function assertionFields(assertion: string): Record<string, string> {
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion }
}
