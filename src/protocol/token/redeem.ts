// The steps that every grant shares, in order. A grant is called once, in its `find`; all the rest is here.
import type { AuthorizationDetail } from '#domain/authorization/authorization-detail.ts'
import { askable } from '#domain/client/askable.ts'
import type { RegisteredClient } from '#domain/client/client.ts'
import type { Context, Unit } from '#domain/context.ts'
import { clientRule, profileRule } from '#domain/decision/rule.ts'
import type { Profile } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { Resource } from '#domain/resource/resource.ts'
import { ERRORS, type ErrorCode, Failure, type Rule } from '#kernel/error.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import type { Parameters } from '#web/parameters.ts'
import { checkAgentKey, checkPossession, replayed } from '../binding/binding.ts'
import type { Proof } from '../binding/proof.ts'
import { grantedDetails } from '../granted-details.ts'
import { askedTarget, grantedScopes, requestedResource, stillAllowed } from '../resource-indicator.ts'
import { reachesAssurance } from './assurance.ts'
import { insertFamily, refreshTokenOf } from './family.ts'
import type { Subject } from './grant.ts'
import {
  type Found,
  type Grant,
  type GrantInput,
  invalidGrant,
  Refusal,
  refuse,
  type Shape,
  scopesAt,
} from './grant.ts'
import { type Pushed, record, type SignedAccessToken, signAccessToken, signIdToken } from './issue.ts'
import { holdAgent, isStillValid } from './still-valid.ts'
import type { Upstream } from './upstream.ts'
import { recordVended, upstreamToken, vendedMembers } from './vend.ts'

/** A token request: its client is authenticated, and may use the grant under the profile. */
export interface TokenRequest {
  readonly context: Context
  readonly client: RegisteredClient
  readonly form: Parameters
  readonly issuer: string
  readonly profile: Profile
  readonly proof: Proof | undefined
  /** Set where the tokens are sent to the client, so that the ID token names what they answer (CIBA §10.3.1). */
  readonly pushed?: { readonly authReqId: string }
}

/** What a token endpoint answers (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3). */
export interface TokenResponse {
  readonly access_token: string
  /** N_A for a key (RFC 8693 §2.2.1). */
  readonly token_type: 'Bearer' | 'DPoP' | 'N_A'
  /** Seconds; left out where a provider does not say. */
  readonly expires_in?: number
  readonly refresh_token?: string
  readonly id_token?: string
  /** Left out where the token has none. */
  readonly scope?: string
  /** What the token allows (RFC 9396 §7); left out where there is none. */
  readonly authorization_details?: readonly AuthorizationDetail[]
}

/** Turns what a grant found into tokens. @throws Failure in RFC 6749 §5.2’s codes */
export async function redeem(grant: Grant, request: TokenRequest): Promise<TokenResponse> {
  const { context, client, form, proof } = request
  const found = await grant.find(inputOf(grant, request))
  if (found instanceof Refusal) throw await applyRefusal(context, found)
  checkPossession(found.boundTo, proof, () => possessionRule(request), client)
  checkAgentKey(client, proof)
  if (found.subject) await checkPerson(context, client, found.subject)
  if (found.upstream) return vend(grant.type, request, found, found.upstream)
  const target = await targetFor(context, client, form, found)
  const signed = await signAccessToken(context, client, { grantType: grant.type, found, proof, ...target })
  const refreshToken = refreshTokenOf(context, client, found.refreshFamily)
  const pushed = request.pushed && { ...request.pushed, refreshToken }
  const idToken = await idTokenFor(request, found, { signed, scopes: target.scopes, pushed })
  const depends = client.agent ?? proof ?? found.consume ?? found.subject ?? found.delegation
  const refusal = await context.write((unit) =>
    depends ? recordIfValid(unit, request, found, () => recordSigned(unit, found, signed)) : record(unit, signed),
  )
  if (refusal) throw await applyRefusal(context, refusal)
  return responseOf(signed, found, { idToken, refreshToken, details: target.details })
}

/** Hands out the token of a provider: all is checked as for a token of this server, and nothing is signed. */
async function vend(
  grantType: string,
  request: TokenRequest,
  found: Found,
  upstream: Upstream,
): Promise<TokenResponse> {
  const { context, client } = request
  const vended = await upstreamToken(context, upstream)
  const refusal = await context.write((unit) =>
    recordIfValid(unit, request, found, () =>
      recordVended(context, unit, client, { grantType, found, upstream, vended }),
    ),
  )
  if (refusal) throw await applyRefusal(context, refusal)
  return { ...vendedMembers(upstream, vended, context.clock.now()), ...found.responseMembers }
}

