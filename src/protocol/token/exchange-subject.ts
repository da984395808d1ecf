// What a token stands for that is to be exchanged (RFC 8693 §2.1): whom it is about, who holds it, and its limits.
import type { AuthorizationDetail } from '#domain/authorization/authorization-detail.ts'
import { OPENID_SCOPES } from '#domain/authorization/authorization-request.ts'
import { readIdTokenHint } from '#domain/authorization/id-token-hint.ts'
import { askable } from '#domain/client/askable.ts'
import type { RegisteredClient } from '#domain/client/client.ts'
import { subjectOf } from '#domain/client/subject-identifier.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import type { Resource } from '#domain/resource/resource.ts'
import { touchedSince } from '#domain/session/session.ts'
import type { Confirmation } from '#domain/token-family/token-family.ts'
import { Failure } from '#kernel/error.ts'
import { claimsOf } from '../jwt.ts'
import { type LiveToken, liveToken } from '../live.ts'
import { organizationOf } from '../organization-claims.ts'
import type { ReadContext } from '../read-context.ts'
import { type Asked, foreignToken } from './foreign-token.ts'
import { type Act, type Consume, invalidGrant, refuse, type Scopes, type Subject } from './grant.ts'

/** The token types (RFC 8693 §3). */
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
export const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'
export const JWT = 'urn:ietf:params:oauth:token-type:jwt'

/** The consents that are read of one person and client. */
const CONSENTS_MAX = 50

/** A subject token that holds. */
export interface SubjectToken {
  /** The person; null where it is about a program. */
  readonly subject: Subject | null
  readonly sub: string
  /** The client that it was issued to; null where it is another party’s. */
  readonly holder: RegisteredClient | null
  /** Its `jti`, where its record says what becomes of it. */
  readonly parent: string | null
  /** What an access token is for; null for other tokens. */
  readonly audience: string | null
  readonly scopes: Scopes
  /** The upper limit: what the person approved, or what the program is registered for. */
  readonly resources: readonly string[]
  /** Whether it stands for an authorization of its own client, which can get a token for each of the resources. */
  readonly isFirst: boolean
  readonly details: readonly AuthorizationDetail[]
  readonly bound: Confirmation | undefined
  readonly act: Act | undefined
  /** The tools that the agents of its chain may all use; null for all. */
  readonly tools: readonly string[] | null
  /** The claim (RFC 8693 §4.4). */
  readonly mayAct: unknown
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Whether a policy about its issuer allows the client to exchange it. */
  readonly isAllowed: boolean
  /** Holds inside the write what the token stands for; null where its record does. */
  readonly consume: Consume | null
}

/**
 * An access token of this realm. Its record has its digest: a token of a session, a refresh token or an ID token has none.
 * @throws Failure `invalid_grant`
 */
export async function accessTokenSubject(context: ReadContext, token: string): Promise<SubjectToken> {
  const live = await liveToken(context, token)
  if (!live) throw invalidGrant('subject_token_inactive')
  const { issued, claims, client: holder } = live
  return {
    ...(await personOf(context, live)),
    sub: String(claims.sub),
    holder,
    parent: issued.id,
    audience: issued.audience,
    scopes: issued.scopes,
    details: Array.isArray(claims.authorization_details) ? claims.authorization_details : [],
    bound: claims.cnf as Confirmation | undefined,
    act: claims.act as Act | undefined,
    tools: Array.isArray(claims.allowed_tools) ? claims.allowed_tools : null,
    mayAct: claims.may_act,
    expiresAt: issued.expiresAt,
    isAllowed: false,
    consume: null,
  }
}

/** The person of an access token, and the resources that can be reached by it. */
async function personOf(
  context: ReadContext,
  { issued, claims, client }: LiveToken,
): Promise<Pick<SubjectToken, 'subject' | 'resources' | 'isFirst'>> {
  const { read, registry, scope } = context
  const only = issued.audience === issuerOf(realmOf(scope), registry.settings) ? [] : [issued.audience]
  if (issued.userId === null) {
    const isFirst = claims.sub === client.clientId
    const reached = isFirst ? askable(client, await registry.resources(scope.tenantId)).audiences : only
    return { subject: null, resources: reached, isFirst }
  }
  const issuance = await read.issuances.find(issued.id)
  const { auth_time: authTime, acr, amr } = claims
  if (!issuance || typeof acr !== 'string' || !Array.isArray(amr)) throw invalidGrant('subject_token_unusable')
  const { sessionId, familyId } = issuance
  const family = familyId === null ? undefined : await read.tokenFamilies.find(familyId)
  if (familyId !== null && !family) throw invalidGrant('subject_token_unusable')
  const authenticatedAt = Number(authTime ?? 0) * 1000
  const organizationId = organizationOf(context, claims) ?? null
  return {
    subject: { userId: issued.userId, sessionId, familyId, acr, amr, authenticatedAt, organizationId },
    // A token that followed from no authorization was for one resource.
    resources: family ? family.resources : only,
    isFirst: family?.clientId === client.id,
  }
}

