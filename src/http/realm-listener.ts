// Mounts the endpoints and pages of realms: finds the realm that an address means and turns bytes into parameters.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { House } from '#domain/open-context.ts'
import type { FoundRealm } from '#domain/realm/realm.store.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { type Endpoint, type RealmReply, type RealmRequest, refuseAsJson } from '#domain/realm-request.ts'
import { Failure } from '#kernel/error.ts'
import { failureReply } from '#pages/page-reply.ts'
import { readCookies } from './cookies.ts'
import { formOf, NO_PARAMETERS, parametersOf } from './form.ts'
import { type Listener, originOf, queryOf, refuseOtherMethods, toFailure, type Watchers } from './listener.ts'

const WELL_KNOWN = '/.well-known/'

/** Mounts every endpoint under each address that a realm may have. */
export function mountRealms(
  app: Listener,
  house: House,
  endpoints: readonly Endpoint[],
  { log, tracing }: Watchers,
): void {
  const taken = new Map<string, Set<string>>()
  for (const endpoint of endpoints) {
    for (const url of addressesOf(endpoint)) {
      const methods = new Set<string>(endpoint.methods)
      if (endpoint.crossOrigin) methods.add('OPTIONS')
      taken.set(url, methods)
      app.route({
        method: [...endpoint.methods],
        url,
        handler: (request, reply) =>
          tracing.span(endpoint.name, { 'http.route': url }, () => answer(house, endpoint, request, reply, log)),
        errorHandler: (error, request, reply) =>
          refuseUnread(house, endpoint, request, reply, toFailure(error, log, request.id)),
      })
      if (endpoint.crossOrigin) {
        app.route({ method: 'OPTIONS', url, handler: (request, reply) => preflight(house, request, reply) })
      }
    }
  }
  refuseOtherMethods(app, taken, (_request, reply) => send(reply, refuseAsJson(new Failure('method_not_allowed'))))
}

/** Mounts what the first tenant’s realm answers under an address of the platform, whatever the host is called. */
export function mountPlatform(
  app: Listener,
  house: House,
  endpoints: readonly Endpoint[],
  { log, tracing }: Watchers,
): void {
  const first = () => house.registry.realmByIssuerId('default')
  const taken = new Map<string, Set<string>>()
  for (const endpoint of endpoints) {
    const { platformPath: url } = endpoint
    if (url === undefined) continue
    taken.set(url, new Set(endpoint.methods))
    app.route({
      method: [...endpoint.methods],
      url,
      handler: (request, reply) =>
        tracing.span(endpoint.name, { 'http.route': url }, () => answer(house, endpoint, request, reply, log, first)),
      errorHandler: (error, request, reply) =>
        refuseUnread(house, endpoint, request, reply, toFailure(error, log, request.id), first),
    })
  }
  refuseOtherMethods(app, taken, (_request, reply) => send(reply, refuseAsJson(new Failure('method_not_allowed'))))
}

// RFC 8414 §3.1 and its practice: a path-based issuer’s metadata is looked for with the path at either end.
function addressesOf({ paths }: Endpoint): string[] {
  return paths.flatMap((path) => [
    path,
    `/realms/:issuer_id${path}`,
    ...(path.startsWith(WELL_KNOWN) && !path.endsWith('.json') ? [`${path}/realms/:issuer_id`] : []),
  ])
}

async function answer(
  house: House,
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Watchers['log'],
  meant = () => realmAt(house, request),
): Promise<FastifyReply> {
  let realmRequest: RealmRequest | undefined
  try {
    const found = await meant()
    if (endpoint.crossOrigin) reply.headers(readableBy(found, request))
    if (!found) return send(reply, refuseAsJson(new Failure('not_found', 'There is no realm at this address.')))
    realmRequest = toRealmRequest(house, found, request)
    if (!endpoint.alwaysOn && !(found.realm.enabled && found.tenantStatus === 'active')) {
      throw new Failure('access_denied', 'The realm is disabled.')
    }
    return send(reply, shown(await endpoint.respond(house, withParameters(realmRequest, request)), realmRequest))
  } catch (error) {
    const failure = toFailure(error, log, request.id)
    return send(
      reply,
      realmRequest ? shown(endpoint.refuse(failure, realmRequest), realmRequest) : refuseAsJson(failure),
    )
  }
}

