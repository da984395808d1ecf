// Owns the way past the router for paths that programs ask for many times a second: there the router and its hooks cost
// as much as the work. Only plain requests go this way; the router answers everything unusual.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Failure } from '#kernel/error.ts'
import type { ProxyRule } from '../proxies.ts'
import { type HttpReply, sendReply } from '../reply.ts'
import { BODY_MAX, type HttpRequest, httpRequest, pathOf, repeatedHeader } from '../request.ts'
import type { HttpContext, RouteGroup, ServedRoute } from '../route.ts'
import { recordRequest } from '../telemetry.ts'
import { RequestBatch } from './request-batch.ts'
import { type Match, RouteTable } from './route-table.ts'

/** What the fast path shares with its listener. */
export interface FastPathOptions {
  readonly name: string
  readonly context: HttpContext
  readonly proxies: ProxyRule
  readonly groups: readonly RouteGroup[]
  readonly nextId: () => string
  readonly isListening: () => boolean
}

/** The fast path of one listener. */
export class FastPath {
  readonly #options: FastPathOptions
  readonly #routes: RouteTable
  readonly #batch: RequestBatch

  constructor(options: FastPathOptions) {
    this.#options = options
    this.#routes = new RouteTable(options.groups.flatMap(({ routes }) => routes.filter(({ fastPath }) => fastPath)))
    const { log } = options.context.telemetry
    this.#batch = new RequestBatch((error) => log.error('A request failed before its reply.', error))
  }

  /** @returns whether it answers the request; if not, it has not touched it */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const match = this.#routes.find(request.method ?? '', pathOf(request.url ?? ''))
    if (match === undefined || !isPlain(request, match.route)) return false
    this.#answer(match, request, response).catch((error) => {
      // Nothing awaits this promise: a rejection would end the process.
      this.#options.context.telemetry.log.error('A request failed before its reply.', error)
      response.destroy()
    })
    return true
  }

  async #answer({ route, pattern, params }: Match, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { name: listener, context, proxies, nextId, isListening } = this.#options
    const started = process.hrtime()
    const body = request.method === 'POST' ? await readBody(request) : undefined
    await this.#batch.joined()
    const id = nextId()
    const asked = httpRequest(request, response, proxies, {
      id,
      params,
      body: body instanceof Failure ? undefined : body,
    })
    const reply = await replyTo(context, route, asked, body)
    this.#batch.reply(response, () => {
      const { log } = context.telemetry
      const report = (error: unknown) => log.error('A reply was interrupted.', error, { requestId: id })
      sendReply(response, reply, { requestId: id, isListening: isListening(), report })
      const [seconds, nanoseconds] = process.hrtime(started)
      recordRequest(context.telemetry, {
        listener,
        id,
        method: asked.method,
        route: pattern,
        path: asked.path,
        status: reply.status,
        seconds: seconds + nanoseconds / 1e9,
        ip: asked.ip,
      })
    })
  }
}

/** Whether the fast path takes a request: a GET without a body, or a POST with one, and nothing that needs the router. */
function isPlain(request: IncomingMessage, { fastPath }: ServedRoute): boolean {
  const { method = '', headers } = request
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
  if (hasBody !== (method === 'POST') || headers.expect !== undefined) return false
  return fastPath?.(headers, method) === true && repeatedHeader(request) === undefined
}

function replyTo(
  context: HttpContext,
  route: ServedRoute,
  request: HttpRequest,
  body: Buffer | Failure | undefined,
): Promise<HttpReply> | HttpReply {
  return body instanceof Failure ? route.refuse(context, request, body) : route.respond(context, request)
}

/** Reads a body. One that is too long or breaks off is a failure; what is too long is read and dropped. */
function readBody(request: IncomingMessage): Promise<Buffer | Failure> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_MAX) {
    return Promise.resolve(new Failure('payload_too_large'))
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= BODY_MAX) chunks.push(chunk)
      else resolve(new Failure('payload_too_large'))
    })
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
    request.on('error', () => resolve(new Failure('invalid_request', 'The request broke off.')))
  })
}
