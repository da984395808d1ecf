// The proxy to the APIs of providers: a client calls one with its own token, and the token of the user is added here.
import type { BrokerProvider } from '#domain/broker-provider/broker-provider.ts'
import { CONNECT_PATH, consentUrlOf } from '#domain/connection/connect-paths.ts'
import { freshToken } from '#domain/connection/fresh-token.ts'
import { serviceToken } from '#domain/connection/service-token.ts'
import type { Context } from '#domain/context.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { apiOf } from '#domain/resource/broker-settings.ts'
import { isRequestAllowed } from '#domain/resource/proxy-rule.ts'
import { type BrokerResource, isBrokerResource, upstreamScopes } from '#domain/resource/resource.ts'
import { Failure } from '#kernel/error.ts'
import { contextOf, contextOfClient } from '#web/realm-context.ts'
import type { Endpoint, Forwarded, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { NO_STORE, refuseAsJson } from '#web/reply.ts'
import { addressesOf } from '../addresses.ts'
import { checkKey, presentedToken } from '../bearer.ts'
import { type LiveToken, liveToken } from '../live.ts'
import { consentRequired } from '../token/brokered.ts'

const PATH = new RegExp(`^${CONNECT_PATH}/([a-z0-9_-]{1,64})/proxy(/.*)$`)
/** Parts of a path that servers read in different ways. `%25` is what some decode twice, and `;` begins a parameter for some. */
const AMBIGUOUS = /%(2[5ef]|5c|3b|0[0-9a-f]|1[0-9a-f]|7f)|\\|\/\/|(^|\/)\.{1,2}(;|\/|$)/i

/** What is after `/proxy` is the path below the address of the API. */
export const upstreamProxyEndpoint: Endpoint = {
  name: 'upstream_proxy',
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  paths: [`${CONNECT_PATH}/{provider}/proxy/*`],
  mutualTls: true,
  streams: true,
  refuse,
  async respond(services, request) {
    const [, slug = '', path = ''] = PATH.exec(request.path) ?? []
    if (slug === '') throw new Failure('not_found')
    const anonymous = contextOf(services, request)
    const presented = presentedToken(request)
    const live = await liveToken(anonymous, presented.token)
    if (!live) throw new Failure('invalid_token')
    await checkKey(anonymous, request, addressesOf(anonymous, request, [request.path]), presented, live)
    const context = contextOfClient(services, request, live.client)
    const { resource, provider } = await targetOf(context, live, slug)
    checkRequest(request, resource, path, live.issued.scopes)
    const base = apiOf(resource, provider)
    const { accessToken, connectionId } = await credentialOf(context, request, { live, resource, provider })
    const { clientId } = live.client
    return {
      status: 200,
      headers: {},
      forward: {
        url: base + path,
        tenantId: context.scope.tenantId,
        headers: { [provider.headerName.toLowerCase()]: provider.headerPrefix + accessToken },
        done: (outcome) =>
          recordCall(
            context,
            { live, resource, provider, connectionId, clientId, path, method: request.method },
            outcome,
          ),
      },
    }
  },
}

async function targetOf(
  context: Context,
  { issued, client }: LiveToken,
  slug: string,
): Promise<{ resource: BrokerResource; provider: BrokerProvider }> {
  const { read, registry, scope } = context
  const resource = (await registry.resources(scope.tenantId)).get(issued.audience)
  const provider = await read.brokerProviders.findBySlug(realmOf(scope).id, slug)
  const isFor = resource && isBrokerResource(resource) && resource.brokerProviderId === provider?.id
  if (!isFor || !provider?.active) throw new Failure('invalid_token', 'The token is for another audience.')
  if (!resource.runtimeClients.includes(client.id)) {
    throw new Failure('forbidden', `The resource ${resource.slug} does not let this client use its provider.`)
  }
  if (issued.userId !== null && !(await read.users.isActive(realmOf(scope).directoryId, issued.userId))) {
    throw new Failure('invalid_token')
  }
  return { resource, provider }
}

function checkRequest(
  { method }: RealmRequest,
  resource: BrokerResource,
  path: string,
  scopes: readonly string[],
): void {
  const allowed = AMBIGUOUS.test(path) ? 'no' : isRequestAllowed(resource.proxyRules, method, path, scopes)
  if (allowed === 'yes') return
  if (allowed === 'scope') throw new Failure('insufficient_scope')
  throw new Failure('forbidden', `The resource ${resource.slug} does not let this request through.`)
}

async function credentialOf(
  context: Context,
  { issuer }: RealmRequest,
  {
    live: { issued, client },
    resource,
    provider,
  }: { readonly live: LiveToken; readonly resource: BrokerResource; readonly provider: BrokerProvider },
): Promise<{ accessToken: string; connectionId: string | null }> {
  if (provider.protocol === 'service_account') {
    const { accessToken } = await serviceToken(context, provider, upstreamScopes(resource, issued.scopes))
    return { accessToken, connectionId: null }
  }
  const { userId } = issued
  if (userId === null) throw new Failure('invalid_token', 'The token is about a program, which has no account there.')
  const consentUrl = consentUrlOf(issuer, provider, resource, client)
  const connection = await context.read.connections.find(userId, provider.id)
  const fresh = connection && (await freshToken(context, provider, connection))
  if (!fresh) throw consentRequired('consent_missing', consentUrl)
  return { accessToken: fresh.accessToken, connectionId: fresh.connection.id }
}

interface Call {
  readonly live: LiveToken
  readonly resource: BrokerResource
  readonly provider: BrokerProvider
  readonly connectionId: string | null
  readonly clientId: string
  readonly method: string
  /** Without the query, which may hold a secret. */
  readonly path: string
}

function recordCall(
  { write }: Context,
  { live, resource, provider, connectionId, clientId, method, path }: Call,
  { status, problem, requestBytes, responseBytes }: Forwarded,
): Promise<void> {
  return write(async (unit) => {
    unit.emit('upstream.requested', {
      subject: { type: 'broker_provider', id: provider.id, label: provider.slug },
      result: status !== null && status < 400 ? 'success' : 'failure',
      data: {
        ...{ userId: live.issued.userId, clientId, resource: resource.identifier, connectionId, method },
        path: path.slice(0, 500),
        ...{ status, requestBytes, responseBytes },
        ...(problem !== undefined && { problem }),
      },
    })
  })
}

/** RFC 6750 §3, RFC 9449 §7.1: what is wrong with a proof is 401 here, too. */
function refuse(failure: Failure, request: RealmRequest): RealmReply {
  const reply = refuseAsJson(failure, request)
  const { code } = failure
  const isAboutProof = code === 'invalid_dpop_proof' || code === 'use_dpop_nonce'
  if (failure.status !== 401 && !isAboutProof) return reply
  const bearer = `Bearer realm="${request.issuer}"`
  const dpop = `DPoP algs="${profileOf(request.realm).proofAlgorithms.join(' ')}"`
  const isBound = isAboutProof || /^dpop /i.test(String(request.headers.authorization))
  const challenge = code === 'unauthenticated' ? `${bearer}, ${dpop}` : `${isBound ? dpop : bearer}, error="${code}"`
  return { ...reply, status: 401, headers: { ...reply.headers, ...NO_STORE, 'www-authenticate': challenge } }
}
