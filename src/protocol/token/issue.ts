import type { Client } from '#domain/client/client.ts'
import type { Context, Unit } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { renderId } from '#kernel/id.ts'
import { groupsOf } from '../claims.ts'
import { signJwt } from '../jwt.ts'
import { keyRingOf } from '../live.ts'

type IssuanceDraft = Parameters<Unit['issue']>[0]

/** On whose behalf a token is issued, and how that person signed in. */
export interface Subject {
  readonly userId: string
  readonly sessionId: string | null
  readonly familyId: string
  readonly acr: string
  readonly amr: readonly string[]
  /** Milliseconds since 1970. */
  readonly authenticatedAt: number
}

/** An access token that is signed but not yet recorded: {@link record} it in the write that answers for it. */
export interface SignedAccessToken {
  readonly token: string
  /** Seconds. */
  readonly expiresIn: number
  readonly issuance: IssuanceDraft
}

/**
 * Signs a JWT access token (RFC 9068 §2).
 * @param what.audience the resource’s identifier; the issuer where undefined
 * @param what.claims what it says besides
 */
export async function signAccessToken(
  context: Context,
  client: Client,
  what: {
    grantType: string
    audience: string | undefined
    scopes: readonly string[]
    subject?: Subject
    claims?: Readonly<Record<string, unknown>>
  },
): Promise<SignedAccessToken> {
  const realm = realmOf(context.scope)
  const ring = await keyRingOf(context)
  const issuer = issuerOf(realm, context.registry.settings)
  const { subject, grantType, scopes } = what
  const issuedAt = context.clock.now()
  const iat = Math.floor(issuedAt / 1000)
  const expiresIn = client.accessTokenLifetime ?? realm.policy.accessTokenLifetime
  const audience = what.audience ?? issuer
  const jti = context.random.id()
  const scope = scopes.join(' ')
  const token = await signJwt(ring, 'at+jwt', {
    iss: issuer,
    sub: subject ? renderId('user', subject.userId) : client.clientId,
    aud: audience,
    client_id: client.clientId,
    iat,
    exp: iat + expiresIn,
    jti,
    ...(scope && { scope }),
    ...(realm.kind === 'admin' && (await adminClaims(context, client, audience, subject))),
    ...what.claims,
    ...(subject && { auth_time: Math.floor(subject.authenticatedAt / 1000), acr: subject.acr, amr: subject.amr }),
  })
  const issuance: IssuanceDraft = {
    id: jti,
    tenant_id: realm.tenantId,
    realm_id: realm.id,
    client_id: client.id,
    user_id: subject?.userId ?? null,
    session_id: subject?.sessionId ?? null,
    family_id: subject?.familyId ?? null,
    grant_type: grantType,
    audience,
    scopes: scope,
    kid: ring.kid,
    token_hash: context.crypto.digest(token),
    issued_at: issuedAt,
    expires_at: (iat + expiresIn) * 1000,
  }
  return { token, expiresIn, issuance }
}

/**
 * What a token for the admin API says besides: for which tenant it is, `org_id` as SemAuth has it and `tid` as Zautha
 * does, who asked, and what a person’s role is (ScaiKey, “Authentication”). What it opens is read from the user.
 */
async function adminClaims(
  { scope, registry, read }: Context,
  client: Client,
  audience: string,
  subject: Subject | undefined,
): Promise<Record<string, string>> {
  const { tenantId, directoryId } = realmOf(scope)
  if (audience !== registry.settings.adminUrl) return {}
  const tenant = { azp: client.clientId, org_id: renderId('tenant', tenantId), tid: tenantId }
  const user = subject && (await read.users.find(directoryId, subject.userId))
  if (!user?.adminRole) return tenant
  return {
    ...tenant,
    role: user.adminRole,
    ...(user.adminRole === 'tenant_admin' && { tenant_id: renderId('tenant', tenantId) }),
    ...(user.adminPartnerId !== null && { partner_id: renderId('partner', user.adminPartnerId) }),
  }
}

/** Records a signed access token and tells of it. */
export function record(unit: Unit, client: Client, { issuance }: SignedAccessToken): void {
  unit.issue(issuance)
  unit.emit('token.issued', {
    subject: { type: 'issuance', id: issuance.id },
    realmId: issuance.realm_id,
    actor: issuance.user_id
      ? { kind: 'user', id: issuance.user_id }
      : { kind: 'client', id: client.id, label: client.label },
    data: {
      clientId: client.clientId,
      grantType: issuance.grant_type,
      audience: issuance.audience,
      scope: issuance.scopes,
    },
  })
}

/**
 * Signs an ID token (OpenID Connect Core §2, §3.1.3.6).
 * @param what.nonce the request’s; null where it had none, or on a refresh (§12.2)
 */
export async function signIdToken(
  context: Context,
  client: Client,
  what: { subject: Subject; nonce: string | null; accessToken: string; scopes: readonly string[] },
): Promise<string> {
  const realm = realmOf(context.scope)
  const ring = await keyRingOf(context)
  const iat = Math.floor(context.clock.now() / 1000)
  const { subject, nonce } = what
  return signJwt(ring, 'JWT', {
    iss: issuerOf(realm, context.registry.settings),
    sub: renderId('user', subject.userId),
    aud: client.clientId,
    iat,
    exp: iat + realm.policy.idTokenLifetime,
    auth_time: Math.floor(subject.authenticatedAt / 1000),
    acr: subject.acr,
    amr: subject.amr,
    ...(nonce !== null && { nonce }),
    ...(subject.sessionId && { sid: renderId('session', subject.sessionId) }),
    at_hash: accessTokenHash(context, ring.algorithm, what.accessToken),
    ...(await groupsOf(context, subject.userId, what.scopes)),
  })
}

/** The left half of the token’s hash (OpenID Connect Core §3.1.3.6); EdDSA’s hash is SHA-512, which is 32 bytes of 64. */
function accessTokenHash({ crypto }: Context, algorithm: string, token: string): string {
  const half = algorithm === 'EdDSA' ? crypto.digest512(token) : crypto.digest(token)
  const bytes = Buffer.from(half, 'base64url')
  return bytes.subarray(0, bytes.length / 2).toString('base64url')
}