/**
 * An ID token that the client got here itself, in a session that goes on. It stands for what the person allowed the client.
 * @throws Failure `invalid_grant`
 */
export async function idTokenSubject(
  context: ReadContext,
  client: RegisteredClient,
  token: string,
): Promise<SubjectToken> {
  const { read, clock, registry, scope } = context
  const realm = realmOf(scope)
  const hinted = await readIdTokenHint(context, token)
  const claims = claimsOf(token) ?? {}
  const { exp, acr, amr, auth_time: authTime } = claims
  const isOurs = hinted?.sessionId !== undefined && hinted.clientIdentifier === client.clientId
  const isSound = typeof exp === 'number' && exp * 1000 > clock.now() && typeof acr === 'string' && Array.isArray(amr)
  if (!isOurs || !isSound) throw invalidGrant('id_token_invalid')
  const { userId, sessionId = '' } = hinted
  const session = await read.sessions.find(realm.id, sessionId)
  const isLive = session?.userId === userId && session.endedAt === null && session.expiresAt > clock.now()
  if (!isLive) throw invalidGrant('id_token_invalid')
  const allowed = askable(client, await registry.resources(scope.tenantId))
  const { scopes, audiences: resources } = client.firstParty ? allowed : await consentedTo(context, userId, client)
  const authenticatedAt = Number(authTime ?? 0) * 1000
  const organizationId = organizationOf(context, claims) ?? null
  return {
    subject: { userId, sessionId, familyId: null, acr, amr, authenticatedAt, organizationId },
    sub: subjectOf(context, client, userId),
    holder: client,
    parent: null,
    audience: null,
    scopes,
    resources,
    isFirst: true,
    details: [],
    bound: undefined,
    act: undefined,
    tools: null,
    mayAct: undefined,
    expiresAt: exp * 1000,
    isAllowed: false,
    consume: sessionHeld(context, sessionId),
  }
}

/** The scopes at each resource are those of the consent about it, and those of the realm that it does not declare. */
async function consentedTo(
  { read, scope }: ReadContext,
  userId: string,
  client: RegisteredClient,
): Promise<{ scopes: Scopes; audiences: string[] }> {
  const query = { limit: CONSENTS_MAX, userId, clientId: client.id, revoked: false }
  const { data } = await read.grants.list(realmOf(scope).id, query)
  const consented = (at: string) => data.find(({ resource }) => resource === at)?.scopes ?? []
  const declares = (target: Resource, scope: string) =>
    !OPENID_SCOPES.has(scope) && target.scopes.some(({ name }) => name === scope)
  return {
    scopes: (target) => {
      if (!target) return consented('')
      const ofRealm = consented('').filter((each) => !declares(target, each))
      return [...new Set([...consented(target.identifier), ...ofRealm])]
    },
    audiences: data.map(({ resource }) => resource).filter((resource) => resource !== ''),
  }
}

/** A JWT of a trusted issuer, as far as the policies about it allow. @throws Failure as {@link foreignToken} */
export async function jwtSubject(
  context: ReadContext,
  client: RegisteredClient,
  token: string,
  asked: Asked,
): Promise<SubjectToken> {
  const foreign = await foreignToken(context, client, token, { use: 'token_exchange', asked })
  const own = {
    holder: null,
    parent: null,
    audience: null,
    isFirst: false,
    details: [],
    act: undefined,
    tools: null,
    isAllowed: true,
  }
  return { ...foreign, ...own }
}

function sessionHeld({ scope }: ReadContext, sessionId: string): Consume {
  const { policy } = realmOf(scope)
  return async (unit, now) =>
    (await unit.sessions.touch(sessionId, now, touchedSince(policy, now))) ? undefined : refuse('not_valid_any_more')
}

/** What the subject token stands for. @throws Failure `invalid_request` for another type, and as its type says */
export function subjectTokenOf(
  context: ReadContext,
  client: RegisteredClient,
  given: { subject_token: string; subject_token_type: string } & Asked,
): Promise<SubjectToken> {
  const { subject_token: token, subject_token_type: type } = given
  if (type === ACCESS_TOKEN) return accessTokenSubject(context, token)
  if (type === ID_TOKEN) return idTokenSubject(context, client, token)
  if (type === JWT) return jwtSubject(context, client, token, given)
  throw new Failure('invalid_request', 'subject_token_type: an access token, an ID token or a JWT can be exchanged.')
}
