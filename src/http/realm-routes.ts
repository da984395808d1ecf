// Owns how the endpoints and pages of realms are served: which realm a request is about, its parameters, and CORS.
import type { Services } from '#domain/open-context.ts'
import type { RealmWithStatus } from '#domain/realm/realm.store.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { Failure } from '#kernel/error.ts'
import { ENGLISH } from '#language/language.ts'
import { unknownAddressPage } from '#pages/landing.page.ts'
import { failureReply } from '#pages/page-reply.ts'
import { readCookies } from '#web/cookie-header.ts'
import { inLanguage } from '#web/language.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { refuseAsJson } from '#web/reply.ts'
import { readJsonBody } from './body.ts'
import { toFailure } from './failure.ts'
import { formOf, isForm, NO_PARAMETERS, parametersOf } from './form.ts'
import { plainRoute } from './plain-route.ts'
import { noteRefusal } from './realm-decisions.ts'
import { type HttpRequest, originOf } from './request.ts'
import { type HttpContext, patternOf, type RouteGroup, type ServedRoute } from './route.ts'
import { withoutStaleCookie } from './stale-cookie.ts'

const WELL_KNOWN = '/.well-known/'
/** The realm that the platform's own programs use, under the addresses that the platform has for them. */
const PLATFORM_REALM = 'default'

/** The pages whose refusals for too many attempts are counted, and the method that they are counted for. */
const SIGN_IN_PAGES: ReadonlyMap<string, string> = new Map([
  ['sign_in', 'pwd'],
  ['second_factor', 'second_factor'],
])

/** The public listener's endpoints and pages under each address that a realm may have. */
export function realmRoutes(endpoints: readonly Endpoint[], pages: readonly Endpoint[]): readonly RouteGroup[] {
  const platform = endpoints.flatMap((endpoint) =>
    endpoint.platformPath === undefined ? [] : [platformRoute(endpoint, endpoint.platformPath)],
  )
  return [
    realmGroup('realm', [...endpoints.flatMap(endpointRoutes), ...platform]),
    realmGroup(
      'page',
      pages.flatMap((page) => endpointRoutes({ ...page, speaks: true })),
    ),
  ]
}

function realmGroup(name: string, routes: readonly ServedRoute[]): RouteGroup {
  return { name, routes, prefixes: [], refuse: (_context, _request, failure) => refuseAsJson(failure) }
}

// RFC 8414 §3.1, and what clients do: they look for the metadata of an issuer with a path at either end of the path.
function endpointRoutes(endpoint: Endpoint): ServedRoute[] {
  const paths = endpoint.paths.flatMap((path): ServedRoute['path'][] => [
    path,
    `/realms/{issuer_id}${path}`,
    ...(path.startsWith(WELL_KNOWN) && !path.endsWith('.json') ? [insertedInto(path)] : []),
  ])
  return paths.flatMap((path) => [
    endpointRoute(endpoint, path),
    ...(endpoint.crossOrigin ? [preflightRoute(endpoint, path)] : []),
  ])
}

function insertedInto(path: ServedRoute['path']): ServedRoute['path'] {
  return path.replace(/^\/\.well-known\/[^/]+/, '$&/realms/{issuer_id}') as ServedRoute['path']
}

function endpointRoute(endpoint: Endpoint, path: ServedRoute['path']): ServedRoute {
  const attributes = { 'http.route': patternOf({ path }) }
  return {
    listener: 'public',
    methods: endpoint.methods,
    path,
    name: endpoint.name,
    ...(endpoint.mutualTls && { mutualTls: true }),
    ...(endpoint.streams && { streams: true }),
    respond: (context, request) =>
      context.telemetry.tracing.span(endpoint.name, attributes, () => respond(context, endpoint, request)),
    refuse: (context, request, failure) => refuseUnreadable(context, endpoint, request, failure),
    ...(endpoint.fastPath && {
      fastPath: (headers, method) => method !== 'POST' || isForm(headers['content-type']),
    }),
  }
}

/** The endpoint of the first tenant's realm, on every host that belongs to no other realm. */
function platformRoute(endpoint: Endpoint, path: ServedRoute['path']): ServedRoute {
  const { fastPath: _, ...route } = endpointRoute(endpoint, path)
  const ofPlatform = (request: HttpRequest): HttpRequest => ({ ...request, params: { issuer_id: PLATFORM_REALM } })
  return {
    ...route,
    listener: 'both',
    respond: (context, request) => route.respond(context, ofPlatform(request)),
    refuse: (context, request, failure) => route.refuse(context, ofPlatform(request), failure),
  }
}

