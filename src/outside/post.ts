// Posts text to addresses that other people chose.
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { PostError, PostOptions, PostOutcome } from '#domain/outside.ts'
import type { Budget } from './outbound-budget.ts'

/** The number of bytes that are read from the body of a response; a longer response is closed. */
const MOST_ANSWER_BYTES = 16 * 1024

/** The parts of the HTTP client that a post needs. */
export interface PostParts {
  /** @throws Failure if the address is not allowed */
  readonly check: (address: string) => URL
  readonly budget: Budget
  readonly open: (url: URL, special: RequestOptions) => (answer: (response: IncomingMessage) => void) => ClientRequest
  readonly report: (host: string, reason: string) => void
}

/**
 * Posts a text and returns the status of the response, or the error. Redirects are not followed. After the status, an
 * incomplete body is not an error.
 */
export async function postTo(address: string, message: PostOptions, parts: PostParts): Promise<PostOutcome> {
  const startedAt = performance.now()
  const outcome = (result: { status: number; error: null } | { status: null; error: PostError }): PostOutcome => ({
    ...result,
    milliseconds: Math.round(performance.now() - startedAt),
  })
  let url: URL
  try {
    url = parts.check(address)
  } catch {
    return outcome({ status: null, error: 'refused' })
  }
  try {
    const status = await parts.budget({ tenantId: message.tenantId, host: url.host }, () =>
      statusOf(url, message, parts.open),
    )
    return outcome({ status, error: null })
  } catch (error) {
    if (message.signal?.aborted) return outcome({ status: null, error: 'aborted' })
    const kind = kindOf(error)
    parts.report(url.host, kind === 'timeout' ? 'timeout' : reasonOf(error))
    return outcome({ status: null, error: kind })
  }
}

function statusOf(url: URL, { headers, body, timeout, signal }: PostOptions, open: PostParts['open']): Promise<number> {
  const deadline = AbortSignal.timeout(timeout)
  const special: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': String(new TextEncoder().encode(body).length) },
    signal: signal ? AbortSignal.any([deadline, signal]) : deadline,
  }
  return new Promise((resolve, reject) => {
    let answered = false
    const request = open(
      url,
      special,
    )((response) => {
      const status = response.statusCode ?? 0
      answered = true
      // The status is known, so the end of the connection is not an error.
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
