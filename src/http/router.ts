// Owns a listener: it serves the table of routes by Fastify's router, the fast path, and parts that are mounted later.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify'
import { Failure } from '#kernel/error.ts'
import type { TlsIdentity } from '#outside/tls-identity.ts'
import { unknownAddressPage } from '#pages/landing.page.ts'
import { toFailure } from './failure.ts'
import { FastPath, type FastPathOptions } from './fast-path/fast-path.ts'
import { passOn } from './pass-on.ts'
import type { ProxyRule } from './proxies.ts'
import { type HttpReply, plainRefusal, sendReply } from './reply.ts'
import {
  BODY_MAX,
  doubledSlashAfter,
  type HttpRequest,
  httpRequest,
  pathOf,
  repeatedHeader,
  toOriginForm,
  toPlainPath,
} from './request.ts'
import { type HttpContext, patternOf, type RouteGroup, type ServedRoute } from './route.ts'
import type { LazyRoutes } from './surface-routes.ts'
import { recordRequest } from './telemetry.ts'

export type Listener = FastifyInstance

/** What a listener is opened with. */
export interface ListenerOptions {
  /** For the log. */
  readonly name: string
  readonly context: HttpContext
  readonly proxies: ProxyRule
  /** Its certificate and key; undefined for a listener without TLS. */
  readonly tls?: TlsIdentity
  /** The groups that it serves, with only the routes that belong on it. */
  readonly groups: readonly RouteGroup[]
  /** What is mounted when first asked for. */
  readonly lazy?: readonly LazyRoutes[]
  /** The listener that this one is a part of. */
  readonly parent?: Pick<FastPathOptions, 'nextId' | 'isListening'>
  /** Adds hooks before the routes. */
  readonly prepare?: (app: Listener, send: SendByRouter) => void
  /** Called with each method and path that the router serves, as Fastify writes them. */
  readonly onRoute?: (method: string, pattern: string) => void
}

/** Sends a reply to a request that the router read. */
export type SendByRouter = (request: FastifyRequest, reply: FastifyReply, answer: HttpReply) => void

const UNKNOWN_ROUTE = '(unknown)'
const TIMEOUTS = { requestTimeout: 30_000, keepAliveTimeout: 72_000 }
/** A request whose headers take longer than this, or that takes longer than `requestTimeout`, is looked for this often. */
const SLOW_REQUESTS = { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 }

/** Opens a listener. It does not listen yet. */
export function openListener(options: ListenerOptions): Listener {
  const { context, groups, lazy = [], prepare, onRoute } = options
  const { telemetry } = context
  const shared = options.parent ?? {
    nextId: context.services.decisions.nextId,
    isListening: () => app.server.listening,
  }
  const { nextId, isListening } = shared
  const fastPath = new FastPath({ ...options, ...shared })
  const doubled = doubledSlashAfter(
    [...groups, ...lazy].flatMap(({ prefixes }) => prefixes).concat('/realms/{issuer_id}'),
  )
  const parts = lazy.map((part) => lazyPart({ ...options, parent: shared }, part))
  const ownPaths = groups.flatMap(({ routes }) => routes.map(({ path }) => path))
  const isOwnPath = ownPathRule(ownPaths)
  const app: Listener = Fastify({
    logger: false,
    bodyLimit: BODY_MAX,
    ...TIMEOUTS,
    serverFactory: (handler) =>
      serverOf(options.tls, entrance({ context, fastPath, doubled, parts, isOwnPath, handler })),
    forceCloseConnections: 'idle',
    genReqId: nextId,
    routerOptions: { maxParamLength: 200 },
    // Nothing is validated or serialized by Fastify; without its compilers it loads a hundred modules less.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    frameworkErrors: (error, request, reply) =>
      refuseUnrouted(toFailure(error, telemetry.log, request.id), request, reply),
  })
  const send: SendByRouter = (request, reply, answer) => {
    reply.hijack()
    const headers = { ...(reply.getHeaders() as HttpReply['headers']), ...answer.headers }
    sendReply(
      reply.raw,
      { ...answer, headers },
      {
        requestId: request.id,
        isListening: isListening(),
        report: (error) => telemetry.log.error('A reply was interrupted.', error, { requestId: request.id }),
      },
    )
  }
  const read = (request: FastifyRequest, reply: FastifyReply): HttpRequest =>
    httpRequest(request.raw, reply.raw, options.proxies, {
      id: request.id,
      params: (request.params ?? {}) as Record<string, string>,
      body: request.body as Buffer | undefined,
    })
  const refuseUnrouted = (failure: Failure, request: FastifyRequest, reply: FastifyReply) => {
    const asked = read(request, reply)
    return unroutedRefusal({ context, groups }, asked, failure).then((refusal) => send(request, reply, refusal))
  }
  if (onRoute) {
    app.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) onRoute(one, url)
    })
  }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', (request, _reply, done) => {
    done(repeatedHeaderFailure(request.raw))
  })
  prepare?.(app, send)
  addRecord(app, options)
  app.setErrorHandler((error, request, reply) => {
    return refuseUnrouted(toFailure(error, telemetry.log, request.id), request, keepOpen(reply, error))
  })
  const allowed = methodsByPath(groups)
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.url)
    const known = allowed.find(({ pattern }) => pattern.test(path))
    if (!known) return refuseUnrouted(new Failure('not_found'), request, reply)
    reply.header('allow', known.methods.join(', '))
    const asked = read(request, reply)
    const group = meantBy(groupsUnder(groups, path), asked) ?? meantBy(known.groups, asked)
    send(request, reply, (group as RouteGroup).refuse(context, asked, new Failure('method_not_allowed')))
  })
  mount(app, options, { send, read })
  return app
}

