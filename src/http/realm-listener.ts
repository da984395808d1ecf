// Mounts the endpoints and pages of realms.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { House } from '#domain/open-context.ts'
import { type Endpoint, type RealmReply, refuseAsJson } from '#domain/realm-request.ts'
import { directlyFor } from './direct.ts'
import {
  type Listener,
  originOf,
  queryOf,
  refuseOtherMethods,
  serveDirectly,
  stayOpen,
  toFailure,
  type Watchers,
} from './listener.ts'
import { type Arrival, answerRealm, readableBy, realmAt, refuseUnread } from './realm-answer.ts'

const WELL_KNOWN = '/.well-known/'

/** Mounts every endpoint under each address that a realm may have. */
export function mountRealms(app: Listener, house: House, endpoints: readonly Endpoint[], watchers: Watchers): void {
  const taken = new Map<string, Set<string>>()
  for (const endpoint of endpoints) {
    for (const url of addressesOf(endpoint)) {
      const methods = new Set<string>(endpoint.methods)
      if (endpoint.crossOrigin) methods.add('OPTIONS')
      taken.set(url, methods)
      mount(app, house, endpoint, url, arrivalOf, watchers)
      if (endpoint.crossOrigin) {
        app.route({ method: 'OPTIONS', url, handler: (request, reply) => preflight(house, request, reply) })
      }
    }
  }
  serveDirectly(app, directlyFor(house, endpoints, watchers))
  refuseOtherMethods(app, taken, (failure, _request, reply) => send(reply, refuseAsJson(failure)))
}

/** Mounts what the first tenant’s realm answers under an address of the platform, whatever the host is called. */
export function mountPlatform(app: Listener, house: House, endpoints: readonly Endpoint[], watchers: Watchers): void {
  const taken = new Map<string, Set<string>>()
  for (const endpoint of endpoints) {
    const { platformPath: url } = endpoint
    if (url === undefined) continue
    taken.set(url, new Set(endpoint.methods))
    mount(app, house, endpoint, url, (request) => ({ ...arrivalOf(request), issuerId: 'default' }), watchers)
  }
  refuseOtherMethods(app, taken, (failure, _request, reply) => send(reply, refuseAsJson(failure)))
}

function mount(
  app: Listener,
  house: House,
  endpoint: Endpoint,
  url: string,
  arrivalAt: (request: FastifyRequest) => Arrival,
  { log, tracing }: Watchers,
): void {
  app.route({
    method: [...endpoint.methods],
    url,
    handler: async (request, reply) => {
      const arrival = arrivalAt(request)
      const answer = () => answerRealm(house, endpoint, arrival, log)
      return send(reply, await tracing.span(endpoint.name, { 'http.route': url }, answer))
    },
    errorHandler: async (error, request, reply) => {
      const failure = toFailure(error, log, request.id)
      return send(stayOpen(reply, failure), await refuseUnread(house, endpoint, arrivalAt(request), failure, log))
    },
  })
}

// RFC 8414 §3.1 and its practice: a path-based issuer’s metadata is looked for with the path at either end.
function addressesOf({ paths }: Endpoint): string[] {
  return paths.flatMap((path) => [
    path,
    `/realms/:issuer_id${path}`,
    ...(path.startsWith(WELL_KNOWN) && !path.endsWith('.json') ? [`${path}/realms/:issuer_id`] : []),
  ])
}

function arrivalOf(request: FastifyRequest): Arrival {
  return {
    method: request.method,
    issuerId: (request.params as { issuer_id?: string }).issuer_id,
    host: request.host,
    query: queryOf(request),
    headers: request.headers,
    body: request.body as Buffer | undefined,
    origin: originOf(request, 'protocol'),
  }
}

async function preflight(house: House, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return reply
    .code(204)
    .headers({
      ...readableBy(await realmAt(house, arrivalOf(request)), request),
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
