import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { PostError, PostOptions, PostOutcome } from '#domain/outside.ts'
import type { Gate } from './gate.ts'

/** What of an answer's body is read, so that whoever sends a short one is not cut off. */
const MOST_ANSWER_BYTES = 16 * 1024

/** The guarded client's parts that a post needs. */
export interface PostParts {
  /** @throws Failure where the address may not be contacted */
  readonly check: (address: string) => URL
  readonly gate: Gate
  readonly open: (url: URL, special: RequestOptions) => (answer: (response: IncomingMessage) => void) => ClientRequest
  readonly report: (host: string, reason: string) => void
}

/**
 * Posts a text and tells what status came back, or why none did. Redirects are answers like others. A body that does not
 * end does not matter once the status is there.
 */
export async function postTo(address: string, message: PostOptions, parts: PostParts): Promise<PostOutcome> {
  const begun = performance.now()
  const outcome = (result: { status: number; error: null } | { status: null; error: PostError }): PostOutcome => ({
    ...result,
    milliseconds: Math.round(performance.now() - begun),
  })
  let url: URL
  try {
    url = parts.check(address)
  } catch {
    return outcome({ status: null, error: 'refused' })
  }
  try {
    const status = await parts.gate(() => statusOf(url, message, parts.open))
    return outcome({ status, error: null })
  } catch (error) {
    if (message.signal?.aborted) return outcome({ status: null, error: 'aborted' })
    const kind = kindOf(error)
    parts.report(url.host, kind === 'timeout' ? 'timeout' : reasonOf(error))
    return outcome({ status: null, error: kind })
  }
}

function statusOf(url: URL, { headers, body, timeout, signal }: PostOptions, open: PostParts['open']): Promise<number> {
  const patience = AbortSignal.timeout(timeout)
  const special: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': String(new TextEncoder().encode(body).length) },
    signal: signal ? AbortSignal.any([patience, signal]) : patience,
  }
  return new Promise((resolve, reject) => {
    let answered = false
    const request = open(
      url,
      special,
    )((response) => {
      const status = response.statusCode ?? 0
      answered = true
      // Whatever ends the body ends the wait for it; the status is what it is.
      request.once('close', () => resolve(status))
      let size = 0
      response.on('data', (piece: Uint8Array) => {
        size += piece.length
        if (size <= MOST_ANSWER_BYTES) return
        resolve(status)
        request.destroy()
      })
      response.on('error', () => resolve(status))
      response.on('end', () => resolve(status))
    })
    request.on('error', (error) => {
      if (!answered) reject(error)
    })
    request.on('upgrade', () => request.destroy(new Error('the host switched protocols')))
    request.end(body)
  })
}

function kindOf(error: unknown): PostError {
  const { name, code = '' } = error as NodeJS.ErrnoException
  if (name === 'TimeoutError' || code === 'ABORT_ERR') return 'timeout'
  return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_|EPROTO/.test(code) ? 'tls' : 'unreachable'
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  return code ?? (error instanceof Error ? error.message : String(error))
}
