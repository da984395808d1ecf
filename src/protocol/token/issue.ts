// Signs access tokens and ID tokens, and records access tokens.
import { isPlatformProgram } from '#domain/application/application.ts'
import type { AuthorizationDetail } from '#domain/authorization/authorization-detail.ts'
import type { Client, RegisteredClient } from '#domain/client/client.ts'
import { sidOf, subjectOf } from '#domain/client/subject-identifier.ts'
import type { Context, Unit } from '#domain/context.ts'
import type { SigningAlgorithm } from '#domain/outside.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { isPlatformScope } from '#domain/resource/platform-api.ts'
import type { Resource } from '#domain/resource/resource.ts'
import { renderId } from '#kernel/id.ts'
import type { Proof } from '../binding/proof.ts'
import { claimsAbout, claimsOfScopes, USERINFO_SCOPE } from '../claims.ts'
import { encryptedJwt } from '../encryption.ts'
import { signJwt } from '../jwt.ts'
import { mappedClaims, rowsFor } from '../mapped-claims.ts'
import { organizationClaims } from '../organization-claims.ts'
import { HASHES, signerFor, TOKEN_KINDS } from '../signing.ts'
import { newTokenId } from '../status-list/token-status.ts'
import { both, type Found, invalidGrant, type Subject } from './grant.ts'

type IssuanceDraft = Parameters<Unit['issue']>[0]

/** An access token that is signed but not yet recorded: {@link record} it in the write that answers for it. */
export interface SignedAccessToken {
  readonly token: string
  /** Seconds. */
  readonly expiresIn: number
  readonly tokenType: 'Bearer' | 'DPoP'
  readonly issuance: IssuanceDraft
}

/** What an access token is made of. */
export interface AccessTokenPlan {
  readonly grantType: string
  readonly found: Pick<Found, 'subject' | 'delegation'>
  readonly proof: Proof | undefined
  /** Undefined for the realm itself. */
  readonly resource: Resource | undefined
  readonly scopes: readonly string[]
  readonly details: readonly AuthorizationDetail[]
}

/** Signs a JWT access token (RFC 9068 §2). */
export async function signAccessToken(
  context: Context,
  client: RegisteredClient,
  { grantType, found, proof, resource, scopes, details }: AccessTokenPlan,
): Promise<SignedAccessToken> {
  const realm = realmOf(context.scope)
  const signer = await signerFor(context, 'access_token', { client, resource })
  const issuer = issuerOf(realm, context.registry.settings)
  const { subject, delegation } = found
  const issuedAt = context.clock.now()
  const iat = Math.floor(issuedAt / 1000)
  const expiresIn = lifetimeOf(context, client, delegation, iat)
  const platform = subject === null && resource === undefined && isPlatformProgram(client.ownership)
  const audience = resource?.identifier ?? (platform ? platformAudience(context, scopes) : undefined) ?? issuer
  const { jti, claims: status } = newTokenId(context, realm, issuer)
  const scope = scopes.join(' ')
  const token = await signJwt(signer, TOKEN_KINDS.access_token.typ, {
    ...(await mappedClaims(context, rowsFor(client, 'access_token', resource), subject)),
    iss: issuer,
    sub: delegation?.sub ?? subjectIdentifier(context, client, subject),
    aud: opensUserinfo(found, scopes) ? audiencesOf(audience, issuer) : audience,
    client_id: client.clientId,
    iat,
    exp: iat + expiresIn,
    jti,
    ...status,
    ...(scope && { scope }),
    ...(details.length > 0 && { authorization_details: details }),
    ...(realm.kind === 'admin' && (await adminClaims(context, client, audience, subject))),
    ...(platform && PLATFORM_CLAIMS),
    ...toolClaims(client, delegation),
    ...(await subjectClaims(context, subject, scopes)),
    ...(delegation?.act && { act: delegation.act }),
    ...(opensUserinfo(found, scopes) &&
      subject?.claims?.userinfo.length && { userinfo_claims: subject.claims.userinfo }),
    ...(proof && { cnf: proof.confirmation }),
  })
  const issuance: IssuanceDraft = {
    id: jti,
    tenant_id: realm.tenantId,
    realm_id: realm.id,
    client_id: client.id,
    client_name: client.clientId,
    client_label: client.label,
    user_id: subject?.userId ?? null,
    session_id: subject?.sessionId ?? null,
    family_id: subject?.familyId ?? null,
    parent_id: delegation?.parent ?? null,
    grant_type: grantType,
    audience,
    scopes: scope,
    kid: signer.kid,
    token_hash: context.crypto.digest(token),
    issued_at: issuedAt,
    expires_at: (iat + expiresIn) * 1000,
    confirmation: proof ? JSON.stringify(proof.confirmation) : null,
    act: delegation?.act ? JSON.stringify(delegation.act) : null,
  }
  return { token, expiresIn, tokenType: proof?.tokenType ?? 'Bearer', issuance }
}

