// What programs ask of the admin API many times a second is served straight from node:http, as what they ask of a realm
// is. Only plain requests go this way; whatever is unusual about one is the router's, and answered there.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Failure } from '#kernel/error.ts'
import { native } from '#surfaces/native/native.surface.ts'
import type { Route, Surface, WireReply } from '#surfaces/surface.ts'
import type { Admin } from './admin-listener.ts'
import { readJsonBody } from './body.ts'
import { addressOf, bodyOf } from './direct.ts'
import { dispatch } from './dispatch.ts'
import { type DirectWay, hasTwoCredentials, originOf, toFailure } from './listener.ts'

/** A row that is served this way, and where its path has parameters. */
interface DirectRow {
  readonly surface: Surface
  readonly route: Route
  /** As Fastify writes it, for the log. */
  readonly url: string
  readonly pattern: RegExp
  readonly names: readonly string[]
}

/** A request for one of them. */
interface Asked {
  readonly row: DirectRow
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly requestId: string
  readonly ip: string
}

/** Serves the POST rows whose operations are meant for it. */
export function rowsDirectly(admin: Pick<Admin, 'house' | 'doors' | 'watchers' | 'stopping'>) {
  const rows = native.routes.filter(isDirect).map((route) => directRow(native, route))
  const serve: NonNullable<DirectWay['serve']> = (request, response, way) => {
    if (!isPlain(request)) return false
    const path = request.url ?? ''
    for (const row of rows) {
      const found = row.pattern.exec(path)
      if (!found) continue
      const params = Object.fromEntries(row.names.map((name, index) => [name, found[index + 1] ?? '']))
      const asked = { row, path, params, requestId: way.nextId(), ip: addressOf(request, way) }
      answer(admin, way, asked, request, response).catch((error) => {
        // Nobody waits for this promise: a rejection would end the process.
        admin.watchers.log.error('A request could not be answered.', error)
        response.destroy()
      })
      return true
    }
    return false
  }
  return serve
}

function isDirect({ method, operation }: Route): boolean {
  return method === 'POST' && 'direct' in operation && operation.direct === true
}

function directRow(surface: Surface, route: Route): DirectRow {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const pattern = route.path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '([\\w~-]{1,200})')
  return { surface, route, names, url: route.path.replace(/\{(\w+)\}/g, ':$1'), pattern: new RegExp(`^${pattern}$`) }
}

/** A POST with a body of known length by no page of a browser, that is to be done as often as it is sent. */
function isPlain(request: IncomingMessage): boolean {
  const { method, headers } = request
  return (
    method === 'POST' &&
    headers['content-length'] !== undefined &&
    headers['transfer-encoding'] === undefined &&
    headers.expect === undefined &&
    headers.origin === undefined &&
    headers['idempotency-key'] === undefined &&
    !hasTwoCredentials(request)
  )
}

async function answer(
  admin: Parameters<typeof rowsDirectly>[0],
  way: DirectWay,
  asked: Asked,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const started = process.hrtime()
  const { row, path, requestId, ip } = asked
  const { metrics, log } = admin.watchers
  const bytes = await bodyOf(request)
  await way.turns.gathered()
  const reply = await replyOf(admin, asked, request, bytes)
  // A server that stops takes no further request, and says so.
  if (!way.isOpen()) response.shouldKeepAlive = false
  way.turns.answer(response, () => {
    end(response, reply, requestId)
    const [seconds, nanoseconds] = process.hrtime(started)
    const took = seconds + nanoseconds / 1e9
    metrics.request('POST', row.url, reply.status, took)
    log.request({
      listener: way.name,
      id: requestId,
      method: 'POST',
      route: row.url,
      path,
      status: reply.status,
      seconds: took,
      ip,
    })
  })
}

async function replyOf(
  { house, doors, watchers, stopping }: Parameters<typeof rowsDirectly>[0],
  { row: { surface, route, url }, path, params, requestId, ip }: Asked,
  { headers }: IncomingMessage,
  bytes: Buffer | Failure,
): Promise<WireReply> {
  try {
    if (bytes instanceof Failure) throw bytes
    const body = readJsonBody(headers['content-type'], bytes)
    const wireRequest = { method: 'POST', path, params, query: {}, headers, body }
    const origin = originOf({ ip, id: requestId, headers }, surface.name)
    const reply = await watchers.tracing.span(route.operation.name, { 'http.route': url }, () =>
      dispatch(house, doors, { surface, route }, wireRequest, origin, stopping),
    )
    return reply as WireReply
  } catch (error) {
    return surface.error(toFailure(error, watchers.log, requestId), { path, requestId })
  }
}

function end(response: ServerResponse, { status, headers, body }: WireReply, requestId: string): void {
  const text = body === undefined ? '' : JSON.stringify(body)
  response.writeHead(status, {
    'x-request-id': requestId,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    ...(body !== undefined && { 'content-type': 'application/json; charset=utf-8' }),
    ...headers,
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
