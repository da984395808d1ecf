// What the realm signs, and with which of its keys.
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import type { SigningAlgorithm } from '#domain/outside.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { KeyRing, Signer } from '#domain/registry.ts'
import type { Resource } from '#domain/resource/resource.ts'
import { Failure } from '#kernel/error.ts'

/** Whom a token is for. */
export interface Recipient {
  readonly client: Client
  readonly resource?: Resource | undefined
}

/** Each kind of JWT: its media type (RFC 8725 §3.11), and who chooses its algorithm. */
export const TOKEN_KINDS = {
  access_token: {
    typ: 'at+jwt',
    algorithm: ({ resource }: Partial<Recipient>) => resource?.signingAlgorithm ?? undefined,
  },
  /** JARM §2.2. */
  authorization_response: {
    typ: 'JWT',
    algorithm: ({ client }: Partial<Recipient>) => client?.authorizationSignedResponseAlg ?? undefined,
  },
  /** OpenID Connect Back-Channel Logout §2.4. */
  logout_token: {
    typ: 'logout+jwt',
    algorithm: ({ client }: Partial<Recipient>) => client?.idTokenSignedResponseAlg ?? undefined,
  },
  /** RFC 8417 §2.3. */
  security_event: {
    typ: 'secevent+jwt',
    algorithm: ({ client }: Partial<Recipient>) => client?.idTokenSignedResponseAlg ?? undefined,
  },
  /** RFC 8414 §2.1, RFC 9728 §2.2. */
  metadata: { typ: 'metadata+jwt', algorithm: () => undefined },
  /** draft-ietf-oauth-status-list §5.1. */
  status_list: { typ: 'statuslist+jwt', algorithm: () => undefined },
  /** draft-ietf-oauth-identity-assertion-authz-grant §4. */
  identity_assertion: { typ: 'oauth-id-jag+jwt', algorithm: () => undefined },
  id_token: {
    typ: 'JWT',
    algorithm: ({ client }: Partial<Recipient>) => client?.idTokenSignedResponseAlg ?? undefined,
  },
  /** OpenID Connect Core §5.3.2. */
  userinfo: {
    typ: 'JWT',
    algorithm: ({ client }: Partial<Recipient>) => client?.userinfoSignedResponseAlg ?? undefined,
  },
  /** The caller of a request that the reverse proxy forwards. */
  proxied_identity: { typ: 'JWT', algorithm: () => undefined },
  /** RFC 9701 §5. */
  introspection: {
    typ: 'token-introspection+jwt',
    algorithm: ({ client }: Partial<Recipient>) => client?.introspectionSignedResponseAlg ?? undefined,
  },
} as const
export type TokenKind = keyof typeof TOKEN_KINDS

/** Which hash goes with an algorithm, for `at_hash` and `c_hash` (OpenID Connect Core §3.1.3.6). */
export const HASHES = { ES256: 'digest', RS256: 'digest', EdDSA: 'digest512' } as const satisfies Record<
  SigningAlgorithm,
  'digest' | 'digest512'
>

/** The signing keys of the realm. @throws Failure `temporarily_unavailable` if it has no key, which happens only if the store is broken */
export async function keyRingOf({ scope, registry }: Pick<Context, 'scope' | 'registry'>): Promise<KeyRing> {
  const realm = realmOf(scope)
  const ring = await registry.keyRing(realm.tenantId, realm.id)
  if (!ring) throw new Failure('temporarily_unavailable', 'The realm has no signing key.')
  return ring
}

/**
 * The key for a token: of the algorithm that its recipient chose, else of the realm's own. Metadata has no recipient. The
 * realm changes to another algorithm when every copy of its JWKS has the keys; a recipient that chose one gets it at once.
 * A client can choose only what the realm has keys for. A resource is for every realm of its tenant: one that has no keys
 * of its algorithm, or whose profile forbids it, signs with its own.
 */
export async function signerFor(
  context: Pick<Context, 'scope' | 'registry' | 'clock'>,
  kind: TokenKind,
  recipient: Partial<Recipient> = {},
): Promise<Signer> {
  const ring = await keyRingOf(context)
  const realm = realmOf(context.scope)
  const { signingAlgorithms } = profileOf(realm, recipient.client)
  const chosen = TOKEN_KINDS[kind].algorithm(recipient)
  const fits = (algorithm: SigningAlgorithm) => signingAlgorithms.includes(algorithm) && ring.signers.get(algorithm)
  const now = context.clock.now()
  const ready = (algorithm: SigningAlgorithm) => {
    const signer = fits(algorithm)
    return signer && signer.readyAt <= now ? signer : undefined
  }
  const signer =
    (chosen && fits(chosen)) ||
    ready(realm.algorithm) ||
    signingAlgorithms.map(ready).find(Boolean) ||
    signingAlgorithms.map(fits).find(Boolean)
  if (signer) return signer
  throw new Failure('temporarily_unavailable', 'The realm has no key of an algorithm that its profile allows.')
}
