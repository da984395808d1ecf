// Token exchange for a resource that stands for an API of a provider: who may get the user's token there, and what is missing.
import type { BrokerProvider } from '#domain/broker-provider/broker-provider.ts'
import type { RegisteredClient } from '#domain/client/client.ts'
import type { Connection } from '#domain/connection/connection.ts'
import { listed } from '#domain/decision/rule.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { type BrokerResource, isBrokerResource, resourceNamed, upstreamScopes } from '#domain/resource/resource.ts'
import { Failure } from '#kernel/error.ts'
import type { ReadContext } from '../read-context.ts'
import { refusedScope } from '../resource-indicator.ts'
import { boundOf, chainOf } from './exchange-actor.ts'
import { grantedBy } from './exchange-grant.ts'
import { ACCESS_TOKEN, JWT, type SubjectToken } from './exchange-subject.ts'
import type { Found } from './grant.ts'
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
 * exchange clients where it lists some; the user has to have consented, and to have connected an account.
 * @throws Failure `invalid_request`, `unauthorized_client`, `invalid_target`, `invalid_scope`, `consent_required`
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
  checkForm(resource, provider, issuer, requestedType)
  const actor = { sub: client.clientId, bound: undefined, token: null, isPerson: false }
  const granted = await grantedBy(context, client, token, actor)
  if (granted.under?.resources && !granted.under.resources.includes(resource.identifier)) {
    throw new Failure('invalid_target', 'The delegation grant is not for this resource.')
  }
  const consentUrl = consentUrlOf(issuer, provider, resource, { client, scope })
  const consented = await consentedScopes(context, client, resource, { token, provider, consentUrl })
  const scopes = askedScopes(resource, scope, { consented, limit: granted.scopes, consentUrl })
  const isLeashed = resource.vending === 'leashed'
  const upstream = { provider, resource, scopes, consentUrl }
  const connection = isLeashed ? null : await connectionFor(context, token, upstream)
  const isOwn = token.holder?.id === client.id
  return {
    subject: token.subject,
    allowed: { scopes, resources: [resource.identifier], details: [], narrows: false },
    boundTo: boundOf(context, { token, actor, isOwn }),
    consume: granted.consume ?? token.consume,
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
  const proxy = `${issuer}/connect/${provider.slug}/proxy/`
  throw new Failure(
    'invalid_target',
    `The token of the provider is not handed out for ${slug}. Call its API at ${proxy} with a token of this server: ask for it with requested_token_type=${JWT}.`,
  )
}

function consentUrlOf(
  issuer: string,
  { slug }: BrokerProvider,
  resource: BrokerResource,
  { client, scope }: { readonly client: RegisteredClient; readonly scope: string | undefined },
): string {
  const query = new URLSearchParams({
    resource: resource.slug,
    client_id: client.clientId,
    ...(scope !== undefined && { scope }),
  })
  return `${issuer}/connect/${slug}?${query}`
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

function askedScopes(
  resource: BrokerResource,
  scope: string | undefined,
  {
    consented,
    limit,
    consentUrl,
  }: {
    readonly consented: readonly string[] | null
    readonly limit: readonly string[] | null
    readonly consentUrl: string
  },
): readonly string[] {
  const names = resource.scopes.map(({ name }) => name).filter((name) => limit?.includes(name) ?? true)
  const asked = scope === undefined ? undefined : [...new Set(scope.split(' ').filter(Boolean))]
  const unknown = asked?.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const rule = { policy: 'resource.scopes', value: listed(names), given: unknown }
    throw refusedScope(unknown, 'is not one of this resource', rule)
  }
  if (consented === null) return asked ?? names
  if (asked?.some((name) => !consented.includes(name))) throw consentRequired('scope_insufficient', consentUrl)
  return asked ?? names.filter((name) => consented.includes(name))
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