/** The tools that the agent may use, and every agent before it; no claim for all. */
function toolClaims(
  { agent }: RegisteredClient,
  delegation: Found['delegation'],
): { allowed_tools?: readonly string[] } {
  const tools = both(delegation?.tools ?? null, agent?.allowedTools ?? null)
  return tools ? { allowed_tools: tools } : {}
}

/** No claim where an identity provider did not say when the person signed in. */
function authTimeOf({ authenticatedAt }: Subject): { readonly auth_time?: number } {
  return authenticatedAt === 0 ? {} : { auth_time: Math.floor(authenticatedAt / 1000) }
}

/**
 * RFC 9068 §2.2.1: when and how the person signed in, so that a resource can ask for another sign-in (RFC 9470 §6.1); the
 * organization, and what the scopes ask of it and of roles.
 */
async function subjectClaims(
  context: Context,
  subject: Subject | null,
  scopes: readonly string[],
): Promise<Record<string, unknown>> {
  if (!subject) return {}
  const names = claimsOfScopes(scopes)
  const { acr, amr } = subject
  return {
    ...authTimeOf(subject),
    ...{ acr, amr },
    ...(await organizationClaims(context, subject, (name) => names.includes(name))),
  }
}

/**
 * Whether the issuer is an audience of a token, so that it opens userinfo: where the client asked for openid, also beside
 * an API. A token that another program got by exchange does not.
 */
function opensUserinfo({ subject, delegation }: AccessTokenPlan['found'], scopes: readonly string[]): boolean {
  return subject !== null && !delegation && scopes.includes(USERINFO_SCOPE)
}

function audiencesOf(audience: string, issuer: string): string | string[] {
  return audience === issuer ? issuer : [audience, issuer]
}

/** The `sub` of an access token: the person as the client knows them, or the client itself. */
function subjectIdentifier(context: Context, client: Client, subject: Pick<Subject, 'userId'> | null): string {
  return subject ? subjectOf(context, client, subject.userId) : client.clientId
}

/** Seconds. @throws Failure `invalid_grant` where what the token follows from, or the agent, ends within this second */
function lifetimeOf(
  { scope }: Context,
  { accessTokenLifetime, agent }: RegisteredClient,
  delegation: Found['delegation'],
  iat: number,
): number {
  const usual = accessTokenLifetime ?? realmOf(scope).policy.accessTokenLifetime
  const ends = Math.min(delegation?.expiresAt ?? Number.POSITIVE_INFINITY, agent?.expiresAt ?? Number.POSITIVE_INFINITY)
  if (ends === Number.POSITIVE_INFINITY) return usual
  const left = Math.floor(ends / 1000) - iat
  if (left < 1) throw invalidGrant('not_valid_any_more')
  return Math.min(usual, left)
}

/** What a token of one of the operator’s own programs says besides. */
const PLATFORM_CLAIMS = { app_scope: 'GLOBAL', platform_token: true, token_type: 'client_credentials' } as const

// A token names the API that it opens, so that every other one can tell that it is not meant (RFC 9068 §4). The client’s
// own identifier would tell an API nothing, and is in client_id and sub.
function platformAudience({ registry }: Context, scopes: readonly string[]): string | undefined {
  return scopes.some(isPlatformScope) ? registry.settings.adminUrl : undefined
}

