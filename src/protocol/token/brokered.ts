// Token exchange for a resource that stands for an API of a provider: who may get the user's token there, and what is missing.

import type { BrokerProvider } from '#domain/broker-provider/broker-provider.ts'
import { askable } from '#domain/client/askable.ts'
import type { RegisteredClient } from '#domain/client/client.ts'
import { consentUrlOf, proxyPath } from '#domain/connection/connect-paths.ts'
import type { Connection } from '#domain/connection/connection.ts'
import { listed } from '#domain/decision/rule.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { type BrokerResource, isBrokerResource, resourceNamed, upstreamScopes } from '#domain/resource/resource.ts'
import { Failure } from '#kernel/error.ts'
import type { ReadContext } from '../read-context.ts'
import { refusedScope, refusedTarget } from '../resource-indicator.ts'
import { boundOf, chainOf, checkHandedOn, isNamed, isOwn } from './exchange-actor.ts'
import { frontedBy, linkHeld } from './exchange-fronted.ts'
import { grantedBy } from './exchange-grant.ts'
import { ACCESS_TOKEN, JWT, type SubjectToken } from './exchange-subject.ts'
import { both, type Consume, type Found, refuse, scopesAt } from './grant.ts'
import type { Upstream } from './upstream.ts'

/** The broker resource that is asked for; undefined for another one. @throws Failure `invalid_target` for one that is suspended */
export async function brokerTarget(
  { registry, scope }: ReadContext,
  target: string | undefined,
): Promise<BrokerResource | undefined> {
  const resource = target === undefined ? undefined : resourceNamed(await registry.resources(scope.tenantId), target)
  if (!resource || !isBrokerResource(resource)) return undefined
  if (resource.status !== 'active') throw new Failure('invalid_target', 'The resource is not available.')
  return resource
}

/** What is asked of a broker resource. */
export interface BrokerAsked {
  readonly issuer: string
  readonly token: SubjectToken
  readonly scope: string | undefined
  readonly requestedType: string | undefined
  readonly hasActorToken: boolean
}

/**
 * What an exchange for a broker resource finds. The client has to be one of the runtime clients of the resource, and of its
 * exchange clients where it lists some, and registered for it; the user has to have consented, and to have connected an
 * account. The limits of the subject token hold as for a token of this server, except its scopes and resources: what a user
 * allows at a provider is not asked with them.
 * @throws Failure `invalid_request`, `unauthorized_client`, `invalid_target`, `invalid_scope`, `invalid_grant`,
 *   `consent_required`
 */
export async function brokered(
  context: ReadContext,
  client: RegisteredClient,
  resource: BrokerResource,
  asked: BrokerAsked,
): Promise<Found> {
  const { token, issuer, scope, requestedType } = asked
  if (asked.hasActorToken) {
    throw new Failure('invalid_request', 'An actor token cannot be sent for the token of a provider.')
  }
  const provider = await context.read.brokerProviders.find(realmOf(context.scope).id, resource.brokerProviderId)
  if (!provider?.active) throw new Failure('invalid_target', 'The provider of the resource is not available here.')
  checkClient(client, resource)
  const registered = await registeredScopes(context, client, resource)
  checkForm(resource, provider, issuer, requestedType)
  const actor = { sub: client.clientId, bound: undefined, token: null, isPerson: false }
  isNamed(context, token, actor)
  checkHandedOn(context, token)
  const own = isOwn(token, client, actor)
  const granted = await grantedBy(context, client, token, actor)
  if (granted.under?.resources && !granted.under.resources.includes(resource.identifier)) {
    throw new Failure('invalid_target', 'The delegation grant is not for this resource.')
  }
  const fronted = await frontedBy(context, client, token, { own, asked: resource.identifier, named: granted.named })
  const limits = [
    granted.under?.scopes ?? null,
    granted.scopes,
    scopesOfPolicies(token, resource),
    fronted?.scopes ?? null,
  ]
  const limit = limits.reduce<readonly string[]>((left, each) => both(left, each) ?? left, registered)
  const consentUrl = consentUrlOf(issuer, provider, resource, { clientId: client.clientId, scope })
  const consented = await consentedScopes(context, client, resource, { token, provider, consentUrl })
  const scopes = askedScopes(resource, scope, { consented, limit, consentUrl })
  const isLeashed = resource.vending === 'leashed'
  const upstream = { provider, resource, scopes, consentUrl }
  const connection = isLeashed ? null : await connectionFor(context, token, upstream)
  const consume = consentHeld(client, resource, { token, scopes, further: granted.consume ?? token.consume })
  return {
    subject: token.subject,
    allowed: { scopes, resources: [resource.identifier], details: [], narrows: false },
    boundTo: boundOf(context, { token, actor, isOwn: own }),
    consume: fronted ? linkHeld(fronted, consume) : consume,
    refreshFamily: null,
    nonce: null,
    delegation: {
      parent: token.parent,
      sub: token.sub,
      act: chainOf(context, client, { token, actor, isGranted: true }),
      tools: token.tools,
      actorToken: null,
      under: granted.under,
      expiresAt: Math.min(token.expiresAt, granted.expiresAt),
    },
    upstream: isLeashed ? null : { ...upstream, connection },
    responseMembers: { issued_token_type: ACCESS_TOKEN },
  }
}

function checkClient({ id, label }: RegisteredClient, { exchangeClients, runtimeClients, slug }: BrokerResource): void {
  const isListed = exchangeClients.length === 0 || exchangeClients.includes(id)
  if (isListed && runtimeClients.includes(id)) return
  const policy = isListed ? 'resource.runtime_clients' : 'resource.exchange_clients'
  throw new Failure('unauthorized_client', {
    message: `The resource ${slug} does not let this client get tokens of its provider.`,
    rule: { policy, value: listed(isListed ? runtimeClients : exchangeClients), given: label },
  })
}

