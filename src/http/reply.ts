// Owns the shape of a reply, and the one way in which a reply is written to a connection.

import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Failure } from '#kernel/error.ts'
import type { Forward } from '#web/realm-request.ts'

/** A reply as it is sent. A body that is iterated is sent piece by piece. */
export interface HttpReply {
  /** Set where the request is passed on: the reply is that of another server. */
  readonly forward?: Forward
  readonly status: number
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array>
}

export const JSON_TYPE = 'application/json; charset=utf-8'
export const HTML_TYPE = 'text/html; charset=utf-8'

/** A reply with JSON that must not be stored. */
export function jsonReply(status: number, body: unknown, headers: HttpReply['headers'] = {}): HttpReply {
  return {
    status,
    headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  }
}

/** A failure where no API defines its form. */
export function plainRefusal({ status, code, message }: Failure): HttpReply {
  return jsonReply(status, { error: code, error_description: message })
}

/** What {@link sendReply} needs besides the reply. */
export interface SendOptions {
  readonly requestId: string
  /** Whether the listener still accepts connections; once it stops, each connection ends with its reply. */
  readonly isListening: boolean
  /** Called if a body breaks off after its head was sent. */
  readonly report: (error: unknown) => void
}

/** Writes a reply. It does not throw; a connection whose reply breaks off is closed. */
export function sendReply(
  response: ServerResponse,
  { status, headers, body = '' }: HttpReply,
  { requestId, isListening, report }: SendOptions,
): void {
  if (!isListening) response.shouldKeepAlive = false
  const lines: string[] = ['x-request-id', requestId, 'x-content-type-options', 'nosniff']
  for (const name in headers) {
    const value = headers[name]
    // Pages say it themselves, too.
    if (name === 'x-content-type-options') continue
    if (typeof value === 'string') lines.push(name, value)
    else if (value !== undefined) for (const one of value) lines.push(name, one)
  }
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    response.writeHead(status, lines)
    sendPieces(response, body).catch((error) => {
      if (!response.destroyed) report(error)
      response.destroy()
    })
    return
  }
  if (status !== 204 && status !== 304) lines.push('content-length', String(Buffer.byteLength(body)))
  response.writeHead(status, lines)
  response.end(body)
}

async function sendPieces(response: ServerResponse, pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  if (response.req.method === 'HEAD') {
    response.end()
    await pieces[Symbol.asyncIterator]().return?.()
    return
  }
  response.flushHeaders()
  await pipeline(Readable.from(pieces), response)
}
