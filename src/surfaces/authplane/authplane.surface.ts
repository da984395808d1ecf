// The AuthPlane surface: its routes, credentials and errors.
import type { ERRORS, Failure } from '#kernel/error.ts'
import { bearerOf, challengeOf } from '../bearer.ts'
import { KEYS } from '../callers.ts'
import { arrayOf, INTEGER, objectOf, STRING } from '../dialect.ts'
import type { FailureContext, Surface, WireReply } from '../surface.ts'
import { auditRoutes } from './audit.routes.ts'
import { brokerRoutes } from './broker.routes.ts'
import { clientRoutes } from './client.routes.ts'
import { federationRoutes } from './federation.routes.ts'
import { frontingRoutes } from './fronting.routes.ts'
import { issuanceRoutes } from './issuance.routes.ts'
import { keyRoutes } from './key.routes.ts'
import { resourceRoutes } from './resource.routes.ts'
import { systemRoutes } from './system.routes.ts'
import { tokenRoutes } from './token.routes.ts'
import { userRoutes } from './user.routes.ts'

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

const WORDS: Partial<Record<keyof typeof ERRORS, string>> = {
  unauthenticated: 'unauthorized',
  invalid_token: 'unauthorized',
  forbidden: 'access_denied',
  invalid_input: 'invalid_request',
  already_exists: 'conflict',
  limit_reached: 'conflict',
  provider_in_use: 'access_denied',
  too_many_requests: 'slow_down',
}

// Problem details (RFC 9457), with the words of OAuth besides.
function error(failure: Failure, { path }: FailureContext): WireReply {
  const { code, message, detail } = failure
  // What others call a conflict is a refusal here (AuthPlane, “Common failure modes”).
  const status = code === 'provider_in_use' ? 403 : failure.status
  const flaws = detail.flaws ?? []
  return {
    status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      ...(status === 401 && { 'www-authenticate': challengeOf(failure) }),
      ...(detail.retryAfter !== undefined && { 'retry-after': String(Math.ceil(detail.retryAfter)) }),
    },
    body: {
      type: 'about:blank',
      title: TITLES[status] ?? 'Error',
      status,
      detail: message,
      instance: path,
      error: WORDS[code] ?? code,
      error_description: message,
      ...(detail.dependents && { dependents: detail.dependents }),
      ...(flaws.length > 0 && { errors: flaws.map((flaw) => ({ field: flaw.path, message: flaw.message })) }),
    },
  }
}

/** AuthPlane’s admin API, literally (AuthPlane, “Admin API guide”). */
export const authplane: Surface = {
  name: 'authplane',
  title: 'AuthPlane Admin API',
  description:
    'Send an admin key as a bearer token. Lists are bare arrays, asked for by `limit` and `offset`. Everything is about the realm `default`, or the one that the key is for.',
  callers: KEYS,
  prefix: '/admin',
  outOfReach: 'not_found',
  authenticate: (request, authenticators) =>
    authenticators.apiKey(bearerOf(request, 'Send an admin key: Authorization: Bearer …').token),
  error,
  errorSchema: objectOf({
    type: STRING,
    title: STRING,
    status: INTEGER,
    detail: STRING,
    instance: STRING,
    error: STRING,
    error_description: STRING,
    'dependents?': arrayOf(STRING),
    'errors?': arrayOf(objectOf({ field: STRING, message: STRING })),
  }),
  routes: [
    ...clientRoutes,
    ...resourceRoutes,
    ...brokerRoutes,
    ...keyRoutes,
    ...userRoutes,
    ...frontingRoutes,
    ...tokenRoutes,
    ...issuanceRoutes,
    ...federationRoutes,
    ...auditRoutes,
    ...systemRoutes,
  ],
}
