// Sends requests to addresses that other people chose, and reads what they answer.
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { Answered } from '#domain/outside.ts'

const MOST_BYTES = 64 * 1024

/** What is sent, and the milliseconds until the end of the response. */
interface Sent {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly timeout: number
}

/**
 * The response to a request, whatever its status.
 * @param open as the HTTP client opens requests
 * @throws Error for no response, one that is larger than 64 KiB, late, encoded or not UTF-8
 */
export function answerTo(
  url: URL,
  { headers, body, timeout }: Sent,
  open: (url: URL, special: RequestOptions) => (answer: (response: IncomingMessage) => void) => ClientRequest,
): Promise<Answered> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const special: RequestOptions = {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...length },
    signal: AbortSignal.timeout(timeout),
  }
  return new Promise((resolve, reject) => {
    const request = open(
      url,
      special,
    )((response) => {
      const refuse = (error: Error) => {
        reject(error)
        request.destroy()
      }
      if ((response.headers['content-encoding'] ?? 'identity') !== 'identity')
        return refuse(new Error('an encoded body'))
      const pieces: Buffer[] = []
      let size = 0
      response.on('data', (piece: Buffer) => {
        size += piece.length
        if (size > MOST_BYTES) refuse(new Error('a body that is too large'))
        else pieces.push(piece)
      })
      response.on('error', reject)
      response.on('end', () => {
        try {
          const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))
          const mediaType = (response.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
          resolve({ status: response.statusCode ?? 0, mediaType, body: text })
        } catch (error) {
          reject(error)
        }
      })
    })
    request.on('error', reject)
    request.on('upgrade', () => request.destroy(new Error('the host switched protocols')))
    request.end(body)
  })
}
