// The client secrets of providers that want a JWT of this server in the place of a secret, as Apple does.
import type { Crypto } from '../outside.ts'

type Needs = Pick<Crypto, 'signWithKey'>

/** How long one is valid. It is made for one request. Seconds. */
const LIFETIME = 300

/** Whether a text is a private key on P-256 in PEM (PKCS #8), as Apple gives it. */
export function isSecretKey({ signWithKey }: Needs, text: string): boolean {
  return signWithKey(text, '') !== undefined
}

/** Who signs, for whom, and when. */
export interface SignedSecretOptions {
  readonly teamId: string
  readonly keyId: string
  readonly clientId: string
  /** The issuer of the provider. */
  readonly audience: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * A client secret for one request ("Creating a client secret" in the documentation of Sign in with Apple).
 * @param key as {@link isSecretKey} takes it
 */
export function signedSecret({ signWithKey }: Needs, key: string, options: SignedSecretOptions): string {
  const { teamId, keyId, clientId, audience, now } = options
  const seconds = Math.floor(now / 1000)
  const claims = { iss: teamId, iat: seconds, exp: seconds + LIFETIME, aud: audience, sub: clientId }
  const signed = [{ alg: 'ES256', kid: keyId }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${signWithKey(key, signed) ?? ''}`
}
