// Encrypts what a client chose to get encrypted, for a key of the client (RFC 7516, OpenID Connect Core §10.2).
import type { Client } from '#domain/client/client.ts'
import { keysOf } from '#domain/client/client-key-set.ts'
import { type EncryptedKind, encryptionKeyIn, encryptionOf } from '#domain/client/response-protection.ts'
import type { Context } from '#domain/context.ts'
import { Failure } from '#kernel/error.ts'

/**
 * A signed JWT as the client gets it: encrypted, where the client chose that (RFC 7519 §5.2, a nested JWT).
 * @throws Failure `temporarily_unavailable` where the keys of the client cannot be fetched, or none fits
 */
export function encryptedJwt(
  context: Pick<Context, 'network'>,
  kind: EncryptedKind,
  client: Client,
  jwt: string,
): string | Promise<string> {
  return encryptionOf(client, kind) ? encrypt(context, kind, client, { text: jwt, header: { cty: 'JWT' } }) : jwt
}

/**
 * Claims that are encrypted without a signature.
 * @throws Failure `temporarily_unavailable` where the keys of the client cannot be fetched, or none fits
 */
export function encryptedClaims(
  context: Pick<Context, 'network'>,
  kind: EncryptedKind,
  client: Client,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  return encrypt(context, kind, client, { text: JSON.stringify(claims), header: { typ: 'JWT' } })
}

async function encrypt(
  context: Pick<Context, 'network'>,
  kind: EncryptedKind,
  client: Client,
  { text, header }: { readonly text: string; readonly header: Readonly<Record<string, string>> },
): Promise<string> {
  const choice = encryptionOf(client, kind)
  const key = choice && encryptionKeyIn(await keysOf(context, client), choice.alg)
  if (!choice || !key) throw unusable(choice?.alg)
  const { CompactEncrypt } = await import('jose')
  const protectedHeader = { ...choice, ...header, ...(typeof key.kid === 'string' && { kid: key.kid }) }
  const content = new TextEncoder().encode(text)
  try {
    return await new CompactEncrypt(content).setProtectedHeader(protectedHeader).encrypt(publicPart(key))
  } catch {
    throw unusable(choice.alg)
  }
}

// What a key says about its use is checked already, and jose would refuse operations that a wrap with a public key has not.
function publicPart({ kty, crv, x, y, n, e }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined))
}

function unusable(algorithm: string | undefined): Failure {
  return new Failure('temporarily_unavailable', `The client has no usable key for encryption with ${algorithm}.`)
}
