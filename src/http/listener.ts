// What both listeners share: limits, request ids, one log line and one measurement per request, and bodies as bytes.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { compile } from '@fastify/proxy-addr'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Origin } from '#domain/context.ts'
import { Failure } from '#kernel/error.ts'
import type { Log } from '#outside/log.ts'
import type { Metrics } from '#outside/telemetry.ts'
import type { Tracing } from '#outside/tracing.ts'
import { Turns } from './turns.ts'

export type Listener = FastifyInstance

/** What a listener tells of its requests to. */
export interface Watchers {
  readonly log: Log
  readonly metrics: Metrics
  readonly tracing: Tracing
}

/** The longest body that is read, in bytes. */
export const BODY_MAX = 262_144
const NOWHERE = '(unknown)'
/** What Fastify says of bodies and addresses that cannot be read. */
const MALFORMED = /^FST_ERR_(CTP_|BAD_URL$)/

/**
 * @param name of the listener, for the log
 * @param trustedProxies networks whose X-Forwarded-* headers count
 */
export function openListener(name: string, watchers: Watchers, trustedProxies: readonly string[]): Listener {
  const prefix = Math.floor(process.hrtime()[1]).toString(36)
  let count = 0
  const nextId = () => `${prefix}-${(++count).toString(36)}`
  const way: DirectWay = {
    name,
    nextId,
    trusts: trustedProxies.length > 0 ? compile([...trustedProxies]) : undefined,
    isOpen: () => app.server.listening,
    turns: new Turns((error) => watchers.log.error('A request could not be answered.', error)),
    annexes: [],
  }
  const timeouts = { requestTimeout: 30_000, keepAliveTimeout: 72_000 }
  const app: Listener = Fastify({
    logger: false,
    bodyLimit: BODY_MAX,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    ...timeouts,
    serverFactory: (handler) =>
      createServer(timeouts, (request, response) => {
        toOriginForm(request)
        if (way.serve?.(request, response, way)) return
        const annex = way.annexes.find(({ under }) => under.test(request.url ?? ''))
        if (annex === undefined) handler(request, response)
        else void enter(annex, watchers, request, response)
      }),
    forceCloseConnections: 'idle',
    genReqId: nextId,
    routerOptions: { maxParamLength: 200 },
    // Bodies are checked and written here; without its own compilers Fastify loads a hundred modules less.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    frameworkErrors: (error, request, reply) =>
      refuseUnread(app, request, reply, toFailure(error, watchers.log, request.id)),
  })
  ways.set(app, way)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    done(hasTwoCredentials(request.raw) ? new Failure('invalid_request', 'Send one Authorization header.') : undefined)
  })
  app.setErrorHandler((error, request, reply) => {
    const failure = toFailure(error, watchers.log, request.id)
    return refuse(stayOpen(reply, failure), failure)
  })
  app.setNotFoundHandler((request, reply) => answerUnrouted(app, request, reply))
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? NOWHERE
    const seconds = reply.elapsedTime / 1000
    watchers.metrics.request(request.method, route, reply.statusCode, seconds)
    watchers.log.request({
      listener: name,
      id: request.id,
      method: request.method,
      route,
      path: pathOf(request),
      status: reply.statusCode,
      seconds,
      ip: request.ip,
    })
    done()
  })
  return app
}

/** A way past the router: what a listener serves straight from node:http. */
export interface DirectWay {
  readonly name: string
  readonly nextId: () => string
  /** Whether an address is a trusted proxy’s; undefined where none is. */
  readonly trusts: ((address: string, distance: number) => boolean) | undefined
  /** Whether the listener takes connections; not any more once it stops. */
  readonly isOpen: () => boolean
  readonly turns: Turns
  readonly annexes: Annex[]
  /** @returns whether the request was taken; one that was not goes on to the router, untouched */
  serve?: (request: IncomingMessage, response: ServerResponse, way: DirectWay) => boolean
}

const ways = new WeakMap<Listener, DirectWay>()

/** A part of a listener that is built when it is first asked for. */
export interface Annex {
  /** The addresses that it answers. */
  readonly under: RegExp
  /** Builds it, once. */
  readonly open: () => Promise<Listener>
}

/** Has a listener leave some addresses to a part that is built when the first of them is asked for. */
export function annex(app: Listener, part: Annex): void {
  ways.get(app)?.annexes.push(part)
}

/** A target may be a whole URL (RFC 9112 §3.2.2); what counts is where on this server it leads. */
function toOriginForm(request: IncomingMessage): void {
  const { url = '' } = request
  if (!/^https?:\/\//i.test(url)) return
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '')
  request.url = path.startsWith('/') ? path : `/${path}`
}

async function enter(
  { open }: Annex,
  { log }: Watchers,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const app = await open()
    app.routing(request, response)
  } catch (error) {
    log.error('A part of the listener could not be built.', error)
    response.writeHead(500, { connection: 'close' }).end()
  }
}

/** Has a listener offer every request to a function before its router sees it, after those that were given before. */
export function serveDirectly(app: Listener, serve: NonNullable<DirectWay['serve']>): void {
  const way = ways.get(app)
  if (!way) return
  const first = way.serve
  way.serve = first ? (...asked) => first(...asked) || serve(...asked) : serve
}

