// Owns how the rows of a surface are served: the request as the surface reads it, and its reply on the wire.

import { Content } from '#surfaces/content.ts'
import { native } from '#surfaces/native/native.surface.ts'
import {
  ADMIN_ERRORS_PATH,
  type FailureContext,
  type Route,
  type Surface,
  type WireReply,
  type WireRequest,
} from '#surfaces/surface.ts'
import { type LazySurface, lazySurfaceGroups } from '#surfaces/surfaces.ts'
import { readForm, readJsonBody, readParts } from './body.ts'
import { type AskedRequest, dispatch } from './dispatch.ts'
import { eventStreamReply } from './event-stream.ts'
import { toFailure } from './failure.ts'
import { type HttpReply, JSON_TYPE } from './reply.ts'
import { type HttpRequest, originOf } from './request.ts'
import { type HttpContext, patternOf, type RouteGroup, type ServedRoute } from './route.ts'

/** The rows of the native API. */
export const nativeRoutes: RouteGroup = surfaceRoutes(native)

/** Surfaces that are loaded when one of their paths is first asked for, together because one lies under another. */
export interface LazyRoutes {
  /** Where their paths begin, with `{name}` for a parameter. */
  readonly prefixes: readonly string[]
  readonly load: () => Promise<readonly RouteGroup[]>
}

/** The surfaces besides the native one. */
export function lazyRoutes(): readonly LazyRoutes[] {
  return lazySurfaceGroups().map((surfaces: readonly LazySurface[]) => ({
    prefixes: surfaces.flatMap(({ under }) => under),
    load: async () => (await Promise.all(surfaces.map(({ load }) => load()))).map(surfaceRoutes),
  }))
}

function surfaceRoutes(surface: Surface): RouteGroup {
  const { name, prefix, furtherPrefixes = [], matchesCredential } = surface
  return {
    name,
    prefixes: prefix ? [prefix, ...furtherPrefixes] : furtherPrefixes,
    ...(matchesCredential && {
      isMeant: (request) => matchesCredential({ headers: request.headers, query: wireQueryOrNone(request) }),
    }),
    refuse: (context, request, failure) => replyOf(surface.error(failure, failureContext(context, request))),
    routes: surface.routes.map((route) => rowRoute(surface, route, route.path)),
  }
}

function failureContext({ services }: HttpContext, { path, id }: Pick<HttpRequest, 'path' | 'id'>): FailureContext {
  return { path, requestId: id, errorPages: services.registry.settings.adminUrl + ADMIN_ERRORS_PATH }
}

function rowRoute(surface: Surface, route: Route, path: ServedRoute['path']): ServedRoute {
  const { operation, method } = route
  const attributes = { 'http.route': patternOf({ path }) }
  const refuse: ServedRoute['refuse'] = (context, request, failure) =>
    replyOf(surface.error(failure, failureContext(context, request)))
  return {
    listener: 'admin',
    methods: [method],
    path,
    name: operation.name,
    respond: async (context, request) => {
      const { tracing, log } = context.telemetry
      try {
        return await tracing.span(operation.name, attributes, () => answer(context, surface, route, request))
      } catch (error) {
        return refuse(context, request, toFailure(error, log, request.id))
      }
    },
    refuse,
    ...(route.bodyMax && { bodyMax: route.bodyMax }),
    // Pages of other origins take the router, which adds what CORS needs.
    ...('fastPath' in operation && operation.fastPath && { fastPath: ({ origin }) => origin === undefined }),
  }
}

async function answer(
  { services, authenticators, stopping }: HttpContext,
  surface: Surface,
  route: Route,
  request: HttpRequest,
): Promise<HttpReply> {
  // What takes long ends when its caller disconnects.
  const isLong = 'follow' in route.operation || route.operation.longRead
  const ended = isLong ? AbortSignal.any([request.whenClosed(), stopping]) : stopping
  const origin = originOf(request, surface.name)
  const asked = wireRequestOf(request, route)
  const result = await dispatch(services, authenticators, { surface, route }, asked, origin, ended)
  return 'stream' in result ? eventStreamReply(result.stream, ended) : replyOf(result)
}

function wireRequestOf(request: HttpRequest, { requestType }: Pick<Route, 'requestType'>): AskedRequest {
  const { method, path, params, query, headers, body } = request
  // A row that takes a form with a file takes its members as JSON too, with the file in base64.
  const isForm = /^multipart\//i.test(String(headers['content-type']))
  const read = requestType === 'multipart/form-data' && isForm ? readParts : readJsonBody
  return {
    head: { method, path, params, query: wireQuery(query), headers },
    readBody: () => read(headers['content-type'] as string | undefined, body),
  }
}

function wireQuery(query: string): WireRequest['query'] {
  return Object.fromEntries(
    [...readForm(query)].map(([name, values]) => [name, values.length > 1 ? values : (values[0] ?? '')]),
  )
}

/** The query; none if it is malformed, which is refused once the surface is known. */
function wireQueryOrNone({ query }: HttpRequest): WireRequest['query'] {
  try {
    return wireQuery(query)
  } catch {
    return {}
  }
}

function replyOf({ status, headers, body }: WireReply): HttpReply {
  const common = { 'cache-control': 'no-store' }
  if (body === undefined) return { status, headers: { ...common, ...headers } }
  if (body instanceof Content) {
    return { status, headers: { ...common, 'content-type': body.type, ...headers }, body: body.chunks }
  }
  return { status, headers: { ...common, 'content-type': JSON_TYPE, ...headers }, body: JSON.stringify(body) }
}