/**
 * What a token for the admin API says besides: for which tenant it is (`org_id` and `tid`),
 * who asked, and what a person’s role is. What it opens is read from the user.
 */
async function adminClaims(
  { scope, registry, read }: Context,
  client: Client,
  audience: string,
  subject: Subject | null,
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

/** Records a signed access token, which is its event too. */
export function record(unit: Unit, { issuance }: SignedAccessToken): undefined {
  unit.issue(issuance)
}

/** What the ID token of tokens that are sent to a client says besides (CIBA §10.3.1). */
export interface Pushed {
  readonly authReqId: string
  readonly refreshToken: string | undefined
}

const AUTH_REQ_ID = 'urn:openid:params:jwt:claim:auth_req_id'
const RT_HASH = 'urn:openid:params:jwt:claim:rt_hash'

/**
 * Signs an ID token, and encrypts it where the client chose that (OpenID Connect Core §2, §3.1.3.6).
 * @param what.nonce the request’s; null where it had none, or on a refresh (§12.2)
 */
export async function signIdToken(
  context: Context,
  client: Client,
  what: {
    subject: Subject
    nonce: string | null
    accessToken: string
    scopes: readonly string[]
    pushed?: Pushed | undefined
  },
): Promise<string> {
  const realm = realmOf(context.scope)
  const signer = await signerFor(context, 'id_token', { client })
  const iat = Math.floor(context.clock.now() / 1000)
  const { subject, nonce, pushed } = what
  const sub = subjectOf(context, client, subject.userId)
  const token = await signJwt(signer, TOKEN_KINDS.id_token.typ, {
    iss: issuerOf(realm, context.registry.settings),
    sub,
    aud: client.clientId,
    iat,
    exp: iat + realm.policy.idTokenLifetime,
    ...authTimeOf(subject),
    acr: subject.acr,
    amr: subject.amr,
    ...(nonce !== null && { nonce }),
    ...(subject.sessionId && { sid: sidOf(context, client, subject.sessionId) }),
    at_hash: tokenHash(context, signer.algorithm, what.accessToken),
    ...(pushed && { [AUTH_REQ_ID]: pushed.authReqId }),
    ...(pushed?.refreshToken && { [RT_HASH]: tokenHash(context, signer.algorithm, pushed.refreshToken) }),
    ...(await idTokenClaims(context, client, { ...what, sub })),
  })
  return encryptedJwt(context, 'idToken', client, token)
}

/**
 * The claims about the person that an ID token has besides (OpenID Connect Core §5.4, §5.5): those that were asked for by
 * name, the groups, the roles, the organization, and those of the scopes where the client is set so.
 */
async function idTokenClaims(
  context: Context,
  client: Client,
  { subject, sub, scopes }: { subject: Subject; sub: string; scopes: readonly string[] },
): Promise<Record<string, unknown>> {
  const names = subject.claims?.idToken ?? []
  const released = client.idTokenProfileClaims ? scopes : scopes.filter((scope) => ALWAYS_RELEASED.includes(scope))
  const { organizationId } = subject
  const rows = rowsFor(client, 'id_token')
  if (names.length === 0 && released.length === 0 && !organizationId && rows.length === 0) return {}
  const user = await context.read.users.findPerson(realmOf(context.scope).directoryId, subject.userId)
  if (!user) return {}
  const mapped = await mappedClaims(context, rows, subject, user)
  return { ...mapped, ...(await claimsAbout(context, sub, user, { scopes: released, names, organizationId })) }
}

/** The scopes whose claims every ID token has. */
const ALWAYS_RELEASED = ['groups', 'roles', 'organization']

/** The left half of a token’s hash (OpenID Connect Core §3.1.3.6, CIBA §10.3.1). */
function tokenHash({ crypto }: Context, algorithm: SigningAlgorithm, token: string): string {
  const bytes = Buffer.from(crypto[HASHES[algorithm]](token), 'base64url')
  return bytes.subarray(0, bytes.length / 2).toString('base64url')
}