/** A certificate is asked for, and never refused here: whether it authenticates the client depends on the realm (RFC 8705). */
function serverOf(
  tls: TlsIdentity | undefined,
  listen: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const options = { ...TIMEOUTS, ...SLOW_REQUESTS }
  if (!tls) return createServer(options, listen)
  const verification = { requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' } as const
  // Fastify's type is that of a server without TLS; what it uses of one, both have.
  return createTlsServer({ ...options, ...tls, ...verification }, listen) as Server
}

interface Entrance {
  readonly context: HttpContext
  readonly fastPath: FastPath
  readonly doubled: ReturnType<typeof doubledSlashAfter>
  readonly parts: readonly LazyPart[]
  /** Whether a path is the listener's own, though it may lie under the prefix of a lazy part. */
  readonly isOwnPath: (path: string) => boolean
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void
}

/** What each request goes to: the fast path, a part that is mounted when first asked for, or the router. */
function entrance({ context, fastPath, doubled, parts, isOwnPath, handler }: Entrance) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    // Nobody else catches what is thrown here: it would end the process.
    try {
      toOriginForm(request)
      toPlainPath(request, doubled)
      if (fastPath.serve(request, response)) return
      const { url = '' } = request
      const part = parts.find(({ under }) => under.test(url))
      if (part === undefined || isOwnPath(pathOf(url))) handler(request, response)
      else void enter(part, context, request, response)
    } catch (error) {
      context.telemetry.log.error('A request could not be routed.', error)
      response.writeHead(500, { connection: 'close' }).end()
    }
  }
}

