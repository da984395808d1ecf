// Assertions of trusted issuers: who is meant, and what the policies of the issuer allow for them. Used by the JWT bearer
// grant (RFC 7523), identity assertion authorization grants among them, and by token exchange (RFC 8693).
import type { JWTPayload } from 'jose'
import { askable } from '#domain/client/askable.ts'
import type { RegisteredClient } from '#domain/client/client.ts'
import { subjectOf } from '#domain/client/subject-identifier.ts'
import { listed } from '#domain/decision/rule.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { resourceNamed } from '#domain/resource/resource.ts'
import type { Confirmation } from '#domain/token-family/token-family.ts'
import type { AssertionUse, IssuerPolicy, IssuerTrust } from '#domain/trusted-issuer/trusted-issuer.ts'
import { Failure } from '#kernel/error.ts'
import { emailKey } from '#kernel/identity-text.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import { isTemporary } from '../client-authentication/client-assertion.ts'
import { verifyIssuerJwt } from '../client-authentication/issuer-jwt.ts'
import { claimsOf, jsonPartOf } from '../jwt.ts'
import type { ReadContext } from '../read-context.ts'
import { type Consume, invalidGrant, refuse, type Scopes, type Subject } from './grant.ts'

/** The `typ` of an identity assertion authorization grant (draft-ietf-oauth-identity-assertion-authz-grant §4), and of others. */
const TYPES = { id_jag: /^(application\/)?oauth-id-jag\+jwt$/i, other: /^(application\/)?(jwt|at\+jwt)$/i }
const JTI_MAX = 256
const TOLERANCE = 30

/** What the token request asks for. */
export interface Asked {
  readonly scope: string | undefined
  /** By `resource` or `audience`. */
  readonly resource: string | undefined
}

/** An assertion that holds, and what it allows the client. */
export interface ForeignToken {
  readonly subject: Subject
  readonly sub: string
  /** Those of the policies that allow the resource. */
  readonly scopes: Scopes
  readonly resources: readonly string[]
  readonly bound: Confirmation | undefined
  readonly mayAct: unknown
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** It can be used once. */
  readonly consume: Consume
}

/** Whether an assertion says that it is an identity assertion authorization grant. */
export function isIdJag(assertion: string): boolean {
  const { typ } = jsonPartOf(assertion.split('.')[0] ?? '') ?? {}
  return typeof typ === 'string' && TYPES.id_jag.test(typ)
}

/**
 * Verifies an assertion and asks the policies of its issuer.
 * @throws Failure `invalid_grant`, `invalid_scope`, `invalid_target`, `temporarily_unavailable`, each with its reason
 */
export async function foreignToken(
  context: ReadContext,
  client: RegisteredClient,
  assertion: string,
  { use, asked }: { readonly use: AssertionUse; readonly asked: Asked },
): Promise<ForeignToken> {
  const { trust, claims } = await verified(context, client, assertion, use)
  if (use === 'id_jag' && claims.client_id !== client.clientId) throw invalidGrant('client_mismatch')
  const { resources, policies } = await allowedTargets(context, client, trust, { claims, asked })
  const userId = await userOf(context, trust, claims)
  return {
    subject: { userId, sessionId: null, familyId: null, acr: 'aal1', amr: [], authenticatedAt: 0 },
    sub: subjectOf(context, client, userId),
    scopes: (target) => {
      const those = policies.filter((policy) => allows(policy, target?.identifier))
      return allowedScopes(client, those, { claims, asked })
    },
    resources,
    bound: claims.cnf as Confirmation | undefined,
    mayAct: claims.may_act,
    expiresAt: Number(claims.exp) * 1000,
    consume: consumptionOf(context, trust, claims),
  }
}

async function verified(
  context: ReadContext,
  client: RegisteredClient,
  assertion: string,
  use: AssertionUse,
): Promise<{ trust: IssuerTrust; claims: JWTPayload }> {
  const iss = claimsOf(assertion)?.iss
  const { tenantId, id: realmId } = realmOf(context.scope)
  const trust = (await context.registry.trustedIssuers(tenantId, realmId)).get(String(iss))
  if (!trust) throw invalidGrant('untrusted_issuer')
  if (!trust.enabled) throw invalidGrant('idp_disabled')
  if (!trust.accepts.includes(use)) throw invalidGrant('policy_denied')
  const expected = {
    ...{ issuer: trust.issuer, jwksUri: trust.jwksUri, jwks: trust.jwks, audience: trust.audience },
    lifetime: trust.maxLifetime,
    types: use === 'id_jag' ? TYPES.id_jag : TYPES.other,
    requiredClaims: ['iat', 'jti'],
  }
  const claims = await verifyIssuerJwt(context, client, expected, assertion).catch((error: unknown) => {
    throw error instanceof Failure && isTemporary(error) ? error.with({ reason: 'jwks_fetch_failed' }) : error
  })
  const wrong = typeof claims === 'string' ? claims : flawOf(claims, trust)
  if (typeof claims === 'string' || wrong) throw invalidGrant(wrong as RefusalReason)
  return { trust, claims }
}

