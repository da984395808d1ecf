// Forwards one request to an upstream and its response back, piece by piece: no body is ever held as a whole.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { responseHeaders } from './hop-by-hop.ts'

/** The head of a response. Names are in lower case. */
export interface ResponseHead {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
}

/** What is sent where, and what of the response goes back. */
export interface Forwarding {
  /** The pool of connections to the upstream. */
  readonly upstream: Pick<Dispatcher, 'dispatch'>
  readonly method: string
  /** The request target in origin form (RFC 9112 §3.2.1), as it is sent. */
  readonly path: string
  /** All headers that are sent, names and values in turns, with `host`; none about this connection, see `endToEnd`. */
  readonly headers: readonly string[]
  /** The body; undefined for none, see {@link bodyOf}. */
  readonly body: Readable | undefined
  /** The most bytes of the body; unlimited by default. */
  readonly requestMax?: number
  /** The most bytes of the response’s body; unlimited by default. */
  readonly responseMax?: number
  /** Milliseconds until the head of the response must be there. */
  readonly headersTimeout: number
  /** Milliseconds between two pieces of the response’s body. */
  readonly bodyTimeout: number
  /** Changes the head of the response. Its headers are without those about the upstream’s connection. */
  readonly head?: (head: ResponseHead) => ResponseHead
}

/** What was forwarded. */
export interface Forwarded {
  readonly status: number
  readonly requestBytes: number
  readonly responseBytes: number
  /** Whether the whole response went to the client. */
  readonly complete: boolean
}

/** Why there is no response. `client`: the client went away; `too_large`: the request’s body has more than its limit. */
export type UpstreamProblem = 'unreachable' | 'timeout' | 'invalid' | 'client' | 'too_large'

/** The upstream gave no response; nothing was sent to the client yet. */
export class UpstreamFailure extends Error {
  readonly problem: UpstreamProblem

  constructor(problem: UpstreamProblem, cause: unknown) {
    super(`The upstream gave no response: ${problem}.`, { cause })
    this.problem = problem
  }
}

/** The body of a request; undefined where it has none (RFC 9112 §6.3). */
export function bodyOf(request: IncomingMessage): Readable | undefined {
  const { headers } = request
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
  return hasBody ? request : undefined
}

/**
 * Forwards a request. It resolves when the response was passed on, or broke off on its way.
 * @throws UpstreamFailure where nothing was sent to the client, so that the caller can answer
 */
export async function forward(response: ServerResponse, forwarding: Forwarding): Promise<Forwarded> {
  const mayRepeat = forwarding.body === undefined && (forwarding.method === 'GET' || forwarding.method === 'HEAD')
  try {
    return await new Exchange(response, forwarding).run()
  } catch (error) {
    // An idle connection may be closed by the upstream at the moment of its next use.
    const isReset = error instanceof UpstreamFailure && codeOf(error.cause) === 'UND_ERR_SOCKET'
    if (!isReset || !mayRepeat || response.destroyed) throw error
    return new Exchange(response, forwarding).run()
  }
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse
  readonly #forwarding: Forwarding
  readonly #outcome = Promise.withResolvers<Forwarded>()
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #requestBytes = 0
  #responseBytes = 0
  #tooLarge = false
  #gone = false

  constructor(response: ServerResponse, forwarding: Forwarding) {
    this.#response = response
    this.#forwarding = forwarding
  }

  run(): Promise<Forwarded> {
    const { upstream, method, path, headers, headersTimeout, bodyTimeout } = this.#forwarding
    if (this.#response.destroyed) return Promise.reject(new UpstreamFailure('client', undefined))
    this.#response.once('close', this.#onClose)
    const body = this.#countedBody()
    try {
      upstream.dispatch(
        { method, path, headers: headers as string[], body: body ?? null, headersTimeout, bodyTimeout },
        this,
      )
    } catch (error) {
      this.onResponseError(undefined, error as Error)
    }
    return this.#outcome.promise
  }

  /** undici destroys a body that it cannot send to its end. The client’s connection must outlive that, for the answer. */
  #countedBody(): Readable | undefined {
    const { body, requestMax = Number.POSITIVE_INFINITY } = this.#forwarding
    if (!body) return undefined
    const through = new PassThrough()
    body.on('data', (piece: Buffer) => {
      this.#requestBytes += piece.length
      if (this.#requestBytes <= requestMax) return
      this.#tooLarge = true
      through.destroy(new Error('The body is too large.'))
    })
    body.once('error', (error) => through.destroy(error))
    body.once('close', () => {
      if (!body.readableEnded) through.destroy(new Error('The client went away.'))
    })
    through.once('close', () => {
      body.unpipe(through)
      // What the client still sends is read and dropped, so that it reads the answer.
      body.resume()
    })
    // Who destroyed it knows the error.
    through.on('error', () => {})
    return body.pipe(through)
  }

  readonly #onClose = () => {
    if (this.#response.writableFinished) return
    this.#gone = true
    this.#controller?.abort(new Error('The client went away.'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#gone) controller.abort(new Error('The client went away.'))
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // Interim responses (RFC 9110 §15.2) are for this connection’s optimisation only.
    if (status < 200) return
    const response = this.#response
    const plain: ResponseHead = { status, headers: responseHeaders(headers) }
    const head = this.#forwarding.head?.(plain) ?? plain
    this.#status = head.status
    response.writeHead(head.status, head.headers)
    response.on('drain', () => controller.resume())
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    const { responseMax = Number.POSITIVE_INFINITY } = this.#forwarding
    this.#responseBytes += piece.length
    if (this.#responseBytes > responseMax) return controller.abort(new Error('The response is too large.'))
    if (!this.#response.write(piece)) controller.pause()
  }

  onResponseEnd(): void {
    this.#response.off('close', this.#onClose)
    this.#response.end()
    this.#settle(true)
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#response.off('close', this.#onClose)
    if (this.#response.headersSent) {
      // The client must not take what it has for the whole (RFC 9112 §8).
      this.#response.destroy()
      return this.#settle(false)
    }
    this.#outcome.reject(new UpstreamFailure(this.#problemOf(error), error))
  }

  #settle(complete: boolean): void {
    const [requestBytes, responseBytes] = [this.#requestBytes, this.#responseBytes]
    this.#outcome.resolve({ status: this.#status, requestBytes, responseBytes, complete })
  }

  #problemOf(error: Error): UpstreamProblem {
    if (this.#tooLarge) return 'too_large'
    if (this.#gone || this.#response.destroyed) return 'client'
    const code = codeOf(error)
    if (TIMEOUTS.has(code)) return 'timeout'
    return error.name === 'HTTPParserError' || INVALID.test(code) ? 'invalid' : 'unreachable'
  }
}

const TIMEOUTS: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
])
const INVALID = /^(HPE_|UND_ERR_INVALID|UND_ERR_RES|UND_ERR_HEADERS_OVERFLOW|ERR_)/

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code ?? '')
}