/** Whether a path is one without parameters, or begins like one that ends in `*`. */
function ownPathRule(paths: readonly string[]): Entrance['isOwnPath'] {
  const whole = new Set(paths)
  const prefixes = paths.flatMap((path) => (/^[^{]*\/\*$/.test(path) ? path.slice(0, -1) : []))
  return (path) => whole.has(path) || prefixes.some((prefix) => path.startsWith(prefix))
}

/** Refuses a request that no route takes: with a page in a browser, otherwise in the format of the group that the request belongs to. */
async function unroutedRefusal(
  { context, groups }: Pick<ListenerOptions, 'context' | 'groups'>,
  asked: HttpRequest,
  failure: Failure,
): Promise<HttpReply> {
  const group = meantBy(groupsUnder(groups, asked.path), asked)
  return (
    (await unknownAddressPage(asked, failure)) ??
    (group ? group.refuse(context, asked, failure) : plainRefusal(atNoPath(failure)))
  )
}

function repeatedHeaderFailure(request: IncomingMessage): Failure | undefined {
  const name = repeatedHeader(request)
  return name === undefined ? undefined : new Failure('invalid_request', `Send one ${name} header.`)
}

// Where no group knows the path, the failure says so.
function atNoPath(failure: Failure): Failure {
  return failure.code === 'not_found' ? new Failure('not_found', 'There is nothing at this path.') : failure
}

/** Has every request that the router answers logged and measured. */
function addRecord(app: Listener, { name, context, proxies }: ListenerOptions): void {
  app.addHook('onResponse', (request, reply, done) => {
    recordRequest(context.telemetry, {
      listener: name,
      id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? UNKNOWN_ROUTE,
      path: pathOf(request.url),
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
      ip: proxies.clientAddress(request.raw),
    })
    done()
  })
}

interface RouterWays {
  readonly send: SendByRouter
  readonly read: (request: FastifyRequest, reply: FastifyReply) => HttpRequest
}

/** Mounts each route. If several groups have the same method and path, the credential of the request decides. */
function mount(app: Listener, { groups, context }: ListenerOptions, { send, read }: RouterWays): void {
  const candidates = new Map<string, Map<RouteGroup, ServedRoute>>()
  for (const group of groups) {
    for (const route of group.routes) {
      for (const method of route.methods) {
        const key = `${method} ${patternOf(route)}`
        candidates.set(key, (candidates.get(key) ?? new Map()).set(group, route))
      }
    }
  }
  for (const [key, routes] of candidates) {
    const [method = '', url = ''] = key.split(' ')
    const routeFor = (asked: HttpRequest) => routes.get(meantBy([...routes.keys()], asked) as RouteGroup) as ServedRoute
    const limits = [...routes.values()].flatMap(({ bodyMax }) => bodyMax ?? [])
    const streams = [...routes.values()].some((route) => route.streams)
    const handle = async (request: FastifyRequest, reply: FastifyReply) => {
      const asked = read(request, reply)
      const answer = await routeFor(asked).respond(context, asked)
      if (!answer.forward) return send(request, reply, answer)
      reply.hijack()
      const failure = await passOn(context, request.raw, reply.raw, answer.forward)
      if (failure) send(request, reply, await routeFor(asked).refuse(context, asked, failure))
    }
    route(app, streams, {
      method,
      url,
      ...(limits.length > 0 && { bodyLimit: Math.max(...limits) }),
      handler: handle,
      errorHandler: async (error, request, reply) => {
        const asked = read(request, reply)
        const failure = toFailure(error, context.telemetry.log, request.id)
        send(request, keepOpen(reply, error), await routeFor(asked).refuse(context, asked, failure))
      },
    })
  }
}

/** Adds a route; one that streams gets its body unread. */
function route(app: Listener, streams: boolean, options: RouteOptions): void {
  if (!streams) {
    app.route(options)
    return
  }
  app.register((part, _options, registered) => {
    part.removeAllContentTypeParsers()
    part.addContentTypeParser('*', (_request, _body, done) => done(null))
    part.route(options)
    registered()
  })
}

/** The group that a request belongs to; the first group if none claims it. */
function meantBy(groups: readonly RouteGroup[], request: HttpRequest): RouteGroup | undefined {
  return groups.length < 2 ? groups[0] : (groups.find(({ isMeant }) => isMeant?.(request)) ?? groups[0])
}

function groupsUnder(groups: readonly RouteGroup[], path: string): readonly RouteGroup[] {
  return groups.filter(({ prefixes }) => prefixes.some((prefix) => new RegExp(`^${regexOf(prefix)}(/|$)`).test(path)))
}

/** The methods of each path, to answer 405: a route for each other method would make four times the routes. */
function methodsByPath(groups: readonly RouteGroup[]) {
  const paths = new Map<string, { methods: Set<string>; groups: Set<RouteGroup> }>()
  for (const group of groups) {
    for (const { path, methods } of group.routes) {
      const known = paths.get(path) ?? { methods: new Set(), groups: new Set() }
      for (const method of methods) known.methods.add(method)
      known.groups.add(group)
      paths.set(path, known)
    }
  }
  return [...paths].map(([path, known]) => ({
    pattern: new RegExp(`^${regexOf(path)}$`),
    // What is served by GET is served by HEAD (RFC 9110 §9.3.2).
    methods: [...known.methods].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])),
    groups: [...known.groups],
  }))
}

function regexOf(path: string): string {
  return path
    .replaceAll('.', '\\.')
    .replace(/\{\w+\}/g, '[^/]+')
    .replace(/\*$/, '.+')
}

/**
 * Keeps the connection of a body that was too long: node:http reads the rest and drops it. A caller that is still sending
 * would otherwise see a broken connection instead of the reply.
 */
function keepOpen(reply: FastifyReply, error: unknown): FastifyReply {
  const isTooLong = (error as { code?: unknown }).code === 'FST_ERR_CTP_BODY_TOO_LARGE'
  return isTooLong ? reply.removeHeader('connection') : reply
}

/** A part of a listener that is mounted when first asked for. */
interface LazyPart {
  readonly under: RegExp
  readonly open: () => Promise<Listener>
}

function lazyPart(options: ListenerOptions, { prefixes, load }: LazyRoutes): LazyPart {
  const patterns = prefixes.map((prefix) => prefix.replace(/\{\w+\}/g, '[^/?]+'))
  let opening: Promise<Listener> | undefined
  const open = async () => {
    const { lazy: _, ...own } = options
    const app = openListener({ ...own, groups: await load() })
    await app.ready()
    return app
  }
  return {
    under: new RegExp(`^(?:${patterns.join('|')})(?:[/?]|$)`),
    open: () =>
      (opening ??= open().catch((error) => {
        // A failure may pass, such as one to open another file: the next request tries again.
        opening = undefined
        throw error
      })),
  }
}

async function enter(
  { open }: LazyPart,
  { telemetry: { log } }: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const app = await open()
    app.routing(request, response)
  } catch (error) {
    log.error('A part of the listener could not be mounted.', error)
    response.writeHead(500, { connection: 'close' }).end()
  }
}

function noCompiler(): never {
  throw new Error('Routes have no schemas of Fastify.')
}