function noCompiler(): never {
  throw new Error('Routes here have no schemas of Fastify’s.')
}

/** Of two credentials node:http shows the first, while a proxy on the way may have looked at the other. */
export function hasTwoCredentials({ headers, rawHeaders }: IncomingMessage): boolean {
  if (headers.authorization === undefined) return false
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 'authorization'.length && name.toLowerCase() === 'authorization') count += 1
  }
  return count > 1
}

/**
 * Keeps the connection of a body that was too long: node:http reads the rest and forgets it. Were it closed on somebody
 * who is still sending, they would see a broken connection instead of the answer.
 */
export function stayOpen(reply: FastifyReply, { code }: Failure): FastifyReply {
  return code === 'payload_too_large' ? reply.removeHeader('connection') : reply
}

/** A failure where no endpoint has words of its own for it. */
function refuse(reply: FastifyReply, { status, code, message }: Failure): FastifyReply {
  return reply
    .code(status)
    .headers({ 'content-type': 'application/json', 'cache-control': 'no-store' })
    .send(JSON.stringify({ error: code, error_description: message }))
}

/** The path that was asked for. The query stays out: it may carry a code or a token. */
export function pathOf(request: FastifyRequest): string {
  const question = request.url.indexOf('?')
  return question < 0 ? request.url : request.url.slice(0, question)
}

/** The query as it was sent, without the question mark. */
export function queryOf(request: FastifyRequest): string {
  const question = request.url.indexOf('?')
  return question < 0 ? '' : request.url.slice(question + 1)
}

/** Where a request came from, for the event log. */
export function originOf(
  request: Pick<FastifyRequest, 'ip' | 'id'> & { readonly headers: IncomingMessage['headers'] },
  surface: string,
): Origin {
  const agent = request.headers['user-agent']
  return { ip: request.ip, userAgent: agent ? agent.slice(0, 300) : null, requestId: request.id, surface }
}

/** What was thrown, as a failure; a defect is logged and becomes one that says nothing. */
export function toFailure(error: unknown, log: Log, requestId: string): Failure {
  if (error instanceof Failure) return error
  const code = (error as { code?: unknown } | null)?.code
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Failure('payload_too_large')
  if (code === 'FST_ERR_MAX_PARAM_LENGTH') return new Failure('not_found')
  if (typeof code === 'string' && MALFORMED.test(code)) return new Failure('invalid_request')
  // Whoever hangs up in the middle is no defect, and nobody is to fill the log with such.
  if (code === 'ECONNRESET' && (error as Error).message === 'aborted') {
    return new Failure('invalid_request', 'The request broke off.')
  }
  log.error('A request failed for a reason that nobody foresaw.', error, { requestId })
  return new Failure('server_error')
}

interface Taken {
  readonly pattern: RegExp
  /** The methods that it takes; none where nothing is there. */
  readonly allow?: string
  readonly refuse: (failure: Failure, request: FastifyRequest, reply: FastifyReply) => FastifyReply
}

const takenPaths = new WeakMap<Listener, Taken[]>()

/**
 * Answers the methods that a path does not take with 405, in the path’s words. They are looked for once no route was
 * found: a route for each of them would be four times the routes.
 * @param paths each path’s methods
 */
export function refuseOtherMethods(
  app: Listener,
  paths: ReadonlyMap<string, ReadonlySet<string>>,
  refuse: Taken['refuse'],
): void {
  const taken = takenPaths.get(app) ?? []
  takenPaths.set(app, taken)
  for (const [url, methods] of paths) {
    const pattern = url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')
    taken.push({ pattern: new RegExp(`^${pattern}$`), allow: [...methods].join(', '), refuse })
  }
}

/** Answers what lies under a prefix, and that no route of the listener takes, in the words of whose prefix it is. */
export function refuseOthersUnder(app: Listener, prefix: string, refuse: Taken['refuse']): void {
  const taken = takenPaths.get(app) ?? []
  takenPaths.set(app, taken)
  taken.push({ pattern: new RegExp(`^${prefix}(/|$)`), refuse })
}

function answerUnrouted(app: Listener, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = pathOf(request)
  const taken = takenPaths.get(app)?.find(({ pattern }) => pattern.test(path))
  if (taken?.allow !== undefined) {
    return taken.refuse(new Failure('method_not_allowed'), request, reply.header('allow', taken.allow))
  }
  if (taken) return taken.refuse(new Failure('not_found'), request, reply)
  return refuse(reply, new Failure('not_found', 'There is nothing at this path.'))
}

// A path that is too long or not UTF-8 leads to no route, but lies somewhere.
function refuseUnread(app: Listener, request: FastifyRequest, reply: FastifyReply, failure: Failure): FastifyReply {
  const path = pathOf(request)
  const taken = takenPaths.get(app)?.find(({ pattern, allow }) => allow === undefined && pattern.test(path))
  return taken ? taken.refuse(failure, request, reply) : refuse(reply, failure)
}
