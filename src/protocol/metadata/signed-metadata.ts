// Signed metadata: a JWT with the members of a metadata document (RFC 8414 §2.1, RFC 9728 §2.2).
import { LRUCache } from 'lru-cache'
import type { Context } from '#domain/context.ts'
import type { Signer } from '#domain/registry.ts'
import { signJwt } from '../jwt.ts'
import { signerFor, TOKEN_KINDS } from '../signing.ts'

/** How many documents each key keeps signed. */
const KEPT = 50
const signed = new WeakMap<Signer, LRUCache<string, string>>()

/**
 * A metadata document with its signed copy. The copy stays the same as long as the document and the key do, so that caches
 * see no change.
 * @param issuer who attests to it
 * @throws Failure `temporarily_unavailable` if the realm has no key
 */
export async function withSignedMetadata<Document extends Readonly<Record<string, unknown>>>(
  context: Pick<Context, 'scope' | 'registry' | 'clock'>,
  issuer: string,
  document: Document,
): Promise<Document & { readonly signed_metadata: string }> {
  const signer = await signerFor(context, 'metadata')
  const kept = signed.get(signer) ?? new LRUCache<string, string>({ max: KEPT })
  signed.set(signer, kept)
  const text = JSON.stringify(document)
  const token = kept.get(text) ?? (await signJwt(signer, TOKEN_KINDS.metadata.typ, { iss: issuer, ...document }))
  kept.set(text, token)
  return { ...document, signed_metadata: token }
}