/** A request that could not even be read is refused in the endpoint’s words all the same. */
async function refuseUnread(
  house: House,
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  failure: Failure,
  meant = () => realmAt(house, request),
): Promise<FastifyReply> {
  const found = await meant()
  if (endpoint.crossOrigin) reply.headers(readableBy(found, request))
  if (!found) return send(reply, refuseAsJson(failure))
  const realmRequest = toRealmRequest(house, found, request)
  return send(reply, shown(endpoint.refuse(failure, realmRequest), realmRequest))
}

function shown(reply: RealmReply, realmRequest: RealmRequest): RealmReply {
  return reply.failure ? failureReply(reply.failure, realmRequest) : reply
}

// By its path where that names it, else by its host; every other name is the default realm’s.
async function realmAt({ registry }: House, request: FastifyRequest): Promise<FoundRealm | undefined> {
  const { issuer_id: issuerId } = request.params as { issuer_id?: string }
  if (issuerId !== undefined) return registry.realmByIssuerId(issuerId)
  const host = request.host.toLowerCase().replace(/:\d+$/, '')
  const { publicUrl, realmDomain } = registry.settings
  if (host !== hostOf(publicUrl)) {
    if (realmDomain && host.endsWith(`.${realmDomain}`)) {
      return registry.realmByIssuerId(host.slice(0, -realmDomain.length - 1))
    }
    const found = await registry.realmByHost(host)
    if (found) return found
  }
  return registry.realmByIssuerId('default')
}

const hosts = new Map<string, string>()

function hostOf(url: string): string {
  const known = hosts.get(url)
  if (known !== undefined) return known
  const { hostname } = new URL(url)
  hosts.set(url, hostname)
  return hostname
}

function toRealmRequest({ registry }: House, { realm }: FoundRealm, request: FastifyRequest): RealmRequest {
  const inPath = (request.params as { issuer_id?: string }).issuer_id
  return {
    method: request.method,
    realm,
    issuer: issuerOf(realm, registry.settings),
    base: inPath === undefined ? '' : `/realms/${inPath}`,
    query: NO_PARAMETERS,
    form: NO_PARAMETERS,
    headers: request.headers,
    cookies: readCookies(request.headers.cookie),
    origin: originOf(request, 'protocol'),
  }
}

function withParameters(realmRequest: RealmRequest, request: FastifyRequest): RealmRequest {
  const query = parametersOf(queryOf(request))
  if (request.method !== 'POST') return { ...realmRequest, query }
  return { ...realmRequest, query, form: formOf(request) }
}

/** Whose pages may read an answer (Fetch Standard §3.2): those of every origin, unless the realm names some. */
function readableBy(found: FoundRealm | undefined, { headers }: FastifyRequest): Record<string, string> {
  const allowed = found?.realm.allowedOrigins ?? []
  if (allowed.length === 0) return { 'access-control-allow-origin': '*' }
  const { origin } = headers
  const known = origin !== undefined && allowed.includes(origin)
  return { vary: 'origin', ...(known && { 'access-control-allow-origin': origin }) }
}

async function preflight(house: House, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return reply
    .code(204)
    .headers({
      ...readableBy(await realmAt(house, request), request),
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type, dpop, mcp-protocol-version',
      'access-control-max-age': '86400',
    })
    .send()
}

function send(reply: FastifyReply, { status, headers, body }: RealmReply): FastifyReply {
  return reply
    .code(status)
    .headers(headers as Record<string, string>)
    .send(body)
}