/** The token of a provider is handed out where the resource says so; else a client gets a token for the proxy. */
function checkForm(
  { vending, slug }: BrokerResource,
  provider: BrokerProvider,
  issuer: string,
  requestedType: string | undefined,
): void {
  if (vending === 'token') {
    if ((requestedType ?? ACCESS_TOKEN) === ACCESS_TOKEN) return
    throw new Failure('invalid_request', 'For this resource, the requested token type is that of an access token.')
  }
  if (requestedType === JWT) return
  const proxy = issuer + proxyPath(provider)
  throw new Failure(
    'invalid_target',
    `The token of the provider is not handed out for ${slug}. Call its API at ${proxy} with a token of this server: ask for it with requested_token_type=${JWT}.`,
  )
}

/** The scopes that the client is registered for. @throws Failure `invalid_target` where it is not for the resource */
async function registeredScopes(
  { registry, scope }: ReadContext,
  client: RegisteredClient,
  { identifier }: BrokerResource,
): Promise<readonly string[]> {
  const { audiences, scopes } = askable(client, await registry.resources(scope.tenantId))
  if (audiences.includes(identifier)) return scopes
  throw refusedTarget(identifier, { policy: 'client.audiences', value: listed(audiences), given: identifier })
}

/** The scopes that the policies about an issuer allow at the resource; null for a token of this server. */
function scopesOfPolicies({ holder, scopes }: SubjectToken, resource: BrokerResource): readonly string[] | null {
  return holder === null ? scopesAt(scopes, resource) : null
}

/** The failure of a client whose user has to do something first. */
export function consentRequired(cause: 'consent_missing' | 'scope_insufficient', url: string): Failure {
  const message =
    cause === 'consent_missing'
      ? 'The user has to allow this, or to connect an account, at the consent_url.'
      : 'The user has to allow more of this at the consent_url.'
  return new Failure('consent_required', { message, consent: { cause, url } })
}

/** What the user allowed the client; null for no limit, as for a client of the operator and an account that is nobody's. */
async function consentedScopes(
  { read }: ReadContext,
  client: RegisteredClient,
  resource: BrokerResource,
  {
    token: { subject },
    provider,
    consentUrl,
  }: { readonly token: SubjectToken; readonly provider: BrokerProvider; readonly consentUrl: string },
): Promise<readonly string[] | null> {
  if (!subject) {
    if (provider.protocol === 'service_account') return null
    throw new Failure('invalid_request', 'The subject token is about a program, which has no account at the provider.')
  }
  if (client.firstParty) return null
  const grant = await read.grants.find(subject.userId, client.id, resource.identifier)
  if (!grant) throw consentRequired('consent_missing', consentUrl)
  return grant.scopes
}

/** Holds inside the write that the user still allows the scopes. */
function consentHeld(
  client: RegisteredClient,
  { identifier }: BrokerResource,
  {
    token: { subject },
    scopes,
    further,
  }: { readonly token: SubjectToken; readonly scopes: readonly string[]; readonly further: Consume | null },
): Consume | null {
  if (!subject || client.firstParty) return further
  return async (unit, now) => {
    const grant = await unit.grants.lock(subject.userId, client.id, identifier)
    if (!grant || scopes.some((name) => !grant.scopes.includes(name))) return refuse('not_valid_any_more')
    return further?.(unit, now)
  }
}

/** @throws Failure also where nothing is left of the scopes of the resource: access without a scope would be all of it */
function askedScopes(
  resource: BrokerResource,
  scope: string | undefined,
  {
    consented,
    limit,
    consentUrl,
  }: {
    readonly consented: readonly string[] | null
    readonly limit: readonly string[]
    readonly consentUrl: string
  },
): readonly string[] {
  const names = resource.scopes.map(({ name }) => name).filter((name) => limit.includes(name))
  const asked = [...new Set((scope ?? '').split(' ').filter(Boolean))]
  const unknown = asked.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const rule = {
      policy: 'the scopes of the resource, the client and the token',
      value: listed(names),
      given: unknown,
    }
    throw refusedScope(unknown, 'is not one of this resource, or the client or the token is not for it', rule)
  }
  if (resource.scopes.length > 0 && names.length === 0) {
    throw new Failure('invalid_scope', {
      message: 'The client, or the token, is for no scope of this resource.',
      rule: { policy: 'the scopes of the client and the token', value: listed(limit) },
    })
  }
  const left = asked.length > 0 ? asked : names.filter((name) => consented?.includes(name) ?? true)
  const isConsented = left.every((name) => consented?.includes(name) ?? true)
  if (isConsented && (left.length > 0 || resource.scopes.length === 0)) return left
  throw consentRequired('scope_insufficient', consentUrl)
}

async function connectionFor(
  { read }: ReadContext,
  { subject }: SubjectToken,
  { provider, resource, scopes, consentUrl }: Omit<Upstream, 'connection'>,
): Promise<Connection | null> {
  if (provider.protocol === 'service_account') return null
  const connection = subject ? await read.connections.find(subject.userId, provider.id) : undefined
  if (!connection || connection.needsReauth) throw consentRequired('consent_missing', consentUrl)
  if (provider.protocol === 'api_key') return connection
  const needed = upstreamScopes(resource, scopes)
  if (needed.every((each) => connection.scopes.includes(each))) return connection
  throw consentRequired('scope_insufficient', consentUrl)
}