/** What is wrong with claims that were signed. A chain of actors from elsewhere would be lost, so it is refused. */
function flawOf({ exp = 0, iat = 0, jti, sub, act, cnf, scope }: JWTPayload, { maxLifetime }: IssuerTrust) {
  if (exp - iat > maxLifetime + TOLERANCE) return 'assertion_lifetime'
  if (typeof jti !== 'string' || jti === '' || jti.length > JTI_MAX) return 'assertion_jti'
  if (typeof sub !== 'string' || sub === '' || act !== undefined) return 'assertion_invalid'
  if (scope !== undefined && typeof scope !== 'string') return 'assertion_invalid'
  return cnf === undefined || isConfirmation(cnf) ? undefined : 'assertion_invalid'
}

function isConfirmation(cnf: unknown): cnf is Confirmation {
  if (typeof cnf !== 'object' || cnf === null) return false
  const [name, ...others] = Object.keys(cnf)
  return (name === 'jkt' || name === 'x5t#S256') && others.length === 0 && typeof Object.values(cnf)[0] === 'string'
}

/** The resources that the assertion, the request and the policies all allow, and the policies about the client. */
async function allowedTargets(
  { registry, scope }: ReadContext,
  client: RegisteredClient,
  trust: IssuerTrust,
  { claims, asked }: { readonly claims: JWTPayload; readonly asked: Asked },
): Promise<{ resources: readonly string[]; policies: readonly IssuerPolicy[] }> {
  const known = await registry.resources(scope.tenantId)
  const named = [claims.resource === undefined ? [] : claims.resource]
    .flat()
    .map((name) => resourceNamed(known, String(name))?.identifier)
  const wanted = asked.resource === undefined ? undefined : resourceNamed(known, asked.resource)?.identifier
  const isWithin = asked.resource === undefined || (wanted && (named.length === 0 || named.includes(wanted)))
  const { audiences } = askable(client, known)
  const possible = (wanted ? [wanted] : named.length > 0 ? named : audiences).filter((each) => each !== undefined)
  const reached = possible.filter((each) => audiences.includes(each))
  const isNothing = claims.resource !== undefined && named.length === 0
  if (isNothing || named.includes(undefined) || !isWithin || reached.length < possible.length) throw invalidResource()
  const ofClient = trust.policies.filter(
    ({ clients, enabled }) => enabled && (clients.length === 0 || clients.includes(client.id)),
  )
  const isAllowed = (target: string | undefined) => ofClient.some((policy) => allows(policy, target))
  const resources = reached.filter(isAllowed)
  // Without resources, the token is for the realm itself.
  if (resources.length === 0 && (reached.length > 0 || !isAllowed(undefined))) throw invalidGrant('policy_denied')
  return { resources, policies: ofClient }
}

/** Whether a policy is about a resource; undefined for the realm itself, which a list of resources leaves out. */
function allows({ resources }: IssuerPolicy, target: string | undefined): boolean {
  return resources.length === 0 || (target !== undefined && resources.includes(target))
}

function invalidResource(): Failure {
  const message = 'The assertion, or the client, is not for this resource.'
  return new Failure('invalid_target', { message, reason: 'invalid_resource' })
}

/** Those of the client, of the assertion and of the policies. @throws Failure `invalid_scope` where more is asked */
function allowedScopes(
  client: RegisteredClient,
  policies: readonly IssuerPolicy[],
  { claims, asked }: { readonly claims: JWTPayload; readonly asked: Asked },
): readonly string[] {
  const asserted = typeof claims.scope === 'string' ? claims.scope.split(' ') : undefined
  const isAny = policies.some(({ scopes }) => scopes.length === 0)
  const scopes = client.scopes.filter(
    (scope) =>
      (asserted?.includes(scope) ?? true) && (isAny || policies.some((policy) => policy.scopes.includes(scope))),
  )
  const refused = (asked.scope ?? '').split(' ').find((scope) => scope !== '' && !scopes.includes(scope))
  if (refused === undefined) return scopes
  const rule = {
    policy: 'the scopes of the assertion, the policies and the client',
    value: listed(scopes),
    given: refused,
  }
  throw new Failure('invalid_scope', {
    message: `The scope ${refused.slice(0, 100)} is not allowed.`,
    reason: 'invalid_scope',
    rule,
  })
}

/** @throws Failure `invalid_grant` where the subject is nobody here */
async function userOf({ read, scope }: ReadContext, trust: IssuerTrust, claims: JWTPayload): Promise<string> {
  const mapped = await read.subjectMappings.userOf(trust.id, String(claims.sub))
  if (mapped !== undefined) return mapped
  const { email, email_verified: isVerified } = claims
  if (trust.subjectSource === 'verified_email' && typeof email === 'string' && isVerified === true) {
    const found = await read.users.findForSignIn(realmOf(scope).directoryId, emailKey(email))
    if (found?.user.emailVerified && emailKey(found.user.email) === emailKey(email)) return found.user.id
  }
  throw invalidGrant('subject_not_mapped')
}

function consumptionOf({ crypto }: ReadContext, { id }: IssuerTrust, { jti, exp = 0 }: JWTPayload): Consume {
  const hash = crypto.digest(`${id} ${jti}`)
  const expiresAt = (exp + 2 * TOLERANCE) * 1000
  return async (unit, createdAt) => {
    const used = { payload: null, createdAt, expiresAt }
    return (await unit.oneTimeTokens.insert('issuer_assertion', hash, used)) ? undefined : refuse('replay')
  }
}
