// Reads the `id_token_hint` of a request.
import type { JSONWebKeySet } from 'jose'
import { personOf, sessionBehind } from '../client/subject-identifier.ts'
import type { Context } from '../context.ts'
import { SIGNING_ALGORITHMS } from '../outside.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'

/** The user that an ID token of the realm is about, and the client that it was issued for. */
export interface HintedToken {
  readonly userId: string
  /** The session that it was issued in (`sid`); undefined if it names none. */
  readonly sessionId: string | undefined
  /** The client's `client_id`. */
  readonly clientIdentifier: string
}

/**
 * Reads an `id_token_hint` (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2). An expired ID token is accepted. A
 * token of another realm, an access token, and a token without a valid signature of a published key are not.
 */
export async function readIdTokenHint(
  context: Pick<Context, 'registry' | 'scope' | 'crypto'>,
  token: string,
): Promise<HintedToken | undefined> {
  const realm = realmOf(context.scope)
  const ring = await context.registry.keyRing(realm.tenantId, realm.id)
  if (!ring) return undefined
  const claims = await verify(token, { keys: ring.published.map((key) => ({ ...key, kty: String(key.kty) })) })
  if (claims?.iss !== issuerOf(realm, context.registry.settings)) return undefined
  const { sub, aud, sid } = claims
  if (typeof aud !== 'string') return undefined
  const client = await context.registry.client(realm.tenantId, realm.id, aud)
  const userId = typeof sub === 'string' ? personOf(context, client, sub) : undefined
  const sessionId = typeof sid === 'string' ? sessionBehind(context, client, sid) : undefined
  return userId === undefined ? undefined : { userId, sessionId, clientIdentifier: aud }
}

async function verify(token: string, keys: JSONWebKeySet): Promise<Record<string, unknown> | undefined> {
  const { compactVerify, createLocalJWKSet } = await import('jose')
  try {
    const { payload, protectedHeader } = await compactVerify(token, createLocalJWKSet(keys), {
      algorithms: [...SIGNING_ALGORITHMS],
    })
    // RFC 8725 §3.11: the `typ` of an access token is at+jwt, so it is not an ID token, whatever else it contains.
    if (protectedHeader.typ !== 'JWT') return undefined
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload))
    return typeof claims === 'object' && claims !== null ? { ...claims } : undefined
  } catch {
    return undefined
  }
}
