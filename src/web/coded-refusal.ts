// Failures of endpoints whose programs read `error`, `code` and `message`, as those of other servers have them.
import type { ErrorCode, Failure } from '#kernel/error.ts'
import type { RealmReply, RealmRequest } from './realm-request.ts'
import { errorUri, json } from './reply.ts'

/** The codes that programs know by other words. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'unauthorized',
  access_denied: 'forbidden',
  invalid_input: 'invalid_request',
  too_many_requests: 'rate_limited',
  server_error: 'internal_error',
}

/**
 * A failure as JSON with `error`, `code`, `message`, the page about it (`docs_url`) and `details`.
 * @param more the status, members and headers that are said otherwise
 */
export function refuseAsCoded(
  failure: Failure,
  { issuer, origin }: Pick<RealmRequest, 'issuer' | 'origin'>,
  more: {
    readonly status?: number
    readonly word?: string
    readonly members?: Readonly<Record<string, unknown>>
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): RealmReply {
  const { code, detail, message } = failure
  const word = more.word ?? WORDS[code] ?? code
  const page = errorUri(issuer, code, origin.requestId)
  const body = { error: word, code: word, message, ...(page !== undefined && { docs_url: page }), ...more.members }
  return json(more.status ?? failure.status, body, {
    ...(detail.retryAfter !== undefined && { 'retry-after': String(Math.ceil(detail.retryAfter)) }),
    ...(detail.dpopNonce !== undefined && { 'dpop-nonce': detail.dpopNonce }),
    ...more.headers,
  })
}