function preflightRoute({ name, methods }: Endpoint, path: ServedRoute['path']): ServedRoute {
  return plainRoute(
    { listener: 'public', methods: ['OPTIONS'], path, name: `${name} preflight` },
    async ({ services }, request) => ({
      status: 204,
      headers: {
        ...(await corsHeaders(services, await findRealm(services, request), request)),
        'access-control-allow-methods': [...new Set(['GET', 'POST', ...methods])].join(', '),
        'access-control-allow-headers': 'authorization, content-type, dpop, mcp-protocol-version, mcp-method, mcp-name',
        'access-control-max-age': '86400',
      },
    }),
  )
}

async function respond(
  { services, refusals, afterReply, telemetry: { log, figures } }: HttpContext,
  endpoint: Endpoint,
  request: HttpRequest,
): Promise<RealmReply> {
  let realmRequest: RealmRequest | undefined
  let found: RealmWithStatus | undefined
  const note = (failure: Failure) => {
    const parameters = [realmRequest?.form, realmRequest?.query].filter((each) => each !== undefined)
    const refused = { endpoint: endpoint.name, realm: found?.realm, request, parameters }
    noteRefusal(services.decisions, services.clock.now(), refused, failure)
  }
  try {
    found = await findRealm(services, request)
    if (!found) throw new Failure('not_found', 'There is no realm at this address.')
    realmRequest = await spokenTo(endpoint, toRealmRequest(services, found, request))
    if (!endpoint.alwaysOn && !(found.realm.enabled && found.tenantStatus === 'active')) {
      throw new Failure('access_denied', 'The realm is disabled.')
    }
    realmRequest = await spokenTo(endpoint, withParameters(endpoint, realmRequest, request))
    const reply = await endpoint.respond(services, realmRequest)
    const told = reply.failure ?? reply.refusal
    if (told) note(told)
    if (endpoint.name === 'token_endpoint' && reply.status === 200) figures.issued(realmRequest.form.get('grant_type'))
    const method = SIGN_IN_PAGES.get(endpoint.name)
    if (reply.status === 429 && method !== undefined) figures.signInLimited(method)
    if (reply.after) afterReply.add(reply.after)
    const whole = withErrorPage(reply, realmRequest)
    if (ignoresCookies(endpoint, realmRequest)) return withCors(services, endpoint, { found, request }, whole)
    return await withoutStaleCookie(services, realmRequest, whole)
  } catch (error) {
    const failure = toFailure(error, log, request.id)
    figures.refused(failure)
    note(failure)
    if (found) countRefusal(refusals, found.realm, request, failure)
    if (!realmRequest) {
      const refusal = (await unknownAddressPage(request, failure)) ?? refuseAsJson(failure)
      return withCors(services, endpoint, { found, request }, refusal)
    }
    const refusal = withErrorPage(endpoint.refuse(failure, realmRequest), realmRequest)
    if (ignoresCookies(endpoint, realmRequest)) return withCors(services, endpoint, { found, request }, refusal)
    return withoutStaleCookie(services, realmRequest, refusal)
  }
}

/** Counts why a client was refused, for its operator. */
function countRefusal(
  refusals: HttpContext['refusals'],
  { id: realmId, tenantId }: RealmWithStatus['realm'],
  { ip }: HttpRequest,
  { code, detail }: Failure,
): void {
  if (code !== 'invalid_client' && code !== 'invalid_grant') return
  const { reason = 'other', clientId } = detail
  refusals.count({ tenantId, realmId, error: code, reason, clientId, ip })
}

async function refuseUnreadable(
  { services, telemetry: { log } }: HttpContext,
  endpoint: Endpoint,
  request: HttpRequest,
  failure: Failure,
): Promise<RealmReply> {
  let found: RealmWithStatus | undefined
  try {
    found = await findRealm(services, request)
  } catch (error) {
    // If the realm cannot be read, the caller learns that instead.
    return withCors(services, endpoint, { found, request }, refuseAsJson(toFailure(error, log, request.id)))
  }
  const refused = { endpoint: endpoint.name, realm: found?.realm, request, parameters: [] }
  noteRefusal(services.decisions, services.clock.now(), refused, failure)
  if (!found) return withCors(services, endpoint, { found, request }, refuseAsJson(failure))
  const realmRequest = await spokenTo(endpoint, toRealmRequest(services, found, request))
  return withCors(
    services,
    endpoint,
    { found, request },
    withErrorPage(endpoint.refuse(failure, realmRequest), realmRequest),
  )
}

// Endpoints that other origins may read use no cookies.
function ignoresCookies({ crossOrigin }: Endpoint, { cookies }: RealmRequest): boolean {
  return crossOrigin === true || cookies.size === 0
}

async function withCors(
  services: Services,
  { crossOrigin }: Endpoint,
  { found, request }: { found: RealmWithStatus | undefined; request: HttpRequest },
  reply: RealmReply,
): Promise<RealmReply> {
  if (!crossOrigin) return reply
  return { ...reply, headers: { ...reply.headers, ...(await corsHeaders(services, found, request)) } }
}

