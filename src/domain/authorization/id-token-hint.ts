import type { JSONWebKeySet } from 'jose'
import { parseId } from '#kernel/id.ts'
import type { Context } from '../context.ts'
import { SIGNING_ALGORITHMS } from '../outside.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'

/** Whom one of the realm’s ID tokens is about, and for which client it was issued. */
export interface HintedToken {
  readonly userId: string
  /** The client’s identifier on the wire. */
  readonly clientIdentifier: string
}

/**
 * Reads an `id_token_hint` (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2). An expired token is as good a hint as
 * any; one of another realm, an access token, or one that a published key did not sign, is none.
 */
export async function readIdTokenHint(context: Context, token: string): Promise<HintedToken | undefined> {
  const realm = realmOf(context.scope)
  const ring = await context.registry.keyRing(realm.tenantId, realm.id)
  if (!ring) return undefined
  const claims = await verify(token, { keys: ring.published.map((key) => ({ ...key, kty: String(key.kty) })) })
  if (claims?.iss !== issuerOf(realm, context.registry.settings)) return undefined
  const { sub, aud } = claims
  const userId = typeof sub === 'string' ? parseId('user', sub) : undefined
  return userId !== undefined && typeof aud === 'string' ? { userId, clientIdentifier: aud } : undefined
}

async function verify(token: string, keys: JSONWebKeySet): Promise<Record<string, unknown> | undefined> {
  const { compactVerify, createLocalJWKSet } = await import('jose')
  try {
    const { payload, protectedHeader } = await compactVerify(token, createLocalJWKSet(keys), {
      algorithms: [...SIGNING_ALGORITHMS],
    })
    // RFC 8725 §3.11: an access token says at+jwt; it is no ID token, whatever it says besides.
    if (protectedHeader.typ !== 'JWT') return undefined
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload))
    return typeof claims === 'object' && claims !== null ? { ...claims } : undefined
  } catch {
    return undefined
  }
}
