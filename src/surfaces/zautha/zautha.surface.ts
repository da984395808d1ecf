// Zautha’s admin API: its routes, credentials and errors (Zautha, “Admin Endpoints”).
import type { Failure } from '#kernel/error.ts'
import { challengeOf } from '../bearer.ts'
import { arrayOf, INTEGER, objectOf, STRING } from '../dialect.ts'
import type { FailureContext, Surface, WireReply } from '../surface.ts'
import { auditRoutes } from './audit.routes.ts'
import { HOLDERS, holderOf } from './caller.ts'
import { organizationRoutes } from './organization.routes.ts'
import { projectRoutes } from './project.routes.ts'
import { projectKeyRoutes } from './project-key.routes.ts'
import { tenantRoutes } from './tenant.routes.ts'
import { userRoutes } from './user.routes.ts'
import { webhookRoutes } from './webhook.routes.ts'

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

// Problem details (RFC 9457) with further members of Zautha’s: `traceId`, and `errors` by field.
function error(failure: Failure, { path, requestId }: FailureContext): WireReply {
  const { code, status, message, detail } = failure
  const errors: Record<string, string[]> = {}
  for (const flaw of detail.flaws ?? []) {
    const field = flaw.path.replace(/^(body|query)\./, '') || 'body'
    errors[field] = [...(errors[field] ?? []), flaw.message]
  }
  const invalid = code === 'invalid_input'
  return {
    status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      ...(status === 401 && { 'www-authenticate': challengeOf(failure) }),
      ...(detail.retryAfter !== undefined && { 'retry-after': String(Math.ceil(detail.retryAfter)) }),
    },
    body: {
      type: `https://docs.zautha.com/errors/${invalid ? 'validation-error' : code.replaceAll('_', '-')}`,
      title: invalid ? 'Validation Error' : (TITLES[status] ?? 'Error'),
      status,
      detail: message,
      instance: path,
      traceId: requestId,
      ...(Object.keys(errors).length > 0 && { errors }),
    },
  }
}

export const zautha: Surface = {
  name: 'zautha',
  title: 'Zautha Admin API',
  description:
    'Send an administrator’s access token as a bearer token, or the cookie of an administrator’s session and, with what changes something, its CSRF token as `X-CSRF-Token`; everything is about the tenant in the token’s claim `tid`, but for the tenants themselves. Lists are pages: `page`, `limit`, answered with `pagination`.',
  // A super_admin too administers here only the tenant that it signed in at.
  callers: HOLDERS.map((holder) => ({ ...holder, reach: 'tenant' })),
  prefix: '/v1/admin',
  outOfReach: 'not_found',
  authenticate: async (request, authenticators) => {
    const { holder, tenantId } = await holderOf(request, authenticators)
    // No header, query or body leads to another tenant than that of the token, whatever else its holder reaches.
    return { ...holder, reach: { kind: 'tenant', tenantId } }
  },
  error,
  errorSchema: objectOf({
    type: { ...STRING, format: 'uri' },
    title: STRING,
    status: INTEGER,
    detail: STRING,
    instance: STRING,
    traceId: STRING,
    'errors?': { type: 'object', additionalProperties: arrayOf(STRING) },
  }),
  routes: [
    ...tenantRoutes,
    ...projectRoutes,
    ...projectKeyRoutes,
    ...userRoutes,
    ...organizationRoutes,
    ...webhookRoutes,
    ...auditRoutes,
  ],
}
