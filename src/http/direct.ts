// What programs ask for many times a second is served straight from node:http: the router and its hooks cost as much as
// the work. Only plain requests go this way; whatever is unusual about one is the router's, and answered there.
import type { IncomingMessage, ServerResponse } from 'node:http'
import proxyAddr from '@fastify/proxy-addr'
import type { House } from '#domain/open-context.ts'
import type { Endpoint, RealmReply } from '#domain/realm-request.ts'
import { Failure } from '#kernel/error.ts'
import { isForm } from './form.ts'
import { BODY_MAX, type DirectWay, hasTwoCredentials, originOf, type Watchers } from './listener.ts'
import { type Arrival, answerRealm, refuseUnread } from './realm-answer.ts'

const IN_PATH = '/realms/'
const ISSUER_ID = /^[a-z0-9]{1,64}$/

/** A request that goes this way: its endpoint, and what the address says besides. */
interface Target {
  readonly endpoint: Endpoint
  readonly route: string
  readonly path: string
  readonly query: string
  readonly issuerId: string | undefined
}

/** Serves those endpoints that are meant for it. */
export function directlyFor(
  house: House,
  endpoints: readonly Endpoint[],
  watchers: Watchers,
): NonNullable<DirectWay['serve']> {
  const byPath = new Map<string, Endpoint>()
  for (const endpoint of endpoints) {
    if (endpoint.direct) for (const path of endpoint.paths) byPath.set(path, endpoint)
  }
  return (request, response, way) => {
    const target = targetOf(byPath, request)
    if (target === undefined) return false
    serve(house, watchers, way, target, request, response).catch((error) => {
      // Nobody waits for this promise: a rejection would end the process.
      watchers.log.error('A request could not be answered.', error)
      response.destroy()
    })
    return true
  }
}

async function serve(
  house: House,
  watchers: Watchers,
  way: DirectWay,
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const started = process.hrtime()
  const body = request.method === 'POST' ? await bodyOf(request) : undefined
  await way.turns.gathered()
  const arrival = arrivalOf(request, way, target, body)
  const reply = await replyOf(house, watchers, request, target, arrival, body)
  // A server that stops takes no further request, and says so.
  if (!way.isOpen()) response.shouldKeepAlive = false
  way.turns.answer(response, () => {
    end(response, reply, arrival.origin.requestId)
    const [seconds, nanoseconds] = process.hrtime(started)
    tell(watchers, way, request, target, arrival, reply.status, seconds + nanoseconds / 1e9)
  })
}

function targetOf(byPath: ReadonlyMap<string, Endpoint>, { method, url = '', headers }: IncomingMessage) {
  const question = url.indexOf('?')
  const path = question < 0 ? url : url.slice(0, question)
  const inPath = path.startsWith(IN_PATH)
  const slash = inPath ? path.indexOf('/', IN_PATH.length) : 0
  const endpoint = byPath.get(inPath ? path.slice(slash) : path)
  if (!endpoint?.methods.includes(method as 'GET')) return undefined
  // A body of a GET is the router's to wonder about, and so is one that is not announced as it should be.
  const announced = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
  if (announced !== (method === 'POST') || headers.expect !== undefined) return undefined
  if (announced && !isForm(headers['content-type'])) return undefined
  const issuerId = inPath ? path.slice(IN_PATH.length, slash) : undefined
  if (issuerId !== undefined && !ISSUER_ID.test(issuerId)) return undefined
  const route = inPath ? `/realms/:issuer_id${path.slice(slash)}` : path
  return { endpoint, route, path, query: question < 0 ? '' : url.slice(question + 1), issuerId } satisfies Target
}

/** A body as it came; one that is too long, or that breaks off, is a failure. What is too long is read and forgotten. */
export function bodyOf(request: IncomingMessage): Promise<Buffer | Failure> {
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

function arrivalOf(
  request: IncomingMessage,
  way: DirectWay,
  { query, issuerId }: Target,
  body: Buffer | Failure | undefined,
): Arrival {
  const { headers, method = '' } = request
  return {
    method,
    issuerId,
    host: hostOf(request, way),
    query,
    headers,
    body: body instanceof Failure ? undefined : body,
    origin: originOf({ ip: addressOf(request, way), id: way.nextId(), headers }, 'protocol'),
  }
}

/** Who asks: the last address that no trusted proxy has. */
export function addressOf(request: IncomingMessage, { trusts }: DirectWay): string {
  return (trusts ? proxyAddr(request, trusts) : request.socket.remoteAddress) ?? ''
}

/** The host that was asked for; the last proxy's word for it where that is trusted. */
function hostOf({ headers, socket }: IncomingMessage, { trusts }: DirectWay): string {
  const forwarded = headers['x-forwarded-host']
  if (trusts && forwarded !== undefined && trusts(socket.remoteAddress ?? '', 0)) {
    const list = Array.isArray(forwarded) ? (forwarded.at(-1) ?? '') : forwarded
    return list.slice(list.lastIndexOf(',') + 1).trim()
  }
  return headers.host ?? ''
}

async function replyOf(
  house: House,
  { log, tracing }: Watchers,
  request: IncomingMessage,
  { endpoint, route }: Target,
  arrival: Arrival,
  body: Buffer | Failure | undefined,
): Promise<RealmReply> {
  if (body instanceof Failure) return refuseUnread(house, endpoint, arrival, body, log)
  if (hasTwoCredentials(request)) {
    return refuseUnread(house, endpoint, arrival, new Failure('invalid_request', 'Send one Authorization header.'), log)
  }
  return tracing.span(endpoint.name, { 'http.route': route }, () => answerRealm(house, endpoint, arrival, log))
}

function end(response: ServerResponse, { status, headers, body = '' }: RealmReply, id: string): void {
  const lines: (string | string[])[] = ['x-request-id', id, 'x-content-type-options', 'nosniff']
  for (const name in headers) lines.push(name, headers[name] as string | string[])
  lines.push('content-length', String(Buffer.byteLength(body)))
  response.writeHead(status, lines as string[])
  response.end(body)
}

function tell(
  { metrics, log }: Watchers,
  { name }: DirectWay,
  { method = '' }: IncomingMessage,
  { route, path }: Target,
  { origin: { ip, requestId } }: Arrival,
  status: number,
  seconds: number,
): void {
  metrics.request(method, route, status, seconds)
  log.request({ listener: name, id: requestId, method, route, path, status, seconds, ip: ip ?? '' })
}
