// The native surface: its routes, credentials and errors.
import { ADMIN_SCOPE } from '#domain/resource/platform-api.ts'
import type { ERRORS, Failure } from '#kernel/error.ts'
import { bearerOf, challengeOf } from '../bearer.ts'
import { ADMINISTRATORS, KEYS } from '../callers.ts'
import type { Surface, WireReply } from '../surface.ts'
import { nativeRoutes } from './native.routes.ts'

// In the words of RFC 6749 §5.2 and RFC 6750 §3.1, as SemAuth’s Admin API has them.
const WORDS: Partial<Record<keyof typeof ERRORS, string>> = {
  unauthenticated: 'invalid_token',
  forbidden: 'insufficient_scope',
  invalid_input: 'invalid_request',
  invalid_request: 'invalid_request',
}

function error(failure: Failure): WireReply {
  const { code, status, message, detail } = failure
  const word = WORDS[code] ?? code
  const flaws = detail.flaws?.map(({ path, message }) => ({ field: path, message }))
  return {
    status,
    headers: {
      ...((status === 401 || status === 403) && {
        'www-authenticate': challengeOf(failure, plainChallenge(failure, word)),
      }),
      ...(detail.retryAfter !== undefined && { 'retry-after': String(Math.ceil(detail.retryAfter)) }),
    },
    body: {
      error: word,
      error_description: message,
      ...(flaws?.length && { errors: flaws }),
    },
  }
}

// RFC 6750 §3. A token that lacks the scope lacks nothing else, so nothing else is said.
function plainChallenge({ code, status }: Failure, word: string): string {
  const needed = `error="${word}", scope="${ADMIN_SCOPE}"`
  if (code === 'insufficient_scope') return `Bearer ${needed}`
  return `Bearer realm="countersign", ${status === 401 ? needed : `error="${word}"`}`
}

/** Countersign’s own API: the superset, in SemAuth’s style. */
export const native: Surface = {
  name: 'native',
  title: 'Countersign Admin API',
  description:
    'Everything that can be administered. Send an API key as a bearer token, or an access token of your tenant’s admin realm with the scope management:full. Lists are pages of `data` and `next_cursor`; a change may carry `If-Match` with the ETag it was read with, a POST an `Idempotency-Key` so that it can be repeated safely.',
  authenticate: async (request, authenticators) => {
    const visitor = request.headers.authorization === undefined ? authenticators.consoleSession(request) : undefined
    if (visitor) return visitor
    const { token, isJwt } = bearerOf(request, 'Send an API key or an access token: Authorization: Bearer …')
    return isJwt ? authenticators.adminToken(token) : authenticators.apiKey(token)
  },
  callers: [...KEYS, ...Object.values(ADMINISTRATORS)],
  outOfReach: 'not_found',
  error,
  errorSchema: {
    type: 'object',
    required: ['error', 'error_description'],
    properties: {
      error: { type: 'string', description: 'A code.' },
      error_description: { type: 'string', description: 'A sentence.' },
      errors: {
        type: 'array',
        items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
      },
    },
  },
  routes: nativeRoutes,
}
