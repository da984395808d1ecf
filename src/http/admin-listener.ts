// Mounts the admin surfaces: each row of each table, their OpenAPI document, and a page that shows it.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { House } from '#domain/open-context.ts'
import type { Failure } from '#kernel/error.ts'
import { renderApiDocs } from '#pages/views/api-docs.ts'
import { native } from '#surfaces/native/native.surface.ts'
import { openApi } from '#surfaces/openapi.ts'
import type { Doors, Route, Surface, WireReply, WireRequest } from '#surfaces/surface.ts'
import { everySurface, wings } from '#surfaces/surfaces.ts'
import { readForm, readJsonBody } from './body.ts'
import { rowsDirectly } from './direct-rows.ts'
import { dispatch } from './dispatch.ts'
import { sendEvents } from './event-stream.ts'
import {
  annex,
  type Listener,
  originOf,
  pathOf,
  queryOf,
  refuseOtherMethods,
  refuseOthersUnder,
  serveDirectly,
  stayOpen,
  toFailure,
  type Watchers,
} from './listener.ts'

/** What the admin surfaces are mounted with. */
export interface Admin {
  readonly house: House
  readonly doors: Doors
  readonly watchers: Watchers
  readonly version: string
  /** Ends what would go on for ever, as the server stops. */
  readonly stopping: AbortSignal
}

/** Mounts every row of the native API, and leaves the addresses of the others to parts that are built when asked for. */
export function mountSurfaces(app: Listener, admin: Admin, open: () => Listener): void {
  mountSurface(app, admin, native)
  serveDirectly(app, rowsDirectly(admin))
  for (const { under, load } of wings) {
    const prefixes = under.map((prefix) => prefix.replace(/\{\w+\}/g, '[^/?]+'))
    let opening: Promise<Listener> | undefined
    // What failed once, as where no file could be opened, may succeed the next time.
    const again = (error: unknown) => {
      opening = undefined
      throw error
    }
    annex(app, {
      under: new RegExp(`^(?:${prefixes.join('|')})(?:[/?]|$)`),
      open: () => (opening ??= openWing(admin, load, open()).catch(again)),
    })
  }
}

async function openWing(admin: Admin, load: () => Promise<Surface>, app: Listener): Promise<Listener> {
  mountSurface(app, admin, await load())
  await app.ready()
  return app
}

function mountSurface(app: Listener, admin: Admin, surface: Surface): void {
  const taken = new Map<string, Set<string>>()
  for (const route of surface.routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ':$1')
    for (const url of surface.slashed ? [path, `${path}/`] : [path]) {
      const methods = taken.get(url) ?? new Set()
      taken.set(url, methods.add(route.method))
      app.route({
        method: route.method,
        url,
        handler: (request, reply) =>
          admin.watchers.tracing.span(route.operation.name, { 'http.route': url }, () =>
            answer(admin, surface, route, request, reply),
          ),
        errorHandler: (error, request, reply) => sendFailure(admin, surface, error, request, reply),
      })
    }
  }
  const refuse = (failure: Failure, request: FastifyRequest, reply: FastifyReply) =>
    sendFailure(admin, surface, failure, request, reply)
  refuseOtherMethods(app, taken, refuse)
  for (const prefix of [surface.prefix, ...(surface.alsoUnder ?? [])]) {
    if (prefix) refuseOthersUnder(app, prefix.replace(/\{\w+\}/g, '[^/]+'), refuse)
  }
}

/**
 * Serves an OpenAPI document of each surface and one of all, and pages that show them. Each is made when it is first
 * asked for.
 */
export function mountApiDocs(app: Listener, { version, house }: Admin): void {
  const servers = [{ url: house.registry.settings.adminUrl }]
  const serve = (jsonPath: string, pagePath: string | undefined, load: () => Promise<readonly Surface[]>) => {
    let document: Record<string, unknown> | undefined
    const documentOf = async () => (document ??= { ...openApi(await load(), version), servers })
    app.get(jsonPath, async (_request, reply) =>
      reply.type('application/json').send(JSON.stringify(await documentOf())),
    )
    if (pagePath === undefined) return
    let page: string | undefined
    app.get(pagePath, async (_request, reply) => {
      page ??= renderApiDocs(await documentOf())
      return reply
        .type('text/html; charset=utf-8')
        .header(
          'content-security-policy',
          "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
        )
        .send(page)
    })
  }
  serve('/openapi.json', undefined, everySurface)
  serve('/openapi/native.json', '/docs', async () => [native])
  for (const { name, load } of wings) serve(`/openapi/${name}.json`, `/docs/${name}`, async () => [await load()])
}

async function answer(
  { house, doors, watchers, stopping }: Admin,
  surface: Surface,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const ended = 'follow' in route.operation ? endOf(reply, stopping) : stopping
  try {
    const wireRequest = toWireRequest(request)
    const origin = originOf(request, surface.name)
    const result = await dispatch(house, doors, { surface, route }, wireRequest, origin, ended)
    if ('stream' in result) return await sendEvents(reply, result.stream, ended)
    return send(reply, result)
  } catch (error) {
    return sendFailure({ watchers }, surface, error, request, reply)
  }
}

/** What goes on until somebody ends it, ends as well where its caller is gone. */
function endOf(reply: FastifyReply, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController()
  reply.raw.on('close', () => gone.abort())
  return AbortSignal.any([gone.signal, stopping])
}

function sendFailure(
  { watchers }: Pick<Admin, 'watchers'>,
  surface: Surface,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const failure = toFailure(error, watchers.log, request.id)
  return send(stayOpen(reply, failure), surface.error(failure, { path: pathOf(request), requestId: request.id }))
}

function toWireRequest(request: FastifyRequest): WireRequest {
  return {
    method: request.method,
    path: pathOf(request),
    params: request.params as Record<string, string>,
    query: Object.fromEntries(
      [...readForm(queryOf(request))].map(([name, values]) => [name, values.length > 1 ? values : (values[0] ?? '')]),
    ),
    headers: request.headers,
    body: readJsonBody(request.headers['content-type'], request.body as Buffer | undefined),
  }
}

function send(reply: FastifyReply, { status, headers, body }: WireReply): FastifyReply {
  reply.code(status).header('cache-control', 'no-store')
  if (body === undefined) return reply.headers(headers ?? {}).send()
  return reply
    .type('application/json; charset=utf-8')
    .headers(headers ?? {})
    .send(JSON.stringify(body))
}
