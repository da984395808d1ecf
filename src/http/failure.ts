// Owns how whatever is thrown while a request is answered becomes a failure.
import { Failure } from '#kernel/error.ts'
import type { Log } from '#outside/log.ts'

/** Fastify's error codes for bodies and addresses that cannot be read. */
const MALFORMED = /^FST_ERR_(CTP_|BAD_URL$)/

/** Turns a thrown value into a failure. An unexpected one is logged, and the caller learns nothing about it. */
export function toFailure(error: unknown, log: Log, requestId: string): Failure {
  if (error instanceof Failure) return error
  const code = (error as { code?: unknown } | null)?.code
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Failure('payload_too_large')
  if (code === 'FST_ERR_MAX_PARAM_LENGTH') return new Failure('not_found')
  if (typeof code === 'string' && MALFORMED.test(code)) return new Failure('invalid_request')
  // A caller that disconnects is no defect, and must not be able to fill the log.
  if (code === 'ECONNRESET' && (error as Error).message === 'aborted') {
    return new Failure('invalid_request', 'The request broke off.')
  }
  log.error('A request failed unexpectedly.', error, { requestId })
  return new Failure('server_error')
}
