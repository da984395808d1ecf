// Owns the signature of the requests that the server sends to programs: webhooks, flows, mails and text messages.
import type { Crypto } from './outside.ts'

/**
 * Signs the body of a request: `t=<unix seconds>,v1=<hexadecimal HMAC-SHA256 of "{t}.{body}">`, with one `v1` for each secret.
 * @param secrets those that the receiver may know, not sealed
 * @param now milliseconds since 1970
 */
export function bodySignature(
  { hmac }: Pick<Crypto, 'hmac'>,
  secrets: readonly string[],
  body: string,
  now: number,
): string {
  const t = Math.floor(now / 1000)
  return [`t=${t}`, ...secrets.map((secret) => `v1=${hmac(secret, `${t}.${body}`)}`)].join(',')
}
