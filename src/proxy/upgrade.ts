// Passes WebSocket connections (RFC 6455) on: the caller is checked before anything reaches the upstream.
import { type ClientRequest, request as httpRequest, type IncomingMessage, STATUS_CODES } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { stopwatch } from '#outside/stopwatch.ts'
import type { Breaker } from './breaker.ts'
import { type OwnReply, ownReply } from './denial.ts'
import { bodyOf } from './forward.ts'
import { type Passage, pass } from './gate.ts'
import { type Arrived, arrive, failed, flawOf, type HandlerParts, responseHead, upstreamHeaders } from './handler.ts'
import { responseHeaders } from './hop-by-hop.ts'

const HANDSHAKE_TIMEOUT = 10_000
/** How long a connection without any data is kept, in milliseconds. Servers and browsers send pings. */
const IDLE_TIMEOUT = 3_600_000

/** Handles a request to switch protocols. It does not throw. */
export async function handleUpgrade(
  parts: HandlerParts,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // Without a listener, an error of the connection would end the process.
  socket.on('error', () => socket.destroy())
  try {
    const refused = await upgrade(parts, request, socket as Socket, head)
    if (refused) refuse(socket, refused)
  } catch (error) {
    refuse(socket, failed(parts, error))
  }
}

async function upgrade(
  parts: HandlerParts,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<OwnReply | undefined> {
  const flaw = flawOf(parts, request)
  if (flaw) return flaw
  const { method = '', headers } = request
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket' || bodyOf(request) !== undefined) {
    return ownReply(400, 'invalid_request', 'Only WebSocket connections are passed on (RFC 6455 §4.1).')
  }
  const arrived = await arrive(parts, request)
  if ('status' in arrived) return arrived
  const { placed, url } = arrived
  const passage = await pass(parts, placed, { ...arrived, url, method, headers })
  if (passage.denied) return passage.denied
  // A page of another origin could open it with the cookies of the person (RFC 6455 §10.2).
  if (passage.identified.by === 'session' && headers.origin !== placed.site.publicUrl) {
    return ownReply(403, 'access_denied', 'The connection was opened by a page of another origin.')
  }
  const breaker = parts.health.ofSite(placed.site)
  if (!breaker.admit()) {
    parts.figures.site(placed.proxied).failed += 1
    return ownReply(503, 'upstream_unavailable', 'The application does not answer at the moment.')
  }
  try {
    const sent = await upstreamHeaders(parts, { arrived, passage, request })
    sent.push('Connection', 'Upgrade', 'Upgrade', 'websocket')
    const opened = open(parts, arrived, `${passage.target.path}${passage.target.query}`, sent)
    return await connect({ parts, arrived, passage, breaker, socket, head }, opened)
  } catch (error) {
    breaker.gaveUp()
    throw error
  }
}

interface Handshake {
  readonly parts: HandlerParts
  readonly arrived: Arrived
  readonly passage: Passage
  readonly breaker: Breaker
  readonly socket: Socket
  /** What the client sent behind the head of its request. */
  readonly head: Buffer
}

/** Waits for the answer of the upstream. @returns the reply of the proxy where there is none */
function connect(handshake: Handshake, opened: ClientRequest): Promise<OwnReply | undefined> {
  const { parts, arrived, breaker, socket, head } = handshake
  const took = stopwatch()
  return new Promise((resolve) => {
    socket.once('close', () => opened.destroy())
    opened.once('upgrade', (response, upstream, rest) => {
      breaker.succeeded(101, took())
      join(socket, head, { response, told: headText(handshake, 101, response), upstream: upstream as Socket, rest })
      resolve(undefined)
    })
    opened.once('response', (response) => {
      breaker.succeeded(response.statusCode ?? 0, took())
      passOn(socket, response, headText(handshake, response.statusCode ?? 502, response))
      resolve(undefined)
    })
    opened.once('error', () => {
      if (socket.destroyed) breaker.gaveUp()
      else {
        breaker.failed(0, took())
        parts.figures.site(arrived.placed.proxied).failed += 1
      }
      resolve(ownReply(502, 'upstream_failed', 'The application could not be reached.'))
    })
    opened.end()
  })
}

function open({ upstreams }: HandlerParts, { placed }: Arrived, path: string, headers: string[]): ClientRequest {
  const { upstream } = placed.site
  upstreams.check(upstream)
  const lookup = upstreams.lookup(upstream)
  const options = {
    ...{ method: 'GET', path, headers, agent: false, timeout: HANDSHAKE_TIMEOUT, setHost: false },
    ...(lookup && { lookup }),
  }
  const opened = upstream.startsWith('https:') ? httpsRequest(upstream, options) : httpRequest(upstream, options)
  opened.once('timeout', () => opened.destroy(new Error('The handshake took too long.')))
  return opened
}

interface Switched {
  readonly response: IncomingMessage
  /** The head of the response for the client. */
  readonly told: string
  readonly upstream: Socket
  /** What the upstream sent behind the head of its response. */
  readonly rest: Buffer
}

/** Connects both ends. When one closes, so does the other. */
function join(socket: Socket, head: Buffer, { response, told, upstream, rest }: Switched): void {
  socket.write(`${told}Connection: Upgrade\r\nUpgrade: ${response.headers.upgrade ?? 'websocket'}\r\n\r\n`)
  if (rest.length > 0) socket.write(rest)
  if (head.length > 0) upstream.write(head)
  for (const end of [socket, upstream]) {
    end.setTimeout(IDLE_TIMEOUT, () => end.destroy())
    end.setNoDelay(true)
  }
  upstream.on('error', () => socket.destroy())
  upstream.once('close', () => socket.destroy())
  socket.once('close', () => upstream.destroy())
  socket.pipe(upstream)
  upstream.pipe(socket)
}

/** The upstream did not switch: its answer goes to the client, and the connection ends. */
function passOn(socket: Socket, response: IncomingMessage, told: string): void {
  socket.write(`${told}Connection: close\r\n\r\n`)
  response.pipe(socket)
  response.on('error', () => socket.destroy())
}

function headText(
  { parts, arrived, passage }: Pick<Handshake, 'parts' | 'arrived' | 'passage'>,
  status: number,
  response: IncomingMessage,
): string {
  const plain = { status, headers: responseHeaders(response.headers) }
  const { headers } = responseHead(parts, { arrived, passage }, plain)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${linesOf(headers)}`
}

function linesOf(headers: OwnReply['headers']): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((each) => `${name}: ${each}\r\n`))
  return lines.join('')
}

function refuse(socket: Duplex, { status, headers, body }: OwnReply): void {
  if (socket.destroyed) return
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${linesOf(headers)}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