function spokenTo({ speaks }: Endpoint, realmRequest: RealmRequest): RealmRequest | Promise<RealmRequest> {
  return speaks ? inLanguage(realmRequest) : realmRequest
}

function withErrorPage(reply: RealmReply, realmRequest: RealmRequest): RealmReply {
  return reply.failure ? failureReply(reply.failure, realmRequest, reply.onward) : reply
}

/**
 * The realm that a request is about: the one that its path names, else the one of its host, else the default realm. The
 * host of a realm serves no other realm, whatever the path says.
 */
async function findRealm(
  { registry }: Services,
  { params: { issuer_id: issuerId }, host }: Pick<HttpRequest, 'params' | 'host'>,
): Promise<RealmWithStatus | undefined> {
  const owner = await ownerOf(registry, host.toLowerCase().replace(/:\d+$/, ''))
  if (issuerId === undefined) return owner ? owner.found : registry.realmByIssuerId('default')
  const found = await registry.realmByIssuerId(issuerId)
  return owner && owner.found?.realm.id !== found?.realm.id ? undefined : found
}

/** The realm that a host belongs to, and serves alone; undefined for a host that belongs to none. */
async function ownerOf(
  registry: Services['registry'],
  host: string,
): Promise<{ readonly found: RealmWithStatus | undefined } | undefined> {
  const { publicUrl, adminUrl, mutualTls, realmDomain } = registry.settings
  if ([publicUrl, adminUrl, mutualTls?.url].some((url) => url !== undefined && host === hostOf(url))) return undefined
  if (realmDomain && host.endsWith(`.${realmDomain}`)) {
    return { found: await registry.realmByIssuerId(host.slice(0, -realmDomain.length - 1)) }
  }
  const found = await registry.realmByHost(host)
  return found && { found }
}

const hosts = new Map<string, string>()

function hostOf(url: string): string {
  const known = hosts.get(url)
  if (known !== undefined) return known
  const { hostname } = new URL(url)
  hosts.set(url, hostname)
  return hostname
}

function toRealmRequest({ registry }: Services, { realm, brand }: RealmWithStatus, request: HttpRequest): RealmRequest {
  const { method, headers, params } = request
  const inPath = params.issuer_id
  return {
    method,
    realm,
    brand,
    issuer: issuerOf(realm, registry.settings),
    base: inPath === undefined ? '' : `/realms/${inPath}`,
    path: inPath === undefined ? request.path : request.path.replace(`/realms/${inPath}`, ''),
    language: ENGLISH,
    host: request.host.toLowerCase(),
    ...(params['*'] !== undefined && { rest: params['*'] }),
    query: NO_PARAMETERS,
    form: NO_PARAMETERS,
    headers,
    cookies: readCookies(headers.cookie as string | undefined),
    origin: originOf(request, 'protocol'),
    certificate: request.certificate,
  }
}

function withParameters(
  { takesJson, streams }: Endpoint,
  realmRequest: RealmRequest,
  request: HttpRequest,
): RealmRequest {
  const query = parametersOf(request.query)
  if (takesJson) {
    const type = request.headers['content-type']
    return { ...realmRequest, query, json: readJsonBody(typeof type === 'string' ? type : undefined, request.body) }
  }
  if (request.method !== 'POST' || streams) return { ...realmRequest, query }
  return { ...realmRequest, query, form: formOf(request) }
}

// RFC 9449 §8: a page reads the nonce and the challenge.
const EXPOSED = { 'access-control-expose-headers': 'dpop-nonce, www-authenticate' }

/**
 * CORS headers (Fetch Standard §3.2): pages of every origin may read the reply, unless the realm lists origins. Pages of an
 * origin that the realm or one of its clients lists may send credentials too: these endpoints read no cookies.
 */
async function corsHeaders(
  { registry }: Services,
  found: RealmWithStatus | undefined,
  { headers }: Pick<HttpRequest, 'headers'>,
): Promise<Record<string, string>> {
  const allowed = found?.realm.allowedOrigins ?? []
  const { origin } = headers
  if (allowed.length === 0) {
    const isOwn = typeof origin === 'string' && found !== undefined && (await isOfClient(registry, found, origin))
    return isOwn ? withCredentials(origin) : { 'access-control-allow-origin': '*', ...EXPOSED }
  }
  return typeof origin === 'string' && allowed.includes(origin) ? withCredentials(origin) : { vary: 'origin' }
}

function withCredentials(origin: string): Record<string, string> {
  return {
    vary: 'origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    ...EXPOSED,
  }
}

async function isOfClient(
  registry: Services['registry'],
  { realm }: RealmWithStatus,
  origin: string,
): Promise<boolean> {
  try {
    return (await registry.clientOrigins(realm.tenantId, realm.id)).has(origin)
  } catch {
    // The reply may itself say that the database is away.
    return false
  }
}