/** What makes the client prove that it holds a key; undefined where nothing does. */
function possessionRule({ context: { scope }, client, profile }: TokenRequest): Rule | undefined {
  if (client.agent?.dpopJkt) return { policy: 'agent.dpop_jkt', value: client.agent.dpopJkt }
  if (client.dpopBoundAccessTokens) return clientRule(client, 'dpopBoundAccessTokens')
  return profile.boundTokens === 'required' ? profileRule(realmOf(scope), client, profile, 'boundTokens') : undefined
}

/** Runs inside the write: holds the agent, consumes the proof and the code or token, checks the conditions again, records the token. */
async function recordIfValid(
  unit: Unit,
  { context, client, proof }: TokenRequest,
  found: Found,
  write: () => Promise<void>,
): Promise<Refusal | undefined> {
  const now = context.clock.now()
  if (client.agent && !(await holdAgent(context, unit, client.agent, proof))) return refuse('not_valid_any_more')
  if (proof && !(await proof.consume(unit, now))) throw replayed()
  const refused = await found.consume?.(unit, now)
  if (refused) return refused
  if (!(await isStillValid(context, unit, client, found))) return refuse('not_valid_any_more')
  if (found.refreshFamily && 'begins' in found.refreshFamily) {
    const confirmation = proof?.confirmation ?? null
    await insertFamily(context, unit, client, { approved: found.refreshFamily.begins, confirmation, now })
  }
  await write()
  return undefined
}

async function recordSigned(unit: Unit, { delegation }: Found, signed: SignedAccessToken): Promise<void> {
  record(unit, signed)
  const { issuance } = signed
  if (delegation?.under) await unit.delegationGrants.recordToken(issuance.id, delegation.under, issuance.expires_at)
}

function inputOf(grant: Grant, { context, client, form, issuer, profile }: TokenRequest): GrantInput<Shape> {
  const parameters: Record<string, string | undefined> = {}
  for (const name in grant.parameters) {
    parameters[name] = grant.parameters[name] === 'needed' ? form.need(name) : form.get(name)
  }
  const isRotating = profile.refreshTokens === 'rotated'
  return { context, client, parameters, issuer, isRotating, askedTarget: () => askedTarget(form) }
}

/**
 * The person must still be active and a member of the organization that the sign-in is for, and the sign-in must still
 * reach the assurance level of the realm and the client.
 */
export async function checkPerson({ read, scope }: Context, client: RegisteredClient, subject: Subject): Promise<void> {
  const realm = realmOf(scope)
  if (!reachesAssurance(subject, realm, client)) throw invalidGrant('assurance_too_low')
  if (!(await read.users.isActive(realm.directoryId, subject.userId))) throw invalidGrant('user_inactive')
  const { organizationId: id, userId } = subject
  if (!id || (await read.organizations.membership(realm.directoryId, userId, { id }))) return
  throw invalidGrant('organization_left')
}

/** The resource, the scopes and the authorization details of the token: a subset of what the grant found and of what the client is registered for. */
async function targetFor(
  context: Context,
  client: RegisteredClient,
  form: Parameters,
  { allowed }: Found,
): Promise<{
  resource: Resource | undefined
  scopes: readonly string[]
  details: readonly AuthorizationDetail[]
}> {
  const known = await context.registry.resources(context.scope.tenantId)
  const resource = await requestedResource(context, form, stillAllowed(client, allowed.resources, known))
  const own = askable(client, known).scopes
  const granted = scopesAt(allowed.scopes, resource).filter((scope) => own.includes(scope))
  const scopes = grantedScopes(allowed.narrows ? form.get('scope') : undefined, granted, resource)
  const details = await grantedDetails(form.get('authorization_details'), allowed.details, client, resource)
  return { resource, scopes, details }
}

async function idTokenFor(
  { context, client }: TokenRequest,
  { subject, nonce, delegation }: Found,
  { signed, scopes, pushed }: { signed: SignedAccessToken; scopes: readonly string[]; pushed: Pushed | undefined },
): Promise<string | undefined> {
  if (!subject || delegation || !scopes.includes('openid')) return undefined
  return signIdToken(context, client, { subject, nonce, accessToken: signed.token, scopes, pushed })
}

async function applyRefusal({ write, clock }: Context, refusal: Refusal): Promise<Failure> {
  const refused = await write((unit) => refusal.apply(unit, clock.now()))
  return Object.hasOwn(ERRORS, refused) ? new Failure(refused as ErrorCode) : invalidGrant(refused as RefusalReason)
}

function responseOf(
  { token, expiresIn, issuance, tokenType }: SignedAccessToken,
  found: Found,
  {
    refreshToken,
    idToken,
    details,
  }: { refreshToken: string | undefined; idToken: string | undefined; details: readonly AuthorizationDetail[] },
): TokenResponse {
  return {
    access_token: token,
    token_type: tokenType,
    expires_in: expiresIn,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(idToken !== undefined && { id_token: idToken }),
    ...(issuance.scopes !== '' && { scope: issuance.scopes }),
    ...(details.length > 0 && { authorization_details: details }),
    ...found.responseMembers,
  }
}
